// A score on IFEval, IFBench or Multi-IF as tables for the terminal.
import { counted } from "../../preference/counted.ts";
import { percent } from "../../report/number-text.ts";
import { terminalText, textTable } from "../../report/terminal-text.ts";
import { shareText } from "../comparison-text.ts";
import type { Estimate } from "../estimate.ts";
import { ACCURACIES, type Accuracy, type InstructionAccuracy } from "./accuracy.ts";
import type { InstructionScore, TurnScore } from "./instruction-score.ts";

const ACCURACY_NAME: Readonly<Record<Accuracy, string>> = {
  prompt_strict: "prompts, strict",
  inst_strict: "instructions, strict",
  prompt_loose: "prompts, loose",
  inst_loose: "instructions, loose",
  overall: "mean of the four",
};

/** Turns that are named one by one. */
const NAMED = 5;

const estimateText = (estimate: Estimate): string => shareText(estimate).join(" ");

/** @param heading what was scored: benchmark, run, mode; may come out of data */
export function instructionScoreText(heading: string, score: InstructionScore): string {
  const { turns, missing, random } = score;
  const several = turns.length > 1;
  const turnName = ({ turn }: TurnScore): string => (several ? `turn ${turn}` : "");
  const title = terminalText(heading);
  const lines: string[] = [];
  if (missing.length > 0) {
    lines.push(
      `${title}: INCOMPLETE: ${counted(missing.length, several ? "turn" : "prompt")} without a verdict${turns.length > 0 ? "; the figures are of the others alone" : ""}`,
    );
    for (const { key, turn, cause } of missing.slice(0, NAMED))
      lines.push(`  ${terminalText(key)}${several ? `, turn ${turn}` : ""}: ${terminalText(cause)}`);
    if (missing.length > NAMED) lines.push(`  and ${missing.length - NAMED} more`);
  } else lines.push(title);
  if (random.length > 0)
    lines.push(
      `left out: ${counted(random.length, several ? "turn" : "prompt")} whose official verdict is drawn at random (${[...new Set(random.map(({ key }) => terminalText(key)))].join(", ")})`,
    );
  if (turns.length === 0) return `${lines.join("\n")}\n`;
  const row = (name: string, cell: (turn: TurnScore) => readonly string[]): string[] => [name, ...turns.flatMap(cell)];
  lines.push(
    "",
    ...textTable([
      ...(several ? [row("", (turn) => [turnName(turn)])] : []),
      row("prompts", ({ prompts }) => [prompts.toLocaleString("en-US")]),
      row("instructions", ({ instructions }) => [instructions.toLocaleString("en-US")]),
      ...ACCURACIES.map((name) => row(ACCURACY_NAME[name], ({ accuracies }) => [estimateText(accuracies[name])])),
    ]),
  );
  const languages = [...new Set(turns.flatMap((turn) => turn.languages.map(({ language }) => language)))];
  if (languages.length > 1)
    lines.push(
      "",
      ...textTable([
        row("mean of the four", (turn) => [turnName(turn)]),
        ...languages.map((language) =>
          row(language, (turn) => {
            const found = turn.languages.find((own) => own.language === language);
            return [found === undefined ? "" : estimateText(found.accuracies.overall)];
          }),
        ),
      ]),
    );
  for (const group of ["by_family", "by_instruction"] as const) {
    const ids = [...new Set(turns.flatMap((turn) => turn[group].map(({ id }) => id)))].sort();
    const cells = (found: InstructionAccuracy | undefined): string[] =>
      found === undefined
        ? ["", "", ""]
        : [found.count.toLocaleString("en-US"), percent(found.strict.value), percent(found.loose.value)];
    lines.push(
      "",
      ...textTable([
        ...(several ? [row("", (turn) => [turnName(turn), "", ""])] : []),
        row(group === "by_family" ? "family" : "instruction", () => ["count", "strict", "loose"]),
        ...ids.map((id) => row(id, (turn) => cells(turn[group].find((own) => own.id === id)))),
      ]),
    );
  }
  return `${lines.join("\n")}\n`;
}
