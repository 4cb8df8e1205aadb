// Reads train.jsonl and validation.jsonl back, row by row, and checks that each is what `rpo pairs` writes. Every row of a
// training set is of one method; a file that mixes two is refused, because no format can give it one set of columns.
import { z } from "zod";
import { METHODS, type Method, type TrainingRow } from "../../preference/training-row.ts";
import { fieldPath, RowError } from "../input-error.ts";
import { readJsonl } from "../jsonl.ts";

const messageSchema = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });
const promptSchema = z.array(messageSchema).min(1);

const responseSchema = z.object({
  response: z.string(),
  merged: z.array(z.string()),
  model: z.string().exactOptional(),
});

const provenanceSchema = z.object({
  method: z.enum(METHODS),
  turn: z.string(),
  profile: z.string(),
  chosen: responseSchema.exactOptional(),
  rejected: responseSchema.exactOptional(),
  reversed: z.array(z.string()),
  differ: z.array(z.string()),
  verdictSource: z.string(),
});

const pairSourceSchema = provenanceSchema.extend({
  method: z.enum(["rpo", "dpo"]),
  chosen: responseSchema,
  rejected: responseSchema,
});

const completionSourceSchema = provenanceSchema
  .extend({ method: z.enum(["kto", "sft"]) })
  .refine(({ chosen, rejected }) => chosen !== undefined || rejected !== undefined, "names no response");

const rowSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("preference"),
    prompt: promptSchema,
    chosen: z.string(),
    rejected: z.string(),
    margin: z.int().nonnegative(),
    provenance: pairSourceSchema,
  }),
  z.object({
    kind: z.literal("completion"),
    prompt: promptSchema,
    completion: z.string(),
    desirable: z.boolean(),
    provenance: completionSourceSchema,
  }),
]);

/** A row with the line it stands on (1 for the first), and whether a lone surrogate in it was replaced by U+FFFD. */
export interface NumberedRow {
  readonly line: number;
  readonly row: TrainingRow;
  readonly mended: boolean;
}

/**
 * The rows of a training-set file, in order, one held at a time.
 * @param method what the rows must be of; without it, what the first row is of
 * @throws RowError for a line that is no JSON, no training row, or of another method; InputError for an unreadable file
 */
export async function* readTrainingRows(path: string, method?: Method): AsyncGenerator<NumberedRow> {
  let wanted = method;
  for await (const { line, value, text, mended } of readJsonl(path)) {
    const refuse = (field: string, reason: string) => new RowError({ file: path, line, field, reason, raw: text });
    const parsed = rowSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const reason = `${issue?.message ?? "not a training row"}; make the file anew with \`rpo pairs\``;
      throw refuse(fieldPath(issue?.path ?? []), reason);
    }
    const row = parsed.data;
    wanted ??= row.provenance.method;
    if (row.provenance.method !== wanted) {
      const reason = `"${row.provenance.method}" in a set of "${wanted}" rows; make each method in a folder of its own`;
      throw refuse("provenance.method", reason);
    }
    yield { line, row, mended };
  }
}
