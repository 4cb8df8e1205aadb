// The record of SysBank before a model has written a profile to it (source, model and time come with the profile). Written as the
// published files are: a JSON list with an indent of four, text as it is.
import type { Inspiration } from "./inspiration.ts";

/** Spaces of an indent in the published files. */
const INDENT = 4;

export interface InspirationRecord {
  readonly inspired_corpus: string;
  readonly name: string;
  /** Spelled so in the published files. */
  readonly desription: string;
  readonly gptId: string;
}

export const inspirationRecord = (inspiration: Inspiration): InspirationRecord => ({
  inspired_corpus: inspiration.corpus,
  name: inspiration.name,
  desription: inspiration.description,
  gptId: inspiration.id,
});

/** A record as a file of its own, without a newline at its end. */
export const recordText = (record: InspirationRecord): string => JSON.stringify(record, null, INDENT);

/** A record as an item of a list, with the list's own indent. */
export const listedRecordText = (record: InspirationRecord): string =>
  recordText(record)
    .split("\n") // not a regular expression: its lines end at U+2028 too, which stands in the texts
    .map((line) => " ".repeat(INDENT) + line)
    .join("\n");
