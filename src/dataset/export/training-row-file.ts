// Reads train.jsonl and validation.jsonl back, row by row, as what `rpo pairs` wrote: checked against the row types, and
// mended where a string holds half a surrogate pair. Every row of a training set is of one method; a folder that mixes two
// (a second run into the same place) is refused, because no format can give its file one set of columns.
import { z } from "zod";
import { METHODS, type TrainingRow } from "../../preference/training-row.ts";
import { readJsonl } from "../jsonl.ts";
import { ExportError } from "./export-error.ts";
import { wellFormed } from "./well-formed.ts";

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

/** A row with the line it stands on (1 for the first), and whether a lone surrogate in it was replaced. */
export interface NumberedRow {
  readonly line: number;
  readonly row: TrainingRow;
  readonly mended: boolean;
}

/**
 * Checks one value of a training-set file.
 * @throws ExportError that names `where`, the first wrong field and what is wrong with it.
 */
export function parseTrainingRow(value: unknown, where: string): TrainingRow {
  const parsed = rowSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? "row" : issue.path.join(".");
  throw new ExportError(`${where}: ${field}: ${issue?.message ?? "not a training row"}. Make the file anew with \`rpo pairs\`.`);
}

/**
 * The rows of a training-set file, in order, one held at a time.
 * @throws ExportError on a row that is no training row; what `readJsonl` throws on a line that is no JSON.
 */
export async function* readTrainingRows(path: string): AsyncGenerator<NumberedRow> {
  for await (const { line, value } of readJsonl(path)) {
    const parsed = parseTrainingRow(value, `${path}:${line}`);
    const row = wellFormed(parsed);
    yield { line, row, mended: row !== parsed };
  }
}
