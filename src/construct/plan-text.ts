// A plan of a run as a table for the terminal: requests, tokens and cost of each role in each stage, from the least to the most.
import { counted } from "../preference/counted.ts";
import { terminalText, textTable } from "../report/terminal-text.ts";
import type { PlannedRequests, RunPlan } from "./plan.ts";

const count = (value: number): string => value.toLocaleString("en-US");
/** One number where both ends are the same. */
const range = (least: number, most: number): string =>
  least === most ? count(least) : `${count(least)}–${count(most)}`;

export function planText(plan: RunPlan): string {
  const { profiles, finished, sampled, rows, least, most } = plan;
  const cells = (name: readonly [string, string, string], row: Pick<PlannedRequests, "least" | "most">): string[] => [
    ...name,
    range(row.least.requests, row.most.requests),
    range(row.least.promptTokens, row.most.promptTokens),
    range(row.least.completionTokens, row.most.completionTokens),
  ];
  const table = textTable(
    [
      ["stage", "role", "model", "requests", "prompt tokens", "answer tokens"],
      ...rows.map((row) => cells([row.stage, row.role, terminalText(row.model)], row)),
      cells(["all", "", ""], { least: least.spending, most: most.spending }),
    ],
    [0, 1, 2],
  );
  const cost =
    most.cost === 0 && most.unpriced.length > 0
      ? "no prices are given (section prices), so the cost is not known"
      : `cost ${least.cost.toFixed(2)} to ${most.cost.toFixed(2)}${most.unpriced.length === 0 ? "" : `, without ${most.unpriced.map(terminalText).join(", ")}, of which no price is given`}`;
  return [
    `${counted(profiles, "profile")}, ${count(finished)} of them with answered turns already; planned from ${count(sampled)} played through with typical answers`,
    ...table,
    cost,
    "From where every response is good enough at once to where each turn is criticised as often as it may be. Answers that have to be",
    "asked for again come on top; sessions that end early and answers that are stored already take from it.",
    "",
  ].join("\n");
}
