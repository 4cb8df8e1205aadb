// Multi-IF's data set: a CSV with three turns a row, their prompts as JSON messages, their instructions (each turn's list has those of
// the turns before), their arguments as a JSON list of JSON texts. A turn without a prompt, or with "None", is not asked.
import { z } from "zod";
import { csvRows } from "../../dataset/csv-rows.ts";
import { fieldPath, InputError, RowError, refuseBadRow } from "../../dataset/input-error.ts";
import { inputName } from "../../dataset/jsonl.ts";
import { SeenIds } from "../../dataset/seen-ids.ts";
import {
  askedInstructions,
  type CheckInstruction,
  InstructionFault,
  instructionIds,
  kwargsOfOne,
} from "./asked-instructions.ts";
import type { InstructionItem, InstructionTurn } from "./benchmark-item.ts";

const TURNS = [1, 2, 3] as const;
type Turn = (typeof TURNS)[number];

/** How the data set says that there is no such turn. */
const NO_PROMPT: readonly string[] = ["", "None"];

const columnsOf = (turn: Turn) =>
  ({ prompt: `turn_${turn}_prompt`, ids: `turn_${turn}_instruction_id_list`, kwargs: `turn_${turn}_kwargs` }) as const;
type Column = "key" | "language" | ReturnType<typeof columnsOf>["prompt" | "ids" | "kwargs"];
const COLUMNS: readonly Column[] = ["key", "language", ...TURNS.flatMap((turn) => Object.values(columnsOf(turn)))];

const promptSchema = z.object({ role: z.literal("user"), content: z.string().min(1) });

/**
 * The items of a file, plain or gzip, in its order.
 * @throws RowError naming the row and the column: what is no JSON, a key that was there before, a turn after one that is not asked,
 *   an unknown instruction, arguments that have no verdict; InputError for a file that is no such CSV
 */
export async function readMultiIfItems(path: string, check: CheckInstruction): Promise<InstructionItem[]> {
  const file = inputName(path);
  const items: InstructionItem[] = [];
  const keys = new SeenIds();
  for await (const { line, fields } of csvRows(path, COLUMNS, refuseBadRow)) {
    const refuse = (field: string, reason: string): RowError =>
      new RowError({ file, line, field, reason, raw: JSON.stringify(fields) });
    const { key, language } = fields;
    if (key === "") throw refuse("key", "is empty");
    const same = keys.add(key, file, line);
    if (same !== null) throw refuse("key", `${JSON.stringify(key)} is that of line ${same.line} as well`);
    const turns: InstructionTurn[] = [];
    for (const turn of TURNS) {
      const columns = columnsOf(turn);
      if (NO_PROMPT.includes(fields[columns.prompt])) continue;
      if (turns.length < turn - 1) throw refuse(columns.prompt, `there is a turn ${turn}, but none before it`);
      const { content } = parsed(fields[columns.prompt], promptSchema, columns.prompt, refuse);
      const ids = parsed(fields[columns.ids], instructionIds, columns.ids, refuse);
      const texts = parsed(fields[columns.kwargs], z.array(z.string()), columns.kwargs, refuse);
      const kwargs = texts.map((text, index) => parsed(text, kwargsOfOne, `${columns.kwargs}[${index}]`, refuse));
      try {
        const instructions = askedInstructions(ids, kwargs, columns, check);
        turns.push({ messages: [{ role: "user", content }], prompt: content, instructions });
      } catch (error) {
        throw error instanceof InstructionFault ? refuse(error.field, error.message) : error;
      }
    }
    if (turns.length === 0) throw refuse("turn_1_prompt", "is empty");
    items.push({ id: key, language: language === "" ? null : language, file, line, turns });
  }
  if (items.length === 0) throw new InputError(`${file}: no row in it`);
  return items;
}

function parsed<T>(
  text: string,
  schema: z.ZodType<T>,
  field: string,
  refuse: (field: string, reason: string) => Error,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(field, `not JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = fieldPath(issue.path);
  throw refuse(path === "row" ? field : `${field}${path.startsWith("[") ? "" : "."}${path}`, issue.message);
}
