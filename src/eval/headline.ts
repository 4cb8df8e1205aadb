// Which measures of a benchmark stand for it: what reports and comparisons show first, and the average that papers give.

export interface Headline {
  /** What the benchmark is called. */
  readonly title: string;
  readonly measures: readonly string[];
  /** What the mean of these measures is called where it is a published figure; null where it is none. */
  readonly average: string | null;
  /** What a table of few columns shows where the measures are many: means of some of them. */
  readonly means?: readonly Mean[];
}

/** The mean of measures, by a name. */
export interface Mean {
  readonly name: string;
  readonly measures: readonly string[];
}

const ACCURACIES = ["prompt_strict", "inst_strict", "prompt_loose", "inst_loose"];

/** The four accuracies of each of Multi-IF's turns, which its paper calls steps. */
const STEPS: readonly Mean[] = [1, 2, 3].map((turn) => ({
  name: `step ${turn}`,
  measures: ACCURACIES.map((accuracy) => `turn${turn}.${accuracy}`),
}));

const HEADLINES: Readonly<Record<string, Headline>> = {
  // Huang et al. 2025, table 1, for both averages.
  sysbench: { title: "SysBench", measures: ["CSR", "ISR", "SSR"], average: "average of CSR, ISR and SSR" },
  multi_if: {
    title: "Multi-IF",
    measures: STEPS.flatMap(({ measures }) => measures),
    average: "average of steps 1–3",
    means: STEPS,
  },
  ifeval: { title: "IFEval", measures: ACCURACIES, average: null },
  profiles: { title: "Profiles", measures: ["satisfied", "all_satisfied"], average: null },
  ifbench: { title: "IFBench", measures: ACCURACIES, average: null },
  ifbench_2026: { title: "IFBench (2026)", measures: ACCURACIES, average: null },
};

/** The headline of a benchmark; of one that is not known, all its measures without a part of another (no "." in their names). */
export const headlineOf = (benchmark: string, measures: readonly string[]): Headline =>
  HEADLINES[benchmark] ?? { title: benchmark, measures: measures.filter((name) => !name.includes(".")), average: null };

/** The measure under which the mean of the headline's measures stands. */
export const AVERAGE = "average";
