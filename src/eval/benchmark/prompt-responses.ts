// Responses to IFEval's and IFBench's prompts as the official programs take them: JSON Lines with {prompt, response}, matched by prompt.
// White space around a prompt does not count, which IFBench's own program allows and its sample needs.
import { z } from "zod";
import { fieldPath, RowError } from "../../dataset/input-error.ts";
import { inputName, readJsonl } from "../../dataset/jsonl.ts";
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
    const file = inputName(path);
    for await (const { line, value, text } of readJsonl(path)) {
      const parsed = rowSchema.safeParse(value);
      const refuse = (field: string, reason: string): RowError =>
        new RowError({ file, line, field, reason, raw: text });
      if (!parsed.success) throw refuse(fieldPath(parsed.error.issues[0]!.path), parsed.error.issues[0]!.message);
      const { prompt, response } = parsed.data;
      const same = seen.add(strip(prompt), file, line);
      if (same !== null) throw refuse("prompt", `is that of ${same.file}:${same.line} as well`);
      const id = ids.get(strip(prompt));
      if (id === undefined) strangers += 1;
      else byItem.set(id, [response]);
    }
  }
  return { name: paths.map(inputName).join(", "), byItem, strangers };
}
