// What a person is told before a training on a PyTorch engine begins: pairs, their margins as a histogram, what was left out and
// why, and that no completion loses a token. Pure.
import { counted } from "../preference/counted.ts";
import { REFUSALS, type RefusalKind } from "../train/row-texts.ts";
import type { PreparedData, PreparedRows } from "./prepared-data.ts";
import type { TrainingPlan } from "./training-plan.ts";

/** Characters of the longest bar. */
const BAR_WIDTH = 40;

/** The lines, without their ends. */
export function startText({ train, validation }: PreparedData, plan: TrainingPlan): string[] {
  const { perDevice, accumulation, effective, steps, cutoff, sharding, attention, device, perNode, nodes } = plan;
  const processes = perNode * nodes;
  return [
    ...rowsText(train),
    ...histogram(train.margins),
    ...(validation === null ? [] : rowsText(validation)),
    `${counted(steps.value, "step")} of ${counted(effective, "row")}: ${perDevice.value} at once × ${accumulation.value} × ` +
      `${processes} ${device === "cpu" ? "on the CPU" : processes === 1 ? "GPU" : "GPUs"}; up to ${cutoff.value} tokens; ` +
      `sharding ${sharding.value}; attention ${attention.value}`,
  ];
}

function rowsText({ file, counts, margins, lostCompletionTokens }: PreparedRows): string[] {
  const noun = Object.keys(margins).length > 0 ? "pair" : "row";
  const lines = [
    `${file}: ${counted(counts.used, noun)}, ${counted(counts.promptTokens + counts.completionTokens, "token")}, ` +
      `${counted(counts.completionTokens, "token")} of them in completions; tokens of completions lost to truncation: 0`,
  ];
  if (counts.cut > 0) lines.push(`${file}: ${counted(counts.cut, "row")} without the start of its history, to fit`);
  for (const kind of Object.keys(REFUSALS) as RefusalKind[]) {
    if (counts[kind] === 0) continue;
    const tokens = kind === "tooLong" ? ` (${counted(lostCompletionTokens, "token")} of completions)` : "";
    lines.push(`${file}: left out ${counted(counts[kind], "row")}: ${REFUSALS[kind]}${tokens}`);
  }
  return lines;
}

/** A line for each margin, the smallest first; none where there are no margins. */
function histogram(margins: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(margins)
    .map(([margin, pairs]) => ({ margin: Number(margin), pairs }))
    .sort((a, b) => a.margin - b.margin);
  if (entries.length === 0 || entries.every(({ margin }) => margin === 0)) return [];
  const most = Math.max(...entries.map(({ pairs }) => pairs));
  const width = Math.max(...entries.map(({ margin }) => String(margin).length));
  return entries.map(({ margin, pairs }) => {
    const bar = "█".repeat(Math.max(1, Math.round((BAR_WIDTH * pairs) / most)));
    return `margin ${String(margin).padStart(width)}  ${bar} ${pairs.toLocaleString("en-US")}`;
  });
}
