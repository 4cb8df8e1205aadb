// An inspiration: the text that a system profile is written from (spec/method.md, data construction, 1), as every import gives
// it and generation takes it, one a line of JSON Lines. Ignores where it came from beyond `source` and `meta`.
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type OnBadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { readJsonlRows } from "../../dataset/jsonl-rows.ts";
import { SeenIds } from "../../dataset/seen-ids.ts";

/** Id characters: an id becomes part of other ids and of what commands print, never a path. */
const ID = /^[\w-]{1,100}$/;

export const inspirationSchema = z.strictObject({
  /** frgpts_39, gptstore_00Aky7ZqK, lobe_…, fabric_…, ifeval_…: made by the import, never a name out of the data as it stands. */
  id: z.string().regex(ID, "ids are 1 to 100 letters, digits, - and _"),
  /** Which corpus: frgpts, gptstore, lobe, fabric, ifeval, or the user's own name for theirs. */
  source: z.string().min(1),
  /** As it stands in the source, spaces at its ends too: SysBank's record has it so. */
  name: z.string(),
  description: z.string(),
  /** The whole text (SysBank's `inspired_corpus`). */
  corpus: z.string().regex(/\S/, "must not be blank"),
  /** ISO 639-1 of the text that it is read by (`textOf`); "und" where nothing tells. */
  language: z.string().min(2),
  category: z.string().min(1).exactOptional(),
  /** What the source says of its popularity. */
  usage: z
    .strictObject({
      /** Chats so far. */
      chats: z.number().nonnegative().exactOptional(),
      /** Mean rating, on the source's scale. */
      rating: z.number().nonnegative().exactOptional(),
    })
    .exactOptional(),
  /** Rules and output instructions that the source states one by one, without list markers; empty where it states none so. */
  constraints: z.array(z.string().regex(/\S/, "must not be blank")),
  /** The system prompt that the source holds, to the letter. */
  systemPrompt: z.string().exactOptional(),
  /** What else the source tells. */
  meta: z.record(z.string(), z.json()),
});
export type Inspiration = z.infer<typeof inspirationSchema>;

/** The project's own inspirations, 12 in English and 12 in Chinese. */
export const SAMPLE_INSPIRATIONS = fileURLToPath(new URL("../../../samples/inspirations.jsonl", import.meta.url));

/** What an inspiration is read by: its system prompt, or where it has none its description. */
export const textOf = ({ systemPrompt, description }: Pick<Inspiration, "systemPrompt" | "description">): string =>
  systemPrompt ?? description;

/** An inspiration and where it was read. */
export interface LocatedInspiration {
  readonly inspiration: Inspiration;
  readonly file: string;
  readonly line: number;
}

/**
 * The inspirations of any number of JSON Lines files ("-" for standard input), in their order, one in memory at a time.
 * @param onBad takes bad rows, such as one whose id was used before; without it the first one throws
 * @throws RowError (file, line, field, reason) for a bad row; InputError where a file cannot be read
 */
export async function* readInspirations(
  files: readonly string[],
  onBad: OnBadRow = refuseBadRow,
): AsyncGenerator<LocatedInspiration> {
  const seen = new SeenIds();
  for (const path of files) {
    for await (const { value, file, line, refusal } of readJsonlRows(path, inspirationSchema, onBad)) {
      const used = seen.add(value.id, file, line);
      if (used !== null) onBad(refusal("id", `"${value.id}" is used at ${used.file}:${used.line} already`).row);
      else yield { inspiration: value, file, line };
    }
  }
}
