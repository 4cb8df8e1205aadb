// SysBench's data: JSON Lines, a session a line, {system_id, rounds_related, system_prompt, rounds: [{round, prompt, alignment, criteria,
// gt_assistant?}]}; five rounds each. The published data has gold replies of rounds 1 and 2 only.
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import { inputName } from "../../dataset/jsonl.ts";
import { readJsonlRows } from "../../dataset/jsonl-rows.ts";
import type { BenchmarkItem, BenchmarkTurn } from "../benchmark/benchmark-item.ts";

/** Rounds of every session. */
export const ROUNDS = 5;

/** Types of criteria: as the data calls them, and as scores do. */
export const CRITERION_TYPES = {
  动作约束: "action",
  内容约束: "content",
  背景约束: "background",
  角色约束: "role",
  格式约束: "format",
  风格约束: "style",
} as const;
/** As the data has it. */
export type DataType = keyof typeof CRITERION_TYPES;

export const dataTypeSchema = z.enum(Object.keys(CRITERION_TYPES) as [DataType, ...DataType[]]);

/** Whether the user's message goes along with the system prompt: as the data says, and as scores do. */
export const ALIGNMENTS = { align: "aligned", misalign: "misaligned" } as const;
export type Alignment = (typeof ALIGNMENTS)[keyof typeof ALIGNMENTS];
export const alignmentSchema = z.enum(["align", "misalign"]);

export interface Criterion {
  readonly id: string;
  readonly text: string;
  readonly type: DataType;
}

export interface SysbenchTurn extends BenchmarkTurn {
  /** 1 to 5. */
  readonly round: number;
  /** The user's message. */
  readonly prompt: string;
  readonly alignment: z.infer<typeof alignmentSchema>;
  readonly criteria: readonly Criterion[];
  /** The data's own reply, where it is published. */
  readonly gold?: string | undefined;
}

export interface SysbenchItem extends BenchmarkItem<SysbenchTurn> {
  readonly session: number;
  readonly system: string;
  /** Whether the rounds depend on one another. */
  readonly related: boolean;
}

const sessionSchema = z.object({
  system_id: z.int(),
  rounds_related: z.boolean(),
  system_prompt: z.string().min(1),
  rounds: z
    .array(
      z.object({
        round: z.int(),
        prompt: z.string().min(1),
        alignment: alignmentSchema,
        criteria: z
          .array(z.object({ criteria_id: z.string(), criteria_content: z.string(), criteria_type: dataTypeSchema }))
          .min(1)
          .refine((list) => new Set(list.map((one) => one.criteria_id)).size === list.length, "criterion ids repeat"),
        gt_assistant: z.string().nullable().optional(),
      }),
    )
    .length(ROUNDS)
    .refine((rounds) => rounds.every(({ round }, index) => round === index + 1), "are not 1 to 5, in their order"),
});

/**
 * The sessions of a file, plain or gzip, in its order.
 * @throws RowError for a malformed session, or one that is there twice; InputError where there is none
 */
export async function readSysbenchItems(path: string): Promise<SysbenchItem[]> {
  const file = inputName(path);
  const items = new Map<string, SysbenchItem>();
  for await (const { value, refusal } of readJsonlRows(path, sessionSchema)) {
    const item = itemOf(value);
    if (items.has(item.id)) throw refusal("system_id", `session ${item.id} is there twice`);
    items.set(item.id, item);
  }
  if (items.size === 0) throw new InputError(`${file}: no session`);
  return [...items.values()];
}

function itemOf({ system_id, rounds_related, system_prompt, rounds }: z.infer<typeof sessionSchema>): SysbenchItem {
  return {
    id: String(system_id),
    session: system_id,
    system: system_prompt,
    related: rounds_related,
    turns: rounds.map(({ round, prompt, alignment, criteria, gt_assistant }) => ({
      round,
      prompt,
      alignment,
      criteria: criteria.map((one) => ({ id: one.criteria_id, text: one.criteria_content, type: one.criteria_type })),
      messages: [
        ...(round === 1 ? [{ role: "system" as const, content: system_prompt }] : []),
        { role: "user" as const, content: prompt },
      ],
      ...(gt_assistant != null && gt_assistant.trim() !== "" && { gold: gt_assistant }),
    })),
  };
}
