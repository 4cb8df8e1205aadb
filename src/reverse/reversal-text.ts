// The table of a reversal file for the terminal: what became of each constraint, and how its reverse fared.
import { counted } from "../preference/counted.ts";
import { percent } from "../report/number-text.ts";
import { cutTo, terminalText, textTable } from "../report/terminal-text.ts";
import type { CodeComparison } from "./exact-complement.ts";
import { REVERSAL_STATES, type ReversalState } from "./reversal.ts";

/** A row as it is shown, with what code says of it now. */
export interface ShownReversal {
  /** The text, or the id (after its turn) where the file names the constraint by that. */
  readonly name: string;
  /** Undefined where nobody has filled it in. */
  readonly reversed: string | null | undefined;
  readonly source: string | null;
  /** Null where nobody has tried it. */
  readonly state: ReversalState | null;
  readonly flipRate: number | null;
  readonly judged: number;
  readonly flipped: number;
  readonly satisfied: number;
  readonly exact: boolean;
  readonly code: CodeComparison;
  /** Wordings tried and not used. */
  readonly tried: readonly { readonly reversed: string; readonly judged: number; readonly flipped: number }[];
  readonly cause: string | null;
}

export interface ReversalSummary {
  readonly rows: number;
  /** Rows by state; "untried" for those without one. */
  readonly states: Readonly<Partial<Record<ReversalState | "untried", number>>>;
  /** Proved by code to be exact, now. */
  readonly exact: number;
  /** Filled in, and proved by code not to be exact. */
  readonly wrong: number;
  /** Over all reverses in use that were judged: responses, and those on which exactly one held. */
  readonly judged: number;
  readonly flipped: number;
}

/** Columns of a constraint in the table: two of them, and the counts, fit a wide terminal. */
const TEXT_COLUMNS = 44;

export function reversalSummary(rows: readonly ShownReversal[]): ReversalSummary {
  const states: Partial<Record<ReversalState | "untried", number>> = {};
  for (const { state } of rows) states[state ?? "untried"] = (states[state ?? "untried"] ?? 0) + 1;
  const used = rows.filter(({ reversed }) => typeof reversed === "string");
  return {
    rows: rows.length,
    states,
    exact: used.filter(({ code }) => code.kind === "exact").length,
    wrong: used.filter(({ code }) => code.kind === "wrong").length,
    judged: used.reduce((sum, { judged }) => sum + judged, 0),
    flipped: used.reduce((sum, { flipped }) => sum + flipped, 0),
  };
}

/** The table, those in use first, the lowest flip rate first among them, and what it comes to. */
export function reversalText(rows: readonly ShownReversal[]): string {
  const summary = reversalSummary(rows);
  const table = [
    ["constraint", "its reverse", "from", "state", "flips", "judged", "passing"],
    ...[...rows]
      .sort(byNeedOfAttention)
      .map((row) => [
        cutTo(TEXT_COLUMNS, terminalText(row.name)),
        cutTo(TEXT_COLUMNS, terminalText(wording(row))),
        row.source ?? "",
        row.state ?? "untried",
        row.exact ? "exact" : percent(row.flipRate ?? Number.NaN),
        row.judged === 0 ? "" : String(row.judged),
        row.judged === 0 ? "" : String(row.satisfied),
      ]),
  ];
  const states = (["untried", ...REVERSAL_STATES] as const).flatMap((state) =>
    summary.states[state] === undefined ? [] : [`${summary.states[state]} ${state}`],
  );
  const wrong = rows.flatMap(({ name, reversed, code }) =>
    code.kind === "wrong" && typeof reversed === "string"
      ? [`  ${terminalText(name)} → ${terminalText(reversed)}: ${code.reason}`]
      : [],
  );
  const causes = rows.flatMap(({ name, cause }) =>
    cause === null ? [] : [`  ${cutTo(TEXT_COLUMNS, terminalText(name))}: ${terminalText(cause)}`],
  );
  return [
    ...textTable(table, [0, 1, 2, 3]),
    "",
    `${counted(summary.rows, "constraint")}: ${states.join(", ") || "none"}`,
    `${summary.exact} proved exact by code; of the others in use exactly one held on ${summary.flipped} of ${counted(summary.judged, "judged response")}` +
      (summary.judged === 0 ? "" : ` (${percent(summary.flipped / summary.judged)})`),
    ...(wrong.length === 0 ? [] : ["", "no exact complements, by code:", ...wrong]),
    ...(causes.length === 0 ? [] : ["", "without a reverse:", ...causes]),
    "",
  ].join("\n");
}

/** The reverse, or the last wording that was not good enough. */
const wording = ({ reversed, state, tried }: ShownReversal): string =>
  typeof reversed === "string"
    ? reversed
    : state === "protected"
      ? "–"
      : tried.length > 0
        ? `(${tried.at(-1)!.reversed})`
        : "–";

const inUse = ({ reversed }: ShownReversal): number => (typeof reversed === "string" ? 0 : 1);
const rate = ({ flipRate, exact }: ShownReversal): number => (exact ? 2 : (flipRate ?? -1));
const byNeedOfAttention = (a: ShownReversal, b: ShownReversal): number => inUse(a) - inUse(b) || rate(a) - rate(b);
