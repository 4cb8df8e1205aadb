// IFEval's prompts with their instructions moved into a system message (spec/corpora.md: RealGuardrails' system position), as
// inspirations: every sentence of the system message is a constraint. Ignores the verifiers' arguments but for keeping them.
import { z } from "zod";
import { viewOf } from "../../constraint/verdict.ts";
import { fieldPath, type OnBadRow } from "../../dataset/input-error.ts";
import { inputName, readJsonl } from "../../dataset/jsonl.ts";
import { corpusText, describedPrompt } from "./corpus-text.ts";
import type { Inspiration } from "./inspiration.ts";
import { textLanguage } from "./text-language.ts";

const SOURCE = "ifeval";

const rowSchema = z.object({
  key: z.int().nonnegative(),
  instruction_id_list: z.array(z.string()),
  kwargs: z.array(z.record(z.string(), z.json())),
  messages: z.tuple([
    z.object({ role: z.literal("system"), content: z.string().regex(/\S/, "must not be blank") }),
    z.object({ role: z.literal("user"), content: z.string() }),
  ]),
});

/** @param onBad takes rows without a key, a system and a user message */
export async function* importIfeval(files: readonly string[], onBad: OnBadRow): AsyncGenerator<Inspiration> {
  for (const path of files) {
    for await (const { line, value, text } of readJsonl(path, onBad)) {
      const parsed = rowSchema.safeParse(value);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        const field = fieldPath(issue?.path ?? []);
        onBad({ file: inputName(path), line, field, reason: issue?.message ?? "invalid", raw: text });
        continue;
      }
      const { key, messages, instruction_id_list, kwargs } = parsed.data;
      const [{ content: prompt }, { content: query }] = messages;
      const name = `IFEval ${key}`;
      yield {
        id: `${SOURCE}_${key}`,
        source: SOURCE,
        name,
        description: query,
        corpus: corpusText(name, describedPrompt(query, prompt)),
        language: textLanguage(prompt),
        constraints: viewOf(prompt).sentences.map((sentence) => sentence.trim()),
        systemPrompt: prompt,
        meta: { key, query, instruction_id_list, kwargs },
      };
    }
  }
}
