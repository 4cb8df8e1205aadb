// BlackFriday-GPTs-Prompts as inspirations (spec/corpora.md, "BlackFriday file grammar"): one for each of gpts/*.md, with the
// name, description and text that the published SysBank record has, byte for byte. Ignores the conversations in the files.
import type { OnBadRow } from "../../dataset/input-error.ts";
import { type CorpusEntry, corpusEntries, notThatCorpus, refuseEntry } from "./corpus-entries.ts";
import { corpusText } from "./corpus-text.ts";
import type { Inspiration } from "./inspiration.ts";
import { textLanguage } from "./text-language.ts";

/** SysBank's own name for this source. */
const SOURCE = "frgpts";

const PROMPT_FILE = /(?:^|\/)gpts\/[^/]+\.md$/;
/** Index files stand beside the folder gpts: at the root, or one folder down in the tar file. */
const INDEX_FILE = /^(?:[^/]+\/)?(?!README\.md$)[^/]+\.md$/;
/** A file of recent additions, no subject of its own: another index that lists the prompt too goes before it. */
const RECENT = /update/i;
const INDEX_ROW = /^- \[.*?\]\(\.\/gpts\/(.+?\.md)\)/gm;

/** One prompt file in parts. */
export interface BlackFridayPrompt {
  /** Heading between # and the first |, not trimmed. */
  readonly name: string;
  /** SysBank's `desription`. */
  readonly description: string;
  /** The line or lines between the heading and "# Prompt". */
  readonly about: string;
  readonly prompt: string;
}

/**
 * The inspirations in the order of their numbers, which count the files of gpts/ in byte order from 0.
 * @param source the tar file, or the folder it was unpacked to
 * @param onBad takes prompt files without a heading or a prompt
 * @throws InputError where the corpus cannot be read or has no gpts/*.md
 */
export async function* importBlackFriday(source: string, onBad: OnBadRow): AsyncGenerator<Inspiration> {
  const categories = new Map<string, string>();
  let index = 0;
  const wanted = (path: string): boolean => PROMPT_FILE.test(path) || INDEX_FILE.test(path);
  // Index files come before gpts/ in byte order: their names begin with a capital letter or a digit.
  for await (const entry of corpusEntries(source, wanted, onBad)) {
    if (!PROMPT_FILE.test(entry.path)) {
      addCategories(categories, entry);
      continue;
    }
    const id = `${SOURCE}_${index}`;
    index += 1;
    const parts = readBlackFriday(entry.text);
    if (typeof parts === "string") {
      refuseEntry(entry, onBad, parts);
      continue;
    }
    const { name, description, about, prompt } = parts;
    const file = entry.path.slice(entry.path.lastIndexOf("gpts/"));
    const category = categories.get(file);
    yield {
      id,
      source: SOURCE,
      name,
      description,
      corpus: corpusText(name, description),
      language: textLanguage(`${name}\n${about}\n${prompt}`),
      ...(category !== undefined && { category }),
      constraints: [],
      systemPrompt: prompt,
      meta: { file, about },
    };
  }
  if (index === 0) throw notThatCorpus(source, "gpts/*.md");
}

function addCategories(categories: Map<string, string>, { path, text }: CorpusEntry): void {
  const category = path.slice(path.lastIndexOf("/") + 1, -".md".length);
  for (const [, file = ""] of text.matchAll(INDEX_ROW)) {
    const known = categories.get(`gpts/${file}`);
    if (known === undefined || RECENT.test(known)) categories.set(`gpts/${file}`, category);
  }
}

const CONVERSATION = "## Conversation";
/** The heading alone: prompts have "## Conversation Flow" and the like. Not the flag m, whose lines end at U+2028 too. */
const CONVERSATION_LINE = /(?<=^|\n)## Conversation(?=\n|$)/;
const FENCE_LINE = "```\n";
const PROMPT_START = "\n# Prompt\n\n```\n";
/** What follows a prompt, at its first place: the fence that closes it and the next section. */
const PROMPT_ENDS = ["\n```\n\n## Welcome Message\n", `\n\`\`\`\n\n${CONVERSATION}\n`];
/** What follows where the fence is not where it should be. */
const SECTION = /\n## (?:Welcome Message|Conversation)\n/;
const CLOSING_FENCE = /\n```\s*$/;

/** The parts of a prompt file, or what it lacks. */
export function readBlackFriday(text: string): BlackFridayPrompt | string {
  const heading = text.indexOf("#");
  if (heading === -1) return "no heading (# NAME | …)";
  const newline = text.indexOf("\n", heading);
  const lineEnd = newline === -1 ? text.length : newline;
  const name = text.slice(heading + 1, lineEnd).split("|", 1)[0] ?? "";
  const rest = text.slice(lineEnd + 1);
  const end = rest.search(CONVERSATION_LINE);
  const kept = (end === -1 ? rest : rest.slice(0, end)).replace(/^\n+/, "");
  const start = text.indexOf(PROMPT_START, lineEnd - 1);
  if (start === -1) return "no prompt (# Prompt and a fence)";
  return {
    name,
    description: `# Description\n\n${kept.replaceAll(FENCE_LINE, "")}`,
    about: text.slice(lineEnd + 1, start).trim(),
    prompt: promptIn(text.slice(start + PROMPT_START.length)),
  };
}

/** The prompt at the start of what follows its opening fence. It may hold fences and headings of its own. */
function promptIn(text: string): string {
  const body = `\n${text}`; // so that the fence of an empty prompt stands on a line of its own too
  for (const end of PROMPT_ENDS) {
    const at = body.indexOf(end);
    if (at !== -1) return body.slice(1, at);
  }
  const section = CLOSING_FENCE.test(body) ? -1 : body.search(SECTION);
  return (section === -1 ? body : body.slice(0, section)).replace(CLOSING_FENCE, "").slice(1);
}
