// The agents of lobehub/lobe-chat-agents as inspirations, with the rules that their prompts state (spec/corpora.md). Ignores
// examples, opening messages and plugins.
import { z } from "zod";
import { fieldPath, type OnBadRow } from "../../dataset/input-error.ts";
import { corpusEntries, notThatCorpus, refuseEntry } from "./corpus-entries.ts";
import { corpusText, describedPrompt } from "./corpus-text.ts";
import { entryIds } from "./entry-ids.ts";
import type { Inspiration } from "./inspiration.ts";
import { statedRules } from "./stated-rules.ts";
import { textLanguage } from "./text-language.ts";

const SOURCE = "lobe";
const AGENT_FILE = /(?:^|\/)src\/[^/]+\.json$/;

const agentSchema = z.object({
  author: z.string().optional(),
  config: z.object({ systemRole: z.string() }),
  meta: z.object({
    title: z.string(),
    description: z.string().optional(),
    tags: z.array(z.string()).optional(),
    category: z.string().optional(),
  }),
});

/**
 * The agents in byte order of their files.
 * @param source the tar file, or the folder it was unpacked to
 * @param onBad takes files that are no JSON or no agent
 */
export async function* importLobe(source: string, onBad: OnBadRow): AsyncGenerator<Inspiration> {
  const idOf = entryIds(SOURCE);
  let files = 0;
  for await (const entry of corpusEntries(source, (path) => AGENT_FILE.test(path), onBad)) {
    files += 1;
    const file = entry.path.slice(entry.path.lastIndexOf("/") + 1);
    const id = idOf(file.slice(0, -".json".length));
    let value: unknown;
    try {
      value = JSON.parse(entry.text.replace(/^\uFEFF/, ""));
    } catch (error) {
      refuseEntry(entry, onBad, `not JSON: ${(error as Error).message}`);
      continue;
    }
    const parsed = agentSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      refuseEntry(entry, onBad, issue?.message ?? "invalid", fieldPath(issue?.path ?? []));
      continue;
    }
    const { config, meta, author } = parsed.data;
    const prompt = config.systemRole.toWellFormed();
    const about = (meta.description ?? "").toWellFormed();
    const name = meta.title.toWellFormed();
    const category = meta.category?.trim();
    yield {
      id,
      source: SOURCE,
      name,
      description: about,
      corpus: corpusText(name, describedPrompt(about, prompt)),
      language: textLanguage(prompt),
      ...(category && { category }),
      constraints: statedRules(prompt),
      systemPrompt: prompt,
      meta: { file, ...(author !== undefined && { author }), ...(meta.tags !== undefined && { tags: meta.tags }) },
    };
  }
  if (files === 0) throw notThatCorpus(source, "src/*.json");
}
