// A benchmark as `rpo eval run` runs it: its items are asked of a model turn by turn, whatever they are about, and what came is scored,
// by rules or by a judge. A new benchmark is one such object (instruction-run.ts has those of IFEval, IFBench and Multi-IF).
import type { Ledger } from "../../run/ledger.ts";
import type { StageProgress } from "../../run/stage.ts";
import type { RunStore } from "../../run/store.ts";
import type { ScoredRun, ScoreMode } from "../scored-run.ts";
import type { BenchmarkItem } from "./benchmark-item.ts";
import type { History, RespondedItem } from "./respond.ts";

export interface RunnableBenchmark<Item extends BenchmarkItem = BenchmarkItem> {
  /** As scored runs name it: "multi_if". */
  readonly name: string;
  /** As commands name it: "multiif". */
  readonly command: string;
  readonly title: string;
  /** Longest response, in tokens, where nothing else is said. */
  readonly maxTokens: number;
  /** What a data file is, for people. */
  readonly data: string;
  /**
   * Reads the data and all that the score needs, before a model is asked for anything.
   * @throws InputError for bad data; what else is missing
   */
  readonly prepare: (data: string, mode: ScoreMode) => Promise<PreparedBenchmark<Item>>;
}

export interface PreparedBenchmark<Item extends BenchmarkItem = BenchmarkItem> {
  readonly items: readonly Item[];
  /** Of the data, where it is no file: a folder has none of its own. */
  readonly sha256?: string;
  /** What each turn goes on from. Default the model's own responses. */
  readonly history?: History;
  /** A row of responses.jsonl, in the form that the official program (or `rpo eval score`) takes. @param turn from 1 */
  readonly responseRow: (item: Item, turn: number, response: string) => object;
  /** The score of all responses that there are. @throws Interrupted where a judge was asked and the signal ended it */
  readonly score: (responded: readonly RespondedItem<Item>[], context: ScoringContext) => Promise<BenchmarkScore>;
}

export interface ScoringContext {
  /** What the run is called: the model. */
  readonly run: string;
  /** Of the intervals. */
  readonly seed: number;
  readonly resamples: number;
  /** For verdicts of a judge, which are kept as responses are. */
  readonly store: RunStore;
  /** For what a judge takes. */
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StageProgress) => void;
}

export interface BenchmarkScore {
  /** Whether nothing is missing of it. */
  readonly complete: boolean;
  /** What scores.json holds of it. */
  readonly json: object;
  /** A table for the terminal. */
  readonly text: string;
  /** The same item by item, for comparisons; null where no item has a score. */
  readonly scored: ScoredRun | null;
  /** Further files of the directory, by name: the verdicts of a judge. */
  readonly files?: Readonly<Record<string, Iterable<string>>>;
}
