// Responses to Multi-IF's turns: JSON Lines with {key, turn, response}, or the tables that the official program leaves, a CSV a turn with
// key, turn_index and responses. A response that is a JSON list of objects with a `response` is the first of these, as the official
// program has it.
import { z } from "zod";
import { csvRows } from "../../dataset/csv-rows.ts";
import { RowError, refuseBadRow } from "../../dataset/input-error.ts";
import { inputName } from "../../dataset/jsonl.ts";
import { readJsonlRows } from "../../dataset/jsonl-rows.ts";
import { SeenIds } from "../../dataset/seen-ids.ts";
import type { InstructionItem } from "./benchmark-item.ts";
import type { ResponseFile } from "./responses.ts";

const rowSchema = z.looseObject({
  key: z.string(),
  turn: z.int().min(1),
  response: z.string(),
});

interface ResponseRow extends z.output<typeof rowSchema> {
  readonly line: number;
  readonly raw: string;
}

const LAST_TURN = 3;
const isCsv = (path: string): boolean => /\.csv(\.gz)?$/i.test(path);

/** What the official program reads of a response. */
export function unwrapped(response: string): string {
  if (!response.trimStart().startsWith("[")) return response;
  try {
    const found: unknown = JSON.parse(response);
    const inside = Array.isArray(found) ? (found[0] as { response?: unknown } | null)?.response : undefined;
    return typeof inside === "string" ? inside : response;
  } catch {
    return response;
  }
}

/**
 * The responses of files to these items.
 * @throws RowError naming the row and the field: a malformed row, a turn that the item hasn't, a response that was there before
 */
export async function readMultiIfResponses(
  paths: readonly string[],
  items: readonly InstructionItem[],
): Promise<ResponseFile> {
  const byItem = new Map(items.map(({ id, turns }) => [id, turns.map((): string | null => null)]));
  const seen = new SeenIds();
  let strangers = 0;
  for (const path of paths) {
    const file = inputName(path);
    for await (const { key, turn, response, line, raw } of isCsv(path) ? csvResponses(path) : jsonResponses(path)) {
      const refuse = (field: string, reason: string): RowError => new RowError({ file, line, field, reason, raw });
      const responses = byItem.get(key);
      if (responses === undefined) {
        strangers += 1;
        continue;
      }
      if (turn > responses.length) {
        // The official tables have a row of every item at every turn, and the official program passes over those not asked.
        if (isCsv(path) && turn <= LAST_TURN) continue;
        throw refuse("turn", `${JSON.stringify(key)} has ${responses.length} turns, and this responds to turn ${turn}`);
      }
      const same = seen.add(JSON.stringify([key, turn]), file, line);
      if (same !== null)
        throw refuse(
          "key",
          `turn ${turn} of ${JSON.stringify(key)} has a response in ${same.file}:${same.line} already`,
        );
      responses[turn - 1] = unwrapped(response);
    }
  }
  return { name: paths.map(inputName).join(", "), byItem, strangers };
}

async function* jsonResponses(path: string): AsyncGenerator<ResponseRow> {
  for await (const { value, line, text } of readJsonlRows(path, rowSchema)) yield { ...value, line, raw: text };
}

async function* csvResponses(path: string): AsyncGenerator<ResponseRow> {
  const file = inputName(path);
  for await (const { line, fields } of csvRows(path, ["key", "turn_index", "responses"], refuseBadRow)) {
    const { key, turn_index, responses: response } = fields;
    const turn = Number(turn_index);
    const raw = JSON.stringify(fields);
    if (!/^[1-9]\d*$/.test(turn_index))
      throw new RowError({ file, line, field: "turn_index", reason: "must be a number from 1", raw });
    yield { key, turn, response, line, raw };
  }
}
