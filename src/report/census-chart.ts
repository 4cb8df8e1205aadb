// The picture of a census: what ranking by score (DPO) makes of the pairs of responses, by the cases of spec/method.md, and
// how far apart the two responses are. One SVG for a page or a file, in light and dark. Plot is loaded when a chart is
// drawn, so that commands that draw none do not wait for it.
import { CASES, type PairCase } from "../preference/case.ts";
import type { Census } from "../preference/census.ts";
import { CHART_COLOURS, type Fate } from "./chart-colours.ts";
import { grouped, percent } from "./number-text.ts";
import { plotSheet } from "./plot-sheet.ts";

/** Identical verdicts are no preference and equal scores no order; a better score with failures of its own is noise. */
export const FATE_OF_CASE: Readonly<Record<PairCase, Fate>> = {
  identical: "wasted",
  1: "wasted",
  2: "wasted",
  3: "noisy",
  4: "noisy",
  5: "noisy",
  6: "clean",
};

const FATE_TEXT: Readonly<Record<Fate, string>> = {
  wasted: "Thrown away: no preference, or a tie",
  noisy: "Noisy: the winner is imperfect",
  clean: "Clean: the winner satisfies everything",
};

/** Sizes in SVG units; the text stays readable on a screen 360 px wide. */
const WIDTH = 420;
const ROW = 25;
const GAP_PLOT = 190;
const LEFT = 74;
/** Room for "100.0% · 1,234,567" right of the longest bar. */
const RIGHT = 128;
const FONT_SIZE = 14;
/** More gap labels than these would touch. */
const GAP_TICKS = 14;

const CASE_ROWS: readonly PairCase[] = ["identical", ...CASES];

/** Pairs per case, in the order of the chart. */
export function casesOf(census: Census): { name: PairCase; fate: Fate; count: number; share: number }[] {
  return CASE_ROWS.map((name) => {
    const count = name === "identical" ? census.identical : (census.cases[name] ?? 0);
    return { name, fate: FATE_OF_CASE[name], count, share: count / census.pairs };
  });
}

/** The share of pairs, 0 to 1, that DPO wastes, learns noise from, and learns cleanly from; NaN where there are no pairs. */
export function fatesOf(census: Census): Record<Fate, number> {
  const shares = { wasted: 0, noisy: 0, clean: 0 };
  for (const { fate, count } of casesOf(census)) shares[fate] += count;
  return {
    wasted: shares.wasted / census.pairs,
    noisy: shares.noisy / census.pairs,
    clean: shares.clean / census.pairs,
  };
}

/** What a reader who cannot see the chart is told. */
function description(census: Census): string {
  const cases = casesOf(census).map(({ name, count }) => `${label(name)}: ${grouped(count)}`);
  const gaps = gapsOf(census).map(({ gap, count }) => `g = ${gap}: ${grouped(count)}`);
  return `${grouped(census.pairs)} pairs of responses. ${cases.join("; ")}. Pairs by gap: ${gaps.join("; ") || "none"}.`;
}

const label = (name: PairCase): string => (name === "identical" ? "identical" : `case ${name}`);

/** Every gap from 1 to the largest, those that do not occur too. */
function gapsOf(census: Census): { gap: number; count: number }[] {
  const largest = Math.max(0, ...Object.keys(census.gaps).map(Number));
  return Array.from({ length: largest }, (_, index) => ({ gap: index + 1, count: census.gaps[index + 1] ?? 0 }));
}

/**
 * Draws the census as an SVG document, 420 units wide: seven bars for the cases (`identical`, 1 to 6) grouped and coloured
 * by what DPO makes of them, and below one bar for each gap. Title, description and a tooltip for each bar give the
 * figures. The same census gives the same text.
 */
export async function censusSvg(census: Census): Promise<string> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<html><body></body></html>");

  const fates = fatesOf(census);
  const cases = casesOf(census).map((row) => ({ ...row, row: label(row.name), share: row.share || 0 }));
  const rows = (["wasted", "noisy", "clean"] as const).flatMap((fate) => [
    fate,
    ...cases.filter((row) => row.fate === fate).map(({ row }) => row),
  ]);
  const widest = Math.max(...cases.map(({ share }) => share)) || 1;
  const casesHeight = rows.length * ROW;
  const casesPlot = Plot.plot({
    document,
    width: WIDTH,
    height: casesHeight,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: 0,
    marginBottom: 0,
    style: { fontSize: `${FONT_SIZE}px` },
    x: { axis: null, domain: [0, widest] },
    y: { axis: null, type: "band", domain: rows, padding: 0.24 },
    marks: [
      ...(["wasted", "noisy", "clean"] as const).flatMap((fate) => [
        Plot.text([census.pairs === 0 ? FATE_TEXT[fate] : `${percent(fates[fate])} ${FATE_TEXT[fate]}`], {
          y: () => fate,
          text: (line: string) => line,
          frameAnchor: "left",
          dx: -LEFT,
          dy: 2,
          className: `${fate} heading`,
          fill: CHART_COLOURS[fate].light,
          fontWeight: 600,
        }),
        Plot.barX(
          cases.filter((row) => row.fate === fate),
          {
            x: "share",
            y: "row",
            rx: 2,
            className: `${fate} case`,
            fill: CHART_COLOURS[fate].light,
            title: ({ row, share, count }) => `${row}: ${percent(share)}, ${grouped(count)} pairs`,
          },
        ),
      ]),
      Plot.text(cases, {
        y: "row",
        x: 0,
        text: "row",
        textAnchor: "end",
        dx: -10,
        className: "ink",
        fill: CHART_COLOURS.ink.light,
      }),
      Plot.text(cases, {
        y: "row",
        x: "share",
        text: ({ share, count }) => (census.pairs === 0 ? "0" : `${percent(share)} · ${grouped(count)}`),
        textAnchor: "start",
        dx: 8,
        fontSize: FONT_SIZE - 1,
        className: "soft",
        fill: CHART_COLOURS.soft.light,
        fontVariant: "tabular-nums",
      }),
    ],
  });

  const gaps = gapsOf(census);
  const differing = census.pairs - census.identical;
  const step = Math.ceil(gaps.length / GAP_TICKS);
  const gapsPlot =
    gaps.length === 0
      ? null
      : Plot.plot({
          document,
          width: WIDTH,
          height: GAP_PLOT,
          marginLeft: 0,
          marginRight: 0,
          marginTop: 46,
          marginBottom: 26,
          style: { fontSize: `${FONT_SIZE}px` },
          x: { axis: null, type: "band", domain: gaps.map(({ gap }) => gap), padding: 0.16 },
          y: { axis: null, domain: [0, Math.max(...gaps.map(({ count }) => count))] },
          marks: [
            Plot.text(["Gap g, of the pairs that differ"], {
              text: (line: string) => line,
              frameAnchor: "top-left",
              dy: -46,
              className: "gap heading",
              fill: CHART_COLOURS.gap.light,
              fontWeight: 600,
            }),
            Plot.barY(gaps, {
              x: "gap",
              y: "count",
              rx: 2,
              className: "gap bar",
              fill: CHART_COLOURS.gap.light,
              title: ({ gap, count }) => `g = ${gap}: ${percent(count / differing)}, ${grouped(count)} pairs`,
            }),
            Plot.text(
              gaps.filter((_, index) => index % step === 0),
              {
                x: "gap",
                text: "gap",
                frameAnchor: "bottom",
                dy: 20,
                className: "ink",
                fill: CHART_COLOURS.ink.light,
              },
            ),
            Plot.text(
              gaps.filter(({ count }, index) => index % step === 0 && count > 0),
              {
                x: "gap",
                y: "count",
                text: ({ count }) => percent(count / differing),
                dy: -10,
                fontSize: gaps.length > 8 ? 11 : FONT_SIZE,
                className: "soft",
                fill: CHART_COLOURS.soft.light,
              },
            ),
            Plot.ruleY([0], { className: "ink-line", stroke: CHART_COLOURS.soft.light }),
          ],
        });

  const plots = [
    { plot: casesPlot, height: casesHeight },
    ...(gapsPlot === null ? [] : [{ plot: gapsPlot, height: GAP_PLOT }]),
  ];
  return plotSheet(document, plots, {
    className: "rpo-census",
    label: "Census of the pairs of responses",
    description: description(census),
    style: STYLE,
    width: WIDTH,
    fontSize: FONT_SIZE,
    gap: ROW,
  });
}

/** Colours of the dark ground. The light ones stand in the elements, for programs that know no style sheets. */
const STYLE = [
  ".rpo-census{color-scheme:light dark}",
  "@media (prefers-color-scheme:dark){",
  ...Object.entries(CHART_COLOURS).map(([name, { dark }]) => `.rpo-census .${name}{fill:${dark}}`),
  `.rpo-census .ink-line{stroke:${CHART_COLOURS.soft.dark}}`,
  "}",
].join("");
