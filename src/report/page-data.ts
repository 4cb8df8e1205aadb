// What the HTML page of a run shows. Made by run/, drawn by page.ts; nothing here computes.
import type { WordingLanguage } from "../constraint/argument.ts";
import type { ExampleReason } from "../eval/before-after.ts";
import type { Comparison } from "../eval/comparison.ts";
import type { Form } from "../eval/held-out.ts";
import type { Census } from "../preference/census.ts";
import type { PreferenceRow } from "../preference/training-row.ts";
import type { TrainingSummary } from "../train/training-summary.ts";
import type { TrainingPoint } from "./training-chart.ts";

/** One turn: its constraints against its responses. */
export interface MatrixView {
  readonly turn: string;
  readonly profile: string;
  readonly language: WordingLanguage;
  readonly query: string;
  readonly constraints: readonly { readonly id: string; readonly text: string; readonly reversed: string | null }[];
  /** Verdicts in the order of the constraints; null is `na`. */
  readonly responses: readonly {
    readonly id: string;
    readonly text: string;
    readonly verdicts: readonly (boolean | null)[];
  }[];
}

/** A pair with what was reversed in its prompt, original beside reverse. */
export interface PairView {
  readonly row: PreferenceRow;
  readonly language: WordingLanguage;
  readonly reversed: readonly { readonly id: string; readonly from: string; readonly to: string }[];
}

/** A response of the model and one of it with the adapter, to the same turn with the same seed. */
export interface ExampleView {
  readonly turn: string;
  readonly profile: string;
  readonly language: WordingLanguage;
  readonly form: Form;
  readonly query: string;
  /** Index of the two among the responses to the turn, from 0. */
  readonly sample: number;
  /** Constraints satisfied with the adapter less those without. */
  readonly change: number;
  readonly reason: ExampleReason;
  /** As the turn states them; `original` where it states the reverse. */
  readonly constraints: readonly { readonly id: string; readonly text: string; readonly original: string | null }[];
  readonly base: ExampleResponse;
  readonly tuned: ExampleResponse;
}

export interface ExampleResponse {
  readonly text: string;
  /** In the order of the constraints; null is `na`. */
  readonly verdicts: readonly (boolean | null)[];
}

/** What came of the training. */
export interface EvaluationView {
  readonly comparison: Comparison;
  readonly training: {
    readonly summary: Pick<TrainingSummary, "settings" | "steps" | "seconds" | "validation">;
    readonly records: readonly TrainingPoint[];
  };
  /** Questions that were not asked, and why. */
  readonly leftOut: readonly { readonly question: string; readonly reason: string }[];
  readonly examples: readonly ExampleView[];
}

export interface PageData {
  readonly title: string;
  /** ISO 8601. */
  readonly madeAt: string;
  /** Where the responses come from: a model, or recordings of one. */
  readonly model: {
    readonly name: string;
    readonly recorded: boolean;
    readonly settings: Readonly<Record<string, string | number>>;
  };
  readonly counts: Readonly<
    Record<"profiles" | "turns" | "responses" | "edits" | "verdicts" | "pairs" | "train" | "validation", number>
  >;
  readonly census: Census;
  /** Constraint satisfaction over all verdicts other than na, by constraint kind or in total. */
  readonly passRate: number;
  /** Constraints that only a judge could decide and that the prompts therefore leave out. */
  readonly leftOut: number;
  readonly matrices: readonly MatrixView[];
  readonly pairs: readonly PairView[];
  /** Missing where the run ended, or as yet is, with the pairs. */
  readonly evaluation?: EvaluationView;
  /** Files of the data set, relative to the page. */
  readonly files: readonly { readonly path: string; readonly what: string; readonly bytes: number }[];
}
