// The rows of a JSON Lines file that a schema allows, each with the words to refuse it by: file, line, field. What is between
// rows (an id that is there twice, a round that is missing) is the reader's.
import type { z } from "zod";
import { fieldPath, type OnBadRow, RowError, refuseBadRow } from "./input-error.ts";
import { inputName, readJsonl } from "./jsonl.ts";

export interface JsonlRow<T> {
  readonly value: T;
  /** What the schema was given: the keys as they stand in the file. */
  readonly given: unknown;
  /** As messages call it. */
  readonly file: string;
  /** 1 for the first line of the file. */
  readonly line: number;
  /** The line it was parsed from. */
  readonly text: string;
  /** What to throw, or (its `row`) to hand to `onBad`, where the row is wrong beyond its form. */
  readonly refusal: (field: string, reason: string) => RowError;
}

/**
 * The rows of a file, plain or gzip ("-" for standard input), in their order.
 * @param schema or which one, by what a row has
 * @param onBad takes rows that are no JSON or not of the schema; without it the first one throws
 * @throws RowError (file, line, field, reason) for a bad row; InputError where the file cannot be read
 */
export async function* readJsonlRows<T>(
  path: string,
  schema: z.ZodType<T> | ((given: unknown) => z.ZodType<T>),
  onBad: OnBadRow = refuseBadRow,
): AsyncGenerator<JsonlRow<T>> {
  const file = inputName(path);
  for await (const { line, value: given, text } of readJsonl(path, onBad)) {
    const refusal = (field: string, reason: string): RowError => new RowError({ file, line, field, reason, raw: text });
    const parsed = (typeof schema === "function" ? schema(given) : schema).safeParse(given);
    if (parsed.success) yield { value: parsed.data, given, file, line, text, refusal };
    else {
      const issue = parsed.error.issues[0]!;
      onBad(refusal(fieldPath(issue.path), issue.message).row);
    }
  }
}
