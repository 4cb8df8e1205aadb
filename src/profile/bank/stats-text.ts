// The counts of a bank as tables for the terminal.
import { counted } from "../../preference/counted.ts";
import { grouped } from "../../report/number-text.ts";
import { textTable } from "../../report/terminal-text.ts";
import type { BankStats, Spread } from "./stats.ts";

/** Rows of a table of counts; a corpus in fifty languages has more. */
const SHOWN = 15;

const lines = (table: readonly string[]): string => table.map((line) => `${line}\n`).join("");
const percent = (part: number, of: number): string => `${of === 0 ? "0.0" : ((100 * part) / of).toFixed(1)} %`;

function countsTable(title: string, counts: Readonly<Record<string, number>>, of: number): string {
  const entries = Object.entries(counts);
  const rows = entries
    .slice(0, SHOWN)
    .map(([key, n]) => [`  ${key === "" ? "(none)" : key}`, grouped(n), percent(n, of)]);
  const rest = entries.slice(SHOWN);
  const more = rest.reduce((sum, [, n]) => sum + n, 0);
  if (rest.length > 0) rows.push([`  ${rest.length} more`, grouped(more), percent(more, of)]);
  return rows.length === 0 ? "" : `\n${title}\n${lines(textTable(rows))}`;
}

function spreadTable(rows: readonly (readonly [string, Spread | null])[]): string {
  const known = rows.filter((row): row is readonly [string, Spread] => row[1] !== null);
  if (known.length === 0) return "";
  const heads = ["least", "p5", "p25", "p50", "p75", "p95", "p99", "most"] as const;
  const spreads = known.map(([name, spread]) => [`  ${name}`, ...heads.map((head) => grouped(spread[head]))]);
  return `\nspread\n${lines(textTable([["", ...heads], ...spreads]))}`;
}

/** All that was counted, ready to print. */
export function statsText(stats: BankStats): string {
  const { records, kinds, sources, languages, categories, characters, constraints } = stats;
  const { total, distinct, code, part, judge, triggered } = constraints;
  const what = Object.entries(kinds).map(([kind, n]) => counted(n, kind));
  const judged = [
    ["  by code", grouped(code), percent(code, total)],
    ["  by code and a judge", grouped(part), percent(part, total)],
    ["  by a judge", grouped(judge), percent(judge, total)],
    ["  safety or refusal", grouped(constraints.protected), percent(constraints.protected, total)],
    ["  with a trigger that code reads", grouped(triggered), percent(triggered, total)],
  ];
  return [
    `${what.join(", ") || "no records"}\n`,
    countsTable("sources", sources, records),
    countsTable("languages", languages, records),
    countsTable("categories", categories, records),
    spreadTable([
      ["characters", characters],
      ["constraints, of records with any", constraints.perRecord],
    ]),
    total === 0
      ? ""
      : `\n${counted(total, "constraint")}, ${grouped(distinct)} different, in ${counted(constraints.records, "record")}; judged\n${lines(textTable(judged))}`,
    countsTable("measures of what code reads", constraints.measures, total),
  ].join("");
}
