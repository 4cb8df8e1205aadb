// What a training came to, whichever engine it ran on: its figures before and after, from the record of its course, and what it
// was of. Pure.
import type { TokenRowCounts } from "./token-rows.ts";
import type { TrainingRecord, ValidationRecord } from "./training-record.ts";

/** What a training came to; summary.json. */
export interface TrainingSummary {
  /** What decides the adapter, γ as it stands outside β. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly model: { readonly name: string; readonly identity: string };
  readonly dataset: Readonly<Record<"train" | "validation", RowsSummary | null>>;
  readonly steps: number;
  /** Looks at the validation rows: of the untrained adapter, the last, and the one of the lowest loss. */
  readonly validation: { readonly before: Figures; readonly after: Figures; readonly best: Figures } | null;
  /** The last step's batch. */
  readonly training: Figures | null;
  readonly adapter: {
    readonly peft: string;
    /** Null where llama.cpp has no such adapters: the embedded trainer's all have. */
    readonly gguf: string | null;
    /** The step whose adapter it is. */
    readonly step: number;
    readonly parameters: number;
  };
  /** Seconds and tokens of all steps and validations, those of earlier calls included. */
  readonly seconds: number;
  readonly tokens: number;
  /** Of this program and of what computed, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Where it was another program that trained: which, and over how many processes. */
  readonly engine?: { readonly name: string; readonly processes: number };
}

export interface RowsSummary {
  readonly file: string;
  /** Rows that are trained on. */
  readonly rows: number;
  /** Of the file. */
  readonly sha256: string;
  /** Rows read, cut, left out and so on. */
  readonly counts: TokenRowCounts;
}

export type Figures = Pick<
  TrainingRecord,
  "step" | "loss" | "margin" | "rewardMargin" | "rewardAccuracy" | "marginAccuracy"
>;

/** What a record says of a training as a whole. */
export function courseOf(
  records: readonly TrainingRecord[],
): Pick<TrainingSummary, "validation" | "training" | "seconds" | "tokens"> {
  const looks = records.filter((record): record is ValidationRecord => record.kind === "validation");
  const trained = looks.filter(({ step }) => step > 0);
  const last = records.filter(({ kind }) => kind === "step").at(-1);
  return {
    validation:
      trained.length === 0
        ? null
        : {
            before: figures(looks[0]!),
            after: figures(looks.at(-1)!),
            best: figures(trained.reduce((best, look) => (look.loss < best.loss ? look : best))),
          },
    training: last === undefined ? null : figures(last),
    seconds: Math.round(records.reduce((sum, { seconds }) => sum + seconds, 0)),
    tokens: records.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

const figures = ({ step, loss, margin, rewardMargin, rewardAccuracy, marginAccuracy }: TrainingRecord): Figures => ({
  step,
  loss,
  margin,
  rewardMargin,
  rewardAccuracy,
  marginAccuracy,
});
