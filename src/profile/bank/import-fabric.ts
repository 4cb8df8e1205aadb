// The patterns of danielmiessler/fabric as inspirations, with the bullets under OUTPUT INSTRUCTIONS and the like as constraints
// (spec/corpora.md). Ignores user.md files and everything that is no system prompt.
import type { OnBadRow } from "../../dataset/input-error.ts";
import { corpusEntries, notThatCorpus, refuseEntry } from "./corpus-entries.ts";
import { corpusText, describedPrompt } from "./corpus-text.ts";
import { entryIds } from "./entry-ids.ts";
import type { Inspiration } from "./inspiration.ts";
import { statedRules } from "./stated-rules.ts";
import { textLanguage } from "./text-language.ts";

const SOURCE = "fabric";
const PATTERN_FILE = /(?:^|\/)([^/]+)\/system\.md$/;

/** Characters of the description, which is the first paragraph of the prompt. */
const MOST_DESCRIPTION = 500;

/**
 * The patterns in byte order of their folders.
 * @param source the tar file, or the folder it was unpacked to
 * @param onBad takes empty files
 */
export async function* importFabric(source: string, onBad: OnBadRow): AsyncGenerator<Inspiration> {
  const idOf = entryIds(SOURCE);
  let files = 0;
  for await (const entry of corpusEntries(source, (path) => PATTERN_FILE.test(path), onBad)) {
    files += 1;
    const pattern = PATTERN_FILE.exec(entry.path)?.[1] ?? "";
    const id = idOf(pattern);
    const prompt = entry.text.replace(/^\uFEFF/, "");
    if (prompt.trim() === "") {
      refuseEntry(entry, onBad, "empty");
      continue;
    }
    const name = pattern.replaceAll("_", " ");
    const description = firstParagraph(prompt);
    yield {
      id,
      source: SOURCE,
      name,
      description,
      corpus: corpusText(name, describedPrompt(description, prompt)),
      language: textLanguage(prompt),
      constraints: statedRules(prompt),
      systemPrompt: prompt,
      meta: { pattern },
    };
  }
  if (files === 0) throw notThatCorpus(source, "NAME/system.md");
}

function firstParagraph(prompt: string): string {
  const paragraph = prompt.split(/\n\s*\n/).find((part) => /^[^#\s]/.test(part.trim())) ?? "";
  return paragraph.replace(/\s+/g, " ").trim().slice(0, MOST_DESCRIPTION).toWellFormed();
}
