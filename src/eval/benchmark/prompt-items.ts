// The data sets of IFEval and IFBench: JSON Lines with {key, prompt, instruction_id_list, kwargs}, one prompt a row. Where a row has
// `messages` too, these are asked in the prompt's place (its instructions in a system message, say), and the prompt is its name.
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import { inputName } from "../../dataset/jsonl.ts";
import { readJsonlRows } from "../../dataset/jsonl-rows.ts";
import { SeenIds } from "../../dataset/seen-ids.ts";
import { strip } from "../python/str.ts";
import {
  askedInstructions,
  type CheckInstruction,
  InstructionFault,
  instructionIds,
  kwargsOfOne,
} from "./asked-instructions.ts";
import type { InstructionItem } from "./benchmark-item.ts";

const messageSchema = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

const rowSchema = z.looseObject({
  key: z.union([z.string(), z.int()]),
  prompt: z.string().min(1),
  instruction_id_list: instructionIds,
  kwargs: z.array(kwargsOfOne),
  messages: z.array(messageSchema).min(1).optional(),
});

const FIELDS = { ids: "instruction_id_list", kwargs: "kwargs" };

/**
 * The items of a file, plain or gzip, in its order.
 * @throws RowError naming the row and the field: a malformed row, a key or prompt that was there before, an unknown instruction,
 *   arguments that have no verdict; InputError for a file without a row
 */
export async function readPromptItems(path: string, check: CheckInstruction): Promise<InstructionItem[]> {
  const file = inputName(path);
  const items: InstructionItem[] = [];
  const keys = new SeenIds();
  const prompts = new SeenIds();
  for await (const { value, line, refusal } of readJsonlRows(path, rowSchema)) {
    const { key, prompt, instruction_id_list, kwargs, messages } = value;
    const id = String(key);
    const sameKey = keys.add(id, file, line);
    if (sameKey !== null) throw refusal("key", `${JSON.stringify(id)} is that of line ${sameKey.line} as well`);
    // Responses are matched by prompts, white space around them apart.
    const samePrompt = prompts.add(strip(prompt), file, line);
    if (samePrompt !== null) throw refusal("prompt", `is that of line ${samePrompt.line} as well`);
    try {
      const instructions = askedInstructions(instruction_id_list, kwargs, FIELDS, check);
      const said = messages ?? [{ role: "user" as const, content: prompt }];
      items.push({ id, language: null, file, line, turns: [{ messages: said, prompt, instructions }] });
    } catch (error) {
      throw error instanceof InstructionFault ? refusal(error.field, error.message) : error;
    }
  }
  if (items.length === 0) throw new InputError(`${file}: no row in it`);
  return items;
}
