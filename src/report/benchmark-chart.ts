// The picture of results: for each benchmark the published models, a mark a method, and our runs below with their 95 % intervals.
// One SVG for a page or a file, in light and dark; written out by hand as comparison-chart.ts.
import type { Estimate } from "../eval/estimate.ts";
import { PUBLISHED_METHODS, type PublishedMethod } from "../eval/published-results.ts";
import { type BenchmarkResults, publishedRows } from "./benchmark-results.ts";
import { CHART_COLOURS } from "./chart-colours.ts";
import { html, type Markup } from "./markup.ts";
import { percent } from "./number-text.ts";
import { cutTo } from "./terminal-text.ts";

/** A colour and a shape of its own for each method, so that neither alone has to tell them apart. */
const MARKS: Readonly<
  Record<PublishedMethod, { colour: keyof typeof CHART_COLOURS; shape: (x: number, y: number) => string }>
> = {
  base: { colour: "soft", shape: (x, y) => `M${x - 5} ${y - 1.2}h10v2.4h-10z` },
  SFT: { colour: "wasted", shape: (x, y) => `M${x} ${y - 5}l5 9h-10z` },
  DPO: { colour: "noisy", shape: (x, y) => `M${x - 4} ${y - 4}h8v8h-8z` },
  KTO: { colour: "gap", shape: (x, y) => `M${x} ${y - 5.5}l5 5.5l-5 5.5l-5 -5.5z` },
  RPO: { colour: "clean", shape: (x, y) => `M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z` },
};

/** Sizes in SVG units, as in the other pictures. */
const WIDTH = 420;
const LEFT = 168;
const RIGHT = 14;
const HEADING = 34;
const ROW = 24;
const AXIS = 34;
const LEGEND = 28;
/** Columns of a name left of the plot. */
const NAME_COLUMNS = 22;

const round = (coordinate: number): number => Number(coordinate.toFixed(2));

/** A published share as its paper prints it. */
const printed = (share: number): string => `${(100 * share).toFixed(2)}%`;

interface Row {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly ours: Estimate | null;
}

const rowsOf = (results: BenchmarkResults): Row[] => [
  ...publishedRows(results).map(({ model, values }) => ({ name: model, values, ours: null })),
  ...results.runs.map(({ run, measures }) => ({
    name: run.run,
    values: [],
    ours: measures[results.main.measure] ?? null,
  })),
];

/** The results as an SVG document, 420 units wide. The same results give the same text. */
export function benchmarkSvg(results: readonly BenchmarkResults[]): Markup {
  let top = LEGEND;
  const panels = results.map((result) => {
    const drawn = panel(result, top);
    top += HEADING + rowsOf(result).length * ROW + AXIS;
    return drawn;
  });
  const marks = PUBLISHED_METHODS.map((method, index) => {
    const { colour, shape } = MARKS[method];
    const x = 10 + index * 62;
    return html`<path class="${colour}" fill="${CHART_COLOURS[colour].light}" d="${shape(x, 12)}"/><text class="ink" fill="${CHART_COLOURS.ink.light}" x="${x + 11}" y="17">${method}</text>`;
  });
  const x = 10 + PUBLISHED_METHODS.length * 62;
  const ours = html`<path class="ink-line" stroke="${CHART_COLOURS.ink.light}" stroke-width="1.5" d="M${x - 7} 12h14"/><circle class="ink" fill="${CHART_COLOURS.ink.light}" cx="${x}" cy="12" r="4"/><text class="ink" fill="${CHART_COLOURS.ink.light}" x="${x + 13}" y="17">ours, 95%</text>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="rpo-results" role="img" aria-label="Results beside published ones" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" font-family="system-ui, sans-serif" font-size="13"><desc>${results.map(described).join(" ")}</desc><style>${STYLE}</style>${marks}${ours}${panels}</svg>`;
}

/** What a reader who cannot see the picture is told. */
const described = (results: BenchmarkResults): string =>
  `${results.title}, ${results.main.name}: ${rowsOf(results)
    .map(({ name, values, ours }) => {
      const published = values.flatMap((value, index) =>
        value === null ? [] : [`${PUBLISHED_METHODS[index]} ${printed(value)}`],
      );
      const own = ours === null ? [] : [`ours ${percent(ours.value)} (${percent(ours.low)} to ${percent(ours.high)})`];
      return `${name}: ${[...published, ...own].join(", ")}`;
    })
    .join("; ")}.`;

/** The scale begins and ends at a tenth, so that results that lie close together do not share one spot. */
function scaleOf(rows: readonly Row[]): { start: number; end: number } {
  const shares = rows
    .flatMap(({ values, ours }) => [...values, ...(ours === null ? [] : [ours.value, ours.low, ours.high])])
    .filter((share): share is number => share !== null && !Number.isNaN(share));
  if (shares.length === 0) return { start: 0, end: 1 };
  const start = Math.floor(Math.min(...shares) * 10) / 10;
  return { start, end: Math.max(start + 0.1, Math.min(1, Math.ceil(Math.max(...shares) * 10) / 10)) };
}

function panel(results: BenchmarkResults, top: number): Markup {
  const rows = rowsOf(results);
  const { start, end } = scaleOf(rows);
  const x = (share: number): number => round(LEFT + ((share - start) / (end - start)) * (WIDTH - LEFT - RIGHT));
  const first = top + HEADING;
  const bottom = first + rows.length * ROW;
  const tenths = Math.round((end - start) * 10);
  const ticks = Array.from({ length: tenths + 1 }, (_, index) => round(start + index / 10)).filter(
    (_, index) => tenths <= 5 || index % 2 === 0,
  );
  const { ink, soft } = CHART_COLOURS;
  return html`<g><text class="ink" fill="${ink.light}" font-weight="600" x="0" y="${top + 20}">${results.title}: ${results.main.name}</text>${ticks.map(
    (tick) =>
      html`<path class="soft-line" stroke="${soft.light}" stroke-width=".5" d="M${x(tick)} ${first}V${bottom}"/><text class="soft" fill="${soft.light}" text-anchor="middle" x="${x(tick)}" y="${bottom + 16}">${Math.round(100 * tick)}</text>`,
  )}${rows.map(({ name, values, ours }, index) => {
    const y = first + (index + 0.5) * ROW;
    return html`<text class="ink" fill="${ink.light}" text-anchor="end" x="${LEFT - 12}" y="${y + 4.5}">${cutTo(NAME_COLUMNS, name)}</text>${values.map(
      (value, place) => {
        if (value === null) return null;
        const method = PUBLISHED_METHODS[place]!;
        const { colour, shape } = MARKS[method];
        return html`<path class="${colour}" fill="${CHART_COLOURS[colour].light}" d="${shape(x(value), y)}"><title>${name}, ${method}: ${printed(value)}</title></path>`;
      },
    )}${
      ours === null || Number.isNaN(ours.value)
        ? null
        : html`<path class="ink-line" stroke="${ink.light}" stroke-width="1.5" d="M${x(ours.low)} ${y}H${x(ours.high)}"/><circle class="ink" fill="${ink.light}" cx="${x(ours.value)}" cy="${y}" r="4"><title>${name}: ${percent(ours.value)} (${percent(ours.low)} to ${percent(ours.high)})</title></circle>`
    }`;
  })}</g>`;
}

/** Colours of the dark ground. The light ones stand in the elements, for programs that know no style sheets. */
const STYLE = [
  ".rpo-results{color-scheme:light dark}",
  "@media (prefers-color-scheme:dark){",
  ...Object.entries(CHART_COLOURS).map(([name, { dark }]) => `.rpo-results .${name}{fill:${dark}}`),
  ...(["ink", "soft"] as const).map((name) => `.rpo-results .${name}-line{stroke:${CHART_COLOURS[name].dark}}`),
  "}",
].join("");
