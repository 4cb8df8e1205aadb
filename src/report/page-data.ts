// What the HTML page of a run shows. Made by run/, drawn by page.ts; nothing here computes.
import type { WordingLanguage } from "../constraint/argument.ts";
import type { Census } from "../preference/census.ts";
import type { PreferenceRow } from "../preference/training-row.ts";

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
    Record<"profiles" | "turns" | "responses" | "verdicts" | "pairs" | "train" | "validation", number>
  >;
  readonly census: Census;
  /** Constraint satisfaction over all verdicts other than na, by constraint kind or in total. */
  readonly passRate: number;
  /** Constraints that only a judge could decide and that the prompts therefore leave out. */
  readonly leftOut: number;
  readonly matrices: readonly MatrixView[];
  readonly pairs: readonly PairView[];
  /** Files of the data set, relative to the page. */
  readonly files: readonly { readonly path: string; readonly what: string; readonly bytes: number }[];
}
