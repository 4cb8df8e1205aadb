// The picture of a comparison: what the model satisfies and what it satisfies with the adapter, as dots with their 95 %
// intervals, by the form of the prompt. One SVG for a page, in light and dark; small enough to be written out by hand.
import { type Comparison, MEASURES, type Measure, SCOPES } from "../eval/comparison.ts";
import type { Estimate } from "../eval/estimate.ts";
import { CHART_COLOURS } from "./chart-colours.ts";
import { html, type Markup, trusted } from "./markup.ts";
import { percent } from "./number-text.ts";

const SERIES = [
  { model: "base", label: "base", colour: "noisy" },
  { model: "tuned", label: "RPO adapter", colour: "clean" },
] as const;

const TITLE: Readonly<Record<Measure, string>> = {
  constraintSatisfaction: "Constraints satisfied",
  allSatisfied: "Responses that satisfy all of theirs",
};

/** Sizes in SVG units, as in the census' picture. */
const WIDTH = 420;
const LEFT = 74;
const RIGHT = 14;
const HEADING = 30;
const ROW = 38;
/** Of the two dots of a row, from its middle. */
const APART = 7;
const AXIS = 26;
const PANEL = HEADING + SCOPES.length * ROW + AXIS;
const LEGEND = 30;
const HEIGHT = LEGEND + MEASURES.length * PANEL;
/** The scale ends at a tenth, so that low shares do not crowd at its start. */
const scaleEnd = (values: readonly number[]): number =>
  Math.min(1, Math.max(0.1, Math.ceil(Math.max(...values) * 10) / 10));
/** Between ticks: as many as have room for their labels. */
const tickStep = (end: number): number => (end <= 0.2 ? 0.05 : end <= 0.5 ? 0.1 : 0.2);
/** What a model satisfies over both forms that heeds nothing. */
const HEEDLESS = 0.5;

/** What a reader who cannot see the chart is told. */
const described = (comparison: Comparison): string =>
  MEASURES.map((measure) =>
    SCOPES.map((scope) =>
      SERIES.map(
        ({ model, label }) =>
          `${TITLE[measure]}, ${scope}, ${label}: ${estimateText(comparison[model][scope][measure])}`,
      ).join("; "),
    ).join("; "),
  ).join(". ");

const estimateText = ({ value, low, high }: Estimate): string =>
  `${percent(value)} (${percent(low)} to ${percent(high)})`;

const round = (coordinate: number): string => String(Number(coordinate.toFixed(2)));

/** The comparison as an SVG document, 420 units wide. The same comparison gives the same text. */
export function comparisonSvg(comparison: Comparison): Markup {
  const panels = MEASURES.map((measure, index) => panel(comparison, measure, LEGEND + index * PANEL));
  const legend = SERIES.map(
    ({ label, colour }, index) =>
      html`<circle class="${colour}" fill="${CHART_COLOURS[colour].light}" cx="${LEFT + index * 90}" cy="12" r="5"/><text class="${colour}" fill="${CHART_COLOURS[colour].light}" x="${LEFT + 11 + index * 90}" y="17">${label}</text>`,
  );
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="rpo-comparison" role="img" aria-label="Satisfaction without and with the adapter" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="14"><desc>${described(comparison)}</desc><style>${STYLE}</style>${legend}${panels}</svg>`;
}

function panel(comparison: Comparison, measure: Measure, top: number): Markup {
  const estimates = SCOPES.flatMap((scope) => SERIES.map(({ model }) => comparison[model][scope][measure]));
  const end = scaleEnd(estimates.flatMap(({ value, high }) => [value, high]).filter((value) => !Number.isNaN(value)));
  const x = (share: number): string => round(LEFT + (share / end) * (WIDTH - LEFT - RIGHT));
  const first = top + HEADING;
  const bottom = first + SCOPES.length * ROW;
  const step = tickStep(end);
  const ticks = Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
  const heedless =
    measure === "constraintSatisfaction" && end > HEEDLESS
      ? html`<path class="soft-line" stroke="${CHART_COLOURS.soft.light}" stroke-width="1.5" stroke-dasharray="4 3" d="M${x(HEEDLESS)} ${bottom - ROW}V${bottom}"><title>50%: a model that heeds no constraint</title></path>`
      : null;
  const soft = CHART_COLOURS.soft.light;
  return html`<text class="ink" fill="${CHART_COLOURS.ink.light}" font-weight="600" x="0" y="${top + 16}">${TITLE[measure]}</text>${ticks.map(
    (share) =>
      html`<path class="soft-line" stroke="${soft}" stroke-opacity="0.3" d="M${x(share)} ${first}V${bottom}"/><text class="soft" fill="${soft}" font-size="12" text-anchor="middle" x="${x(share)}" y="${bottom + 17}">${round(share * 100)}%</text>`,
  )}${heedless}${SCOPES.map((scope, row) => {
    const middle = first + (row + 0.5) * ROW;
    return html`<text class="ink" fill="${CHART_COLOURS.ink.light}" text-anchor="end" x="${LEFT - 12}" y="${middle + 5}">${scope}</text>${SERIES.map(
      ({ model, label, colour }, index) => {
        const estimate = comparison[model][scope][measure];
        if (Number.isNaN(estimate.value)) return null;
        const y = middle + (index === 0 ? -APART : APART);
        const ink = CHART_COLOURS[colour].light;
        return html`<g class="estimate"><title>${`${scope}, ${label}: ${estimateText(estimate)}`}</title><path class="${colour}-line" stroke="${ink}" stroke-width="2" stroke-linecap="round" d="M${x(estimate.low)} ${y}H${x(estimate.high)}"/><circle class="${colour}" fill="${ink}" cx="${x(estimate.value)}" cy="${y}" r="4.5"/></g>`;
      },
    )}`;
  })}`;
}

/** Colours of the dark ground. The light ones stand in the elements, for programs that know no style sheets. */
const STYLE = trusted(
  [
    ".rpo-comparison{color-scheme:light dark}",
    "@media (prefers-color-scheme:dark){",
    ...(["noisy", "clean", "ink", "soft"] as const).flatMap((name) => [
      `.rpo-comparison .${name}{fill:${CHART_COLOURS[name].dark}}`,
      `.rpo-comparison .${name}-line{stroke:${CHART_COLOURS[name].dark}}`,
    ]),
    "}",
  ].join(""),
);
