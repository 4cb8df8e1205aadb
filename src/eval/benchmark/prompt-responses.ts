// Responses to IFEval's and IFBench's prompts as the official programs take them: JSON Lines with {prompt, response}, matched by prompt.
// White space around a prompt does not count, which IFBench's own program allows and its sample needs.
import { z } from "zod";
import { inputName } from "../../dataset/jsonl.ts";
import { readJsonlRows } from "../../dataset/jsonl-rows.ts";
import { SeenIds } from "../../dataset/seen-ids.ts";
import { strip } from "../python/str.ts";
import type { InstructionItem } from "./benchmark-item.ts";
import type { ItemResponses, ResponseFile } from "./responses.ts";

const rowSchema = z.looseObject({ prompt: z.string(), response: z.string() });

/**
 * The responses of files, plain or gzip, to these items.
 * @throws RowError naming the row and the field: a malformed row, a prompt that was there before
 */
export async function readPromptResponses(
  paths: readonly string[],
  items: readonly InstructionItem[],
): Promise<ResponseFile> {
  const ids = new Map(items.map(({ id, turns }) => [strip(turns[0]!.prompt), id]));
  const byItem = new Map<string, ItemResponses>();
  const seen = new SeenIds();
  let strangers = 0;
  for (const path of paths) {
    for await (const { value, file, line, refusal } of readJsonlRows(path, rowSchema)) {
      const { prompt, response } = value;
      const same = seen.add(strip(prompt), file, line);
      if (same !== null) throw refusal("prompt", `is that of ${same.file}:${same.line} as well`);
      const id = ids.get(strip(prompt));
      if (id === undefined) strangers += 1;
      else byItem.set(id, [response]);
    }
  }
  return { name: paths.map(inputName).join(", "), byItem, strangers };
}
