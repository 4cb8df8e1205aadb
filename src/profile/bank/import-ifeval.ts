// IFEval's prompts with their instructions moved into a system message (spec/corpora.md: RealGuardrails' system position), as
// inspirations: every instruction is a constraint, worded by the algebra, so that code judges it and its reverse exactly. Ignores what
// the system message asks beside them (style, tone), which stays in the prompt.
import { z } from "zod";
import { IFEVAL_FORMS } from "../../constraint/instruction/ifeval.ts";
import { constraintIn, InstructionError } from "../../constraint/instruction/instruction.ts";
import { render } from "../../constraint/wording/render.ts";
import type { OnBadRow } from "../../dataset/input-error.ts";
import { readJsonlRows } from "../../dataset/jsonl-rows.ts";
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

/** The instructions in words that the rules read back exactly. @throws InstructionError, its field with the instruction's place */
function constraintsOf(ids: readonly string[], kwargs: readonly Readonly<Record<string, unknown>>[]): string[] {
  return ids.map((instruction_id, i) => {
    try {
      return render(constraintIn({ instruction_id, kwargs: kwargs[i] ?? {} }, IFEVAL_FORMS), "en");
    } catch (error) {
      if (!(error instanceof InstructionError)) throw error;
      const field =
        error.field === "instruction_id"
          ? `instruction_id_list.${i}`
          : `kwargs.${i}${error.field.slice("kwargs".length)}`;
      throw new InstructionError(field, error.message);
    }
  });
}

/** @param onBad takes rows without a key, a system and a user message, or with an instruction that is none */
export async function* importIfeval(files: readonly string[], onBad: OnBadRow): AsyncGenerator<Inspiration> {
  for (const path of files) {
    for await (const { value, refusal } of readJsonlRows(path, rowSchema, onBad)) {
      const { key, messages, instruction_id_list, kwargs } = value;
      const [{ content: prompt }, { content: query }] = messages;
      let constraints: string[];
      try {
        constraints = constraintsOf(instruction_id_list, kwargs);
      } catch (error) {
        if (!(error instanceof InstructionError)) throw error;
        onBad(refusal(error.field, error.message).row);
        continue;
      }
      const name = `IFEval ${key}`;
      yield {
        id: `${SOURCE}_${key}`,
        source: SOURCE,
        name,
        description: query,
        corpus: corpusText(name, describedPrompt(query, prompt)),
        language: textLanguage(prompt),
        constraints,
        systemPrompt: prompt,
        meta: { key, query, instruction_id_list, kwargs },
      };
    }
  }
}
