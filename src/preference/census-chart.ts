// A census as a table with bars for the terminal, and as an SVG picture. Bars are proportional to the counts; a count that
// is not zero always shows.
import { CASE_MEANING, CASES, type PairCase } from "./case.ts";
import type { Census } from "./census.ts";

/** One row of the picture. */
interface Bar {
  readonly label: string;
  readonly count: number;
  readonly meaning: string;
}

function caseBars(census: Census): Bar[] {
  const bar = (name: PairCase, count: number): Bar => ({
    label: name === "identical" ? name : `case ${name}`,
    count,
    meaning: CASE_MEANING[name],
  });
  return [bar("identical", census.identical), ...CASES.map((name) => bar(name, census.cases[name] ?? 0))];
}

const gapBars = (census: Census): Bar[] =>
  Object.entries(census.gaps).map(([gap, count]) => ({ label: `gap ${gap}`, count, meaning: "" }));

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/** Columns of the longest bar in a terminal. */
const BAR_COLUMNS = 24;

const withCommas = (count: number): string => count.toLocaleString("en-US");
const percent = (count: number, of: number): string => `${of === 0 ? "0.0" : ((100 * count) / of).toFixed(1)} %`;

/** The census as lines of text, ready to print. @param turns the number of turns counted */
export function censusText(census: Census, turns: number): string {
  const sections = [
    { title: "cases, of all pairs", bars: caseBars(census), total: census.pairs },
    { title: "gaps, of the pairs that differ", bars: gapBars(census), total: census.pairs - census.identical },
  ];
  const lines = [`${withCommas(census.pairs)} pairs of two responses in ${withCommas(turns)} turns`];
  for (const { title, bars, total } of sections) {
    if (bars.length === 0) continue;
    const longest = Math.max(1, ...bars.map(({ count }) => count));
    lines.push("", title);
    for (const { label, count, meaning } of bars) {
      const cells = [
        label.padEnd(9),
        withCommas(count).padStart(11),
        percent(count, total).padStart(8),
        textBar(count / longest).padEnd(BAR_COLUMNS),
        meaning,
      ];
      lines.push(cells.join("  ").trimEnd());
    }
  }
  return `${lines.join("\n")}\n`;
}

function textBar(share: number): string {
  if (share === 0) return "";
  const eighths = Math.max(1, Math.round(share * BAR_COLUMNS * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

// Pixels of the picture.
const WIDTH = 640;
const ROW = 22;
const LABEL_END = 76;
const BAR_START = 84;
const BAR_END = 500;
const SVG_MARGIN = 16;
/** Cases by what DPO makes of them: no preference, thrown away, noisy, imperfect, clean. */
const COLOURS: Readonly<Record<string, string>> = {
  identical: "#9a9a9a",
  "case 1": "#c9a227",
  "case 2": "#c9a227",
  "case 3": "#c4553d",
  "case 4": "#c4553d",
  "case 5": "#d98a3d",
  "case 6": "#3d8f5f",
};
const GAP_COLOUR = "#4a78b0";

/** The census as an SVG document. @param turns the number of turns counted */
export function censusSvg(census: Census, turns: number): string {
  const body: string[] = [];
  let y = SVG_MARGIN + 14;
  const heading = (text: string, size: number): void => {
    body.push(`<text x="${SVG_MARGIN}" y="${y}" font-size="${size}" font-weight="600">${text}</text>`);
    y += 10;
  };
  const rows = (bars: readonly Bar[], total: number): void => {
    const longest = Math.max(1, ...bars.map(({ count }) => count));
    for (const { label, count, meaning } of bars) {
      const width = count === 0 ? 0 : Math.max(1, ((BAR_END - BAR_START) * count) / longest);
      const tooltip = meaning === "" ? "" : `<title>${escapeXml(meaning)}</title>`;
      body.push(
        `<g>${tooltip}<text x="${LABEL_END}" y="${y + 15}" text-anchor="end">${label}</text>` +
          `<rect x="${BAR_START}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" fill="${COLOURS[label] ?? GAP_COLOUR}"/>` +
          `<text x="${(BAR_START + width + 6).toFixed(1)}" y="${y + 15}">${withCommas(count)} (${percent(count, total)})</text></g>`,
      );
      y += ROW;
    }
    y += 28;
  };
  heading(`${withCommas(census.pairs)} pairs of two responses in ${withCommas(turns)} turns: cases`, 14);
  rows(caseBars(census), census.pairs);
  heading("gaps of the pairs that differ", 14);
  rows(gapBars(census), census.pairs - census.identical);
  const height = y - 14;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      'font-family="system-ui, sans-serif" font-size="12" fill="#222" role="img" aria-label="Census of response pairs">',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
