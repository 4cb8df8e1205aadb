// LLaMA-Factory's sharegpt form and the dataset_info.json that registers it, after data/converter.py and data/parser.py of
// llamafactory 0.9.5. Its loader keeps the columns that dataset_info names and drops the rest, so provenance rides along.
// Not here: the converter that carries the margin into the loss (`rpo_sharegpt`), which is the training engine's part.

import type { Method, TrainingRow } from "../../preference/training-row.ts";
import type { Message } from "../../profile/message.ts";
import {
  type CompletionProvenance,
  completionProvenance,
  type PairProvenance,
  pairProvenance,
} from "./provenance-record.ts";

/** One turn in sharegpt's default tags. */
export interface SharegptTurn {
  readonly from: "system" | "human" | "gpt";
  readonly value: string;
}

/** `conversations`: an optional system turn, then an odd number of turns, human first and last. */
export interface SharegptPair {
  readonly conversations: readonly SharegptTurn[];
  readonly chosen: SharegptTurn;
  readonly rejected: SharegptTurn;
  /** g, the number of constraints on which the two responses differ; 0 in DPO. */
  readonly margin: number;
  /** Profile: rows of one profile are on one side of the split. */
  readonly sid: string;
  /** Id of the row of the turn table. */
  readonly tid: string;
  readonly provenance: PairProvenance;
}

/** `conversations`: an optional system turn, then an even number of turns, gpt last. */
export interface SharegptCompletion {
  readonly conversations: readonly SharegptTurn[];
  /** Only in KTO rows. */
  readonly kto_tag?: boolean;
  readonly sid: string;
  readonly tid: string;
  readonly provenance: CompletionProvenance;
}

const TAG = { system: "system", user: "human", assistant: "gpt" } as const;

const turn = ({ role, content }: Message): SharegptTurn => ({ from: TAG[role], value: content });
const gpt = (value: string): SharegptTurn => ({ from: "gpt", value });

/**
 * Why sharegpt cannot hold a prompt, or null where it can. LLaMA-Factory takes one system turn, at the start, and then
 * user and assistant strictly in turn, the user first and last; what breaks that it drops with a warning.
 */
export function sharegptObjection(prompt: readonly Message[]): string | null {
  const turns = prompt[0]?.role === "system" ? prompt.slice(1) : prompt;
  const stray = turns.findIndex(({ role }, index) => role !== (index % 2 === 0 ? "user" : "assistant"));
  if (stray >= 0)
    return `turn ${stray + 1} of its prompt is by "${turns[stray]?.role}": user and assistant must alternate`;
  if (turns.length % 2 === 0) return "its prompt does not end with a user turn";
  return null;
}

/** A training row in sharegpt form. Call `sharegptObjection` first: the mapping itself refuses nothing. */
export function sharegptRow(row: TrainingRow): SharegptPair | SharegptCompletion {
  const source = { sid: row.provenance.profile, tid: row.provenance.turn };
  if (row.kind === "preference") {
    return {
      conversations: row.prompt.map(turn),
      chosen: gpt(row.chosen),
      rejected: gpt(row.rejected),
      margin: row.margin,
      ...source,
      provenance: pairProvenance(row),
    };
  }
  return {
    conversations: [...row.prompt.map(turn), gpt(row.completion)],
    ...(row.provenance.method === "kto" ? { kto_tag: row.desirable } : {}),
    ...source,
    provenance: completionProvenance(row),
  };
}

/** One entry of dataset_info.json. */
export interface DatasetInfoRow {
  readonly file_name: string;
  readonly formatting: "sharegpt" | "rpo_sharegpt";
  readonly ranking?: true;
  readonly columns: Readonly<Record<string, string>>;
}

// Only `columns` is given, not `tags`: a `tags` object would set every tag that it does not name to None.
const PAIR_COLUMNS = { messages: "conversations", chosen: "chosen", rejected: "rejected", margin: "margin" };

const COLUMNS: Record<Method, Readonly<Record<string, string>>> = {
  rpo: PAIR_COLUMNS,
  dpo: PAIR_COLUMNS,
  kto: { messages: "conversations", kto_tag: "kto_tag" },
  sft: { messages: "conversations" },
};

const isRanking = (method: Method): boolean => method === "rpo" || method === "dpo";

/**
 * dataset_info.json of a training set: an entry named by the method for the training file, and
 * one with `_validation` for the validation file, where there are such files.
 * Stock LLaMA-Factory loads these and ignores the margin column. An RPO set has a second pair of entries, `rpo_margin…`,
 * for the converter `rpo_sharegpt`, which keeps it; stock code never looks at an entry that is not asked for.
 */
export function datasetInfo(
  method: Method,
  files: { readonly train?: string; readonly validation?: string },
): Record<string, DatasetInfoRow> {
  const named = [
    { suffix: "", file: files.train },
    { suffix: "_validation", file: files.validation },
  ];
  const entries: Record<string, DatasetInfoRow> = {};
  for (const formatting of ["sharegpt", "rpo_sharegpt"] as const) {
    if (formatting === "rpo_sharegpt" && method !== "rpo") continue;
    const name = formatting === "sharegpt" ? method : `${method}_margin`;
    for (const { suffix, file } of named) {
      if (file === undefined) continue;
      entries[`${name}${suffix}`] = {
        file_name: file,
        formatting,
        ...(isRanking(method) ? { ranking: true } : {}),
        columns: COLUMNS[method],
      };
    }
  }
  return entries;
}
