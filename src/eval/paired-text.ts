// A paired comparison of two scored runs as lines for a terminal.
import { counted } from "../preference/counted.ts";
import { terminalText, textTable } from "../report/terminal-text.ts";
import { differenceText, shareText } from "./comparison-text.ts";
import { AVERAGE, headlineOf } from "./headline.ts";
import { MCNEMAR_VARIANTS, type McNemar } from "./mcnemar.ts";
import type { PairedComparison, PairedMeasure } from "./paired-difference.ts";

/** A p-value: "0.032", "<0.001". */
export const pText = (p: number): string => (p < 0.001 ? "<0.001" : p.toFixed(3));

/** @param all every measure, not the headline's alone */
export function pairedText(comparison: PairedComparison, { all = false }: { readonly all?: boolean } = {}): string {
  const { benchmark, mode, a, b, items, clusters, onlyInA, onlyInB, settings, measures } = comparison;
  const {
    title,
    measures: first,
    average,
  } = headlineOf(
    benchmark,
    measures.map(({ measure }) => measure),
  );
  const byName = new Map(measures.map((one) => [one.measure, one]));
  const shown = all
    ? measures
    : [...first, ...(average === null ? [] : [AVERAGE])].flatMap((name) => byName.get(name) ?? []);
  const nameOf = (measure: string): string => (measure === AVERAGE ? (average ?? measure) : measure);
  const rows = shown.map(({ measure, a: ours, b: theirs, difference, finding, mcnemar }) => [
    nameOf(measure),
    ...[shareText(ours), shareText(theirs), differenceText(difference)].map((text) => text.join(" ").trimEnd()),
    finding,
    mcnemar === null ? "" : `${pText(mcnemar.p)} (${mcnemar.onlyA} : ${mcnemar.onlyB})`,
  ]);
  const variants = [...new Set(shown.flatMap(({ mcnemar }) => (mcnemar === null ? [] : [mcnemar.variant])))];
  const lines = [
    `${title}, mode ${mode}: A ${terminalText(a)}, B ${terminalText(b)}; ${counted(items, "item")} in ${counted(clusters, "cluster")}`,
    ...(onlyInA + onlyInB > 0
      ? [`left out, being in one run only: ${counted(onlyInA, "item")} of A, ${counted(onlyInB, "item")} of B`]
      : []),
    ...settings.map(
      ({ name, a: ours, b: theirs }) =>
        `not of the models alone: ${terminalText(name)} is ${terminalText(ours ?? "unknown")} in A, ${terminalText(theirs ?? "unknown")} in B`,
    ),
    "",
    ...textTable(
      [["", "A", "B", "B − A, points", "B beside A", "McNemar p (only A : only B)"], ...rows],
      [0, 1, 2, 3, 4],
    ),
    "",
    "95% intervals by bootstrap, paired, whole clusters resampled. Of twenty measures that are alike, one shows a difference by chance.",
    ...variants.map((variant: McNemar["variant"]) => `McNemar: ${MCNEMAR_VARIANTS[variant]}.`),
  ];
  return `${lines.join("\n")}\n`;
}

/** A comparison as JSON has it: NaN, where there was nothing to count, becomes null, and McNemar's variant is named. */
export const pairedJson = (comparison: PairedComparison): string =>
  JSON.stringify({
    ...comparison,
    measures: comparison.measures.map(({ mcnemar, ...rest }: PairedMeasure) => ({
      ...rest,
      mcnemar: mcnemar && { ...mcnemar, variant: MCNEMAR_VARIANTS[mcnemar.variant] },
    })),
  });
