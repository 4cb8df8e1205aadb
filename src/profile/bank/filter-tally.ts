// How many records a filter read, kept and dropped, by filter and cause, in numbers and as a table.
import { grouped } from "../../report/number-text.ts";
import { textTable } from "../../report/terminal-text.ts";
import { type Counts, countOne } from "./counts.ts";
import { type Dropped, FILTERS, type FilterName } from "./filter.ts";

export interface FilterTally {
  read: number;
  kept: number;
  /** Records dropped by each filter. */
  dropped: Partial<Record<FilterName, number>>;
  /** The same by cause, under each filter. */
  causes: Partial<Record<FilterName, Counts>>;
}

export const emptyTally = (): FilterTally => ({ read: 0, kept: 0, dropped: {}, causes: {} });

/** Counts one record. @param dropped null where it was kept */
export function tally(counts: FilterTally, dropped: Dropped | null): void {
  counts.read += 1;
  if (dropped === null) {
    counts.kept += 1;
    return;
  }
  const { filter, cause } = dropped;
  counts.dropped[filter] = (counts.dropped[filter] ?? 0) + 1;
  const causes = counts.causes[filter] ?? {};
  counts.causes[filter] = causes;
  countOne(causes, cause);
}

/** Causes of one filter that are shown; a word list or a corpus in many languages has more. */
const SHOWN_CAUSES = 8;

/** The counts as lines of text: what was read, what each filter dropped and for which causes, what is left. */
export function tallyText({ read, kept, dropped, causes }: FilterTally): string {
  const rows = [["read", grouped(read), ""]];
  for (const filter of FILTERS) {
    const count = dropped[filter];
    if (count === undefined) continue;
    const sorted = Object.entries(causes[filter] ?? {}).sort(([, a], [, b]) => b - a);
    const shown = sorted.slice(0, SHOWN_CAUSES).map(([cause, n]) => `${cause} ${grouped(n)}`);
    if (sorted.length > SHOWN_CAUSES) shown.push(`${grouped(sorted.length - SHOWN_CAUSES)} more causes`);
    rows.push([`− ${filter}`, grouped(count), shown.join(", ")]);
  }
  return `${textTable([...rows, ["kept", grouped(kept), ""]], [0, 2]).join("\n")}\n`;
}
