// A scored run: what the scoring of a benchmark makes of every item, in one form for all benchmarks, so that comparisons
// (paired-difference.ts) and reports know none of them. An item is what is answered at once: a round of SysBench, a prompt of
// IFEval, a turn of Multi-IF. To each measure that it counts in it gives a numerator and a denominator, and the measure is the sum
// of the ones over the sum of the others: a mean over items where all denominators are 1, a micro average where they are not.
//
// In a file (`items.jsonl`) the first line says what was scored and how, every other line is an item.
import { z } from "zod";
import { fieldPath, InputError, RowError } from "../dataset/input-error.ts";
import { inputName, jsonLine, readJsonl } from "../dataset/jsonl.ts";

/** What an item gives to a measure: so much of so much. */
export type Outcome = readonly [numerator: number, denominator: number];

/** `parity`: as the official program scores, quirks included; `fixed`: with its known faults repaired. */
export const SCORE_MODES = ["parity", "fixed"] as const;
export type ScoreMode = (typeof SCORE_MODES)[number];

export interface ScoredRunHeader {
  /** "sysbench", "ifeval", "ifbench", "multi_if", "profiles". */
  readonly benchmark: string;
  readonly mode: ScoreMode;
  /** What the run is called: the model, the file. */
  readonly run: string;
  /** What else its scores hang on, by name: the judge, whose history. Runs that differ in it are not of models alone. */
  readonly setting?: Readonly<Record<string, string>> | undefined;
}

export interface ScoredItem {
  /** Unique in the run, and the same for every model: runs are paired by it. */
  readonly id: string;
  /** Items of one cluster hang together (rounds of a session, turns of a conversation): intervals resample whole clusters. */
  readonly cluster: string;
  /** By measure; a measure that the item has no part in is left out. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** For a reader: what was asked, answered, and found. */
  readonly shown?: ShownItem | undefined;
}

export interface ShownItem {
  readonly prompt?: string | undefined;
  readonly response?: string | null | undefined;
  readonly verdicts?: readonly ShownVerdict[] | undefined;
}

export interface ShownVerdict {
  readonly id: string;
  readonly text?: string | undefined;
  readonly verdict: string;
}

export interface ScoredRun extends ScoredRunHeader {
  readonly items: readonly ScoredItem[];
}

const headerSchema = z.strictObject({
  benchmark: z.string().min(1),
  mode: z.enum(SCORE_MODES),
  run: z.string(),
  setting: z.record(z.string(), z.string()).optional(),
}) satisfies z.ZodType<ScoredRunHeader>;

const itemSchema = z.strictObject({
  id: z.string(),
  cluster: z.string(),
  outcomes: z.record(
    z.string(),
    z
      .tuple([z.number(), z.number().min(0)])
      .refine(([numerator, denominator]) => numerator >= 0 && numerator <= denominator, "not a part of a whole"),
  ),
  shown: z
    .strictObject({
      prompt: z.string().optional(),
      response: z.string().nullable().optional(),
      verdicts: z
        .array(z.strictObject({ id: z.string(), text: z.string().optional(), verdict: z.string() }))
        .optional(),
    })
    .optional(),
}) satisfies z.ZodType<ScoredItem>;

/** The lines of a scored run, newlines included. */
export function* scoredRunLines({ items, benchmark, mode, run, setting }: ScoredRun): Generator<string> {
  yield jsonLine({ benchmark, mode, run, ...(setting !== undefined && { setting }) });
  for (const { id, cluster, outcomes, shown } of items)
    yield jsonLine({ id, cluster, outcomes, ...(shown !== undefined && { shown }) });
}

/**
 * Reads a scored run from a file, plain or gzip; "-" is standard input.
 * @throws RowError for a line that is none of a scored run's, or an item that is there twice; InputError where it is empty
 */
export async function readScoredRun(path: string): Promise<ScoredRun> {
  const file = inputName(path);
  let header: ScoredRunHeader | undefined;
  const items: ScoredItem[] = [];
  const ids = new Set<string>();
  for await (const { line, value, text } of readJsonl(path)) {
    const refuse = (field: string, reason: string): never => {
      throw new RowError({ file, line, field, reason, raw: text });
    };
    const parsed = (header === undefined ? headerSchema : itemSchema).safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      const what = header === undefined ? "no scored run begins so (rpo eval score … --items writes one): " : "";
      refuse(fieldPath(issue.path), `${what}${issue.message}`);
    } else if (header === undefined) header = parsed.data as ScoredRunHeader;
    else {
      const item = parsed.data as ScoredItem;
      if (ids.has(item.id)) refuse("id", `the item "${item.id}" is there twice`);
      ids.add(item.id);
      items.push(item);
    }
  }
  if (header === undefined || items.length === 0) throw new InputError(`${file}: a scored run without items`);
  return { ...header, items };
}

/** "judge j, history own": what the scores of a run hang on beside the model; empty for nothing. */
export const settingText = ({ setting = {} }: ScoredRunHeader): string =>
  Object.entries(setting)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
