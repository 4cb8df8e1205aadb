// Columns of text for the terminal, wide characters counted as two, without lines around them. Cells may hold text out of data:
// control characters, which a terminal would obey, become U+FFFD.
import Table from "cli-table3";

const NO_LINES = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
  ].map((name) => [name, ""]),
);

/** @param align one for each column */
export function plainTable(rows: readonly (readonly string[])[], align: readonly ("left" | "right")[]): string {
  const table = new Table({
    chars: { ...NO_LINES, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: [...align],
  });
  table.push(...rows.map((row) => row.map((cell) => cell.replace(/\p{Cc}/gu, "\uFFFD"))));
  return `${table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}
