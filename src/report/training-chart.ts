// The picture of a training: loss, reward margin against the margin that the loss asks for (γg), and accuracies, over the
// steps; on training rows as lines, on validation rows as lines with dots. One SVG for a page or a file, in light and dark,
// drawn as census-chart.ts draws. Ignores where the figures come from (metrics.jsonl) and what the method is: what has no
// figures has no plot.
import { CHART_COLOURS } from "./chart-colours.ts";
import { grouped } from "./number-text.ts";
import { plotSheet } from "./plot-sheet.ts";

/** The figures of one step, or of the validation rows after it, under the names of metrics.jsonl; null where a method has none. */
export interface TrainingPoint {
  readonly kind: "step" | "validation";
  readonly step: number;
  readonly loss: number;
  /** Mean of γg, what the loss asks the reward margin to exceed. */
  readonly margin: number | null;
  /** Mean of the chosen response's reward less the rejected one's, β(log π − log π_ref) each. */
  readonly rewardMargin: number | null;
  /** Share of pairs whose reward margin is above 0. */
  readonly rewardAccuracy: number | null;
  /** Share of pairs whose reward margin is above γg. */
  readonly marginAccuracy: number | null;
}

type Figure = Exclude<keyof TrainingPoint, "step" | "kind">;

/** One line of a plot. */
interface Line {
  readonly figure: Figure;
  readonly kind: TrainingPoint["kind"];
  readonly colour: "training" | "validation" | "wanted" | "clear" | "clearValidation";
  readonly label: string;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  /** What the vertical axis shows at least. */
  readonly includes: readonly number[];
}

/** Colours on light and dark ground; each has a contrast of 4.5 or more to it. */
const COLOURS: Readonly<Record<Line["colour"] | "ink" | "soft", { light: string; dark: string }>> = {
  training: CHART_COLOURS.gap,
  validation: CHART_COLOURS.noisy,
  wanted: CHART_COLOURS.soft,
  clear: CHART_COLOURS.clean,
  clearValidation: { light: "#8a3ffc", dark: "#c4a1ff" },
  ink: CHART_COLOURS.ink,
  soft: CHART_COLOURS.soft,
};

const PANELS: readonly Panel[] = [
  {
    title: "Loss",
    includes: [],
    lines: [
      { figure: "loss", kind: "step", colour: "training", label: "training" },
      { figure: "loss", kind: "validation", colour: "validation", label: "validation" },
    ],
  },
  {
    title: "Reward margin",
    includes: [0],
    lines: [
      { figure: "margin", kind: "step", colour: "wanted", label: "γg" },
      { figure: "rewardMargin", kind: "step", colour: "training", label: "training" },
      { figure: "rewardMargin", kind: "validation", colour: "validation", label: "validation" },
    ],
  },
  {
    title: "Accuracy",
    includes: [0, 1],
    lines: [
      { figure: "rewardAccuracy", kind: "step", colour: "training", label: "> 0" },
      { figure: "rewardAccuracy", kind: "validation", colour: "validation", label: "> 0, validation" },
      { figure: "marginAccuracy", kind: "step", colour: "clear", label: "> γg" },
      { figure: "marginAccuracy", kind: "validation", colour: "clearValidation", label: "> γg, validation" },
    ],
  },
];

/** Sizes in SVG units, as in the census' picture; the text stays readable on a screen 360 px wide. */
const WIDTH = 420;
const LEFT = 46;
const RIGHT = 8;
const HEADING = 34;
const PLOT = 130;
const FOOT = 26;
const GAP = 16;
const FONT_SIZE = 14;
/** No less than the mean width of a character, of a heading's title (bold) and of its labels, to place one after another. */
const TITLE_CHARACTER = 9;
const LABEL_CHARACTER = 7.4;
/** Points of a line: more would lie on each other. Beyond, neighbours are averaged. */
const MOST_POINTS = 180;
/** Dots are drawn on lines of this few points, which would else be hard to see or, with one point, not there. */
const FEW_POINTS = 24;

interface Dot {
  readonly step: number;
  readonly value: number;
}

/** The figures of a line that there are. */
const dotsIn = (points: readonly TrainingPoint[], { figure, kind }: Line): Dot[] =>
  points.flatMap((point) => {
    const value = point[figure];
    return point.kind === kind && value !== null && Number.isFinite(value) ? [{ step: point.step, value }] : [];
  });

/** The points of a line, thinned by averaging equal numbers of neighbours. */
function dotsOf(points: readonly TrainingPoint[], line: Line): Dot[] {
  const dots = dotsIn(points, line);
  const together = Math.ceil(dots.length / MOST_POINTS);
  if (together <= 1) return dots;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Array.from({ length: Math.ceil(dots.length / together) }, (_, index) => {
    const some = dots.slice(index * together, (index + 1) * together);
    return { step: mean(some.map(({ step }) => step)), value: mean(some.map(({ value }) => value)) };
  });
}

/** What a reader who cannot see the chart is told. */
function description(points: readonly TrainingPoint[]): string {
  const parts = PANELS.flatMap(({ title, lines }) =>
    lines.flatMap((line) => {
      const of = dotsIn(points, line);
      if (of.length === 0) return [];
      const [first, last] = [of[0]!, of.at(-1)!];
      return [
        `${title} ${line.label}: ${figureText(first.value)}${of.length > 1 ? ` to ${figureText(last.value)}` : ""}`,
      ];
    }),
  );
  return `${grouped(points.filter(({ kind }) => kind === "step").length)} steps. ${parts.join("; ")}.`;
}

const figureText = (value: number): string => String(Number(value.toPrecision(3)));

/**
 * Draws a training as an SVG document, 420 units wide: up to three plots over the steps. The description gives each line's
 * first and last figure. The same points give the same text.
 */
export async function trainingSvg(points: readonly TrainingPoint[]): Promise<string> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<html><body></body></html>");
  const steps = points.map(({ step }) => step);
  const last = Math.max(1, ...steps);
  const panels = PANELS.map((panel) => ({
    ...panel,
    lines: panel.lines.map((line) => ({ ...line, dots: dotsOf(points, line) })).filter(({ dots }) => dots.length > 0),
  })).filter(({ lines }) => lines.length > 0);

  const plots = panels.map(({ title, lines, includes }, index) => {
    const isLast = index === panels.length - 1;
    const values = [...includes, ...lines.flatMap(({ dots }) => dots.map(({ value }) => value))];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = (high - low || Math.abs(high) || 1) * 0.05;
    const height = HEADING + PLOT + (isLast ? FOOT : 0);
    const plot = Plot.plot({
      document,
      width: WIDTH,
      height,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: HEADING,
      marginBottom: isLast ? FOOT : 0,
      style: { fontSize: `${FONT_SIZE}px` },
      x: { axis: null, domain: [Math.min(1, ...steps), last] },
      y: {
        axis: null,
        domain: [includes.includes(low) ? low : low - room, includes.includes(high) ? high : high + room],
      },
      marks: [
        Plot.gridY({ ticks: 4, className: "soft-line", stroke: COLOURS.soft.light, strokeOpacity: 0.25 }),
        Plot.axisY({
          ticks: 4,
          tickSize: 0,
          label: null,
          className: "soft",
          fill: COLOURS.soft.light,
          fontSize: FONT_SIZE - 2,
          tickFormat: figureText,
        }),
        ...(isLast
          ? [
              Plot.axisX({
                ticks: 5,
                tickSize: 0,
                label: null,
                className: "soft",
                fill: COLOURS.soft.light,
                fontSize: FONT_SIZE - 2,
                tickFormat: (step: number) => (Number.isInteger(step) ? grouped(step) : ""),
              }),
            ]
          : []),
        Plot.text([title], {
          text: (line: string) => line,
          frameAnchor: "top-left",
          dx: -LEFT,
          dy: -HEADING + 4,
          className: "ink heading",
          fill: COLOURS.ink.light,
          fontWeight: 600,
        }),
        ...labelsAfter(title, lines).map(({ label, colour, left }) =>
          Plot.text([label], {
            text: (line: string) => line,
            frameAnchor: "top-left",
            dx: left - LEFT,
            dy: -HEADING + 4,
            className: `${colour} label`,
            fill: COLOURS[colour].light,
            fontSize: FONT_SIZE - 1,
          }),
        ),
        ...lines.flatMap(({ dots, colour, kind, figure }) => [
          Plot.line(dots, {
            x: "step",
            y: "value",
            className: `${colour}-line ${figure}`,
            stroke: COLOURS[colour].light,
            strokeWidth: figure === "margin" ? 1.5 : 1.75,
            ...(figure === "margin" && { strokeDasharray: "4 3" }),
          }),
          ...(kind === "validation" || dots.length <= FEW_POINTS
            ? [Plot.dot(dots, { x: "step", y: "value", r: 2.4, className: colour, fill: COLOURS[colour].light })]
            : []),
        ]),
      ],
    });
    return { plot, height };
  });

  return plotSheet(document, plots, {
    className: "rpo-training",
    label: "Course of the training",
    description: description(points),
    style: STYLE,
    width: WIDTH,
    fontSize: FONT_SIZE,
    gap: GAP,
  });
}

/** Where each label of a heading begins, in units from the left. */
function labelsAfter(title: string, lines: readonly Line[]): { label: string; colour: Line["colour"]; left: number }[] {
  let left = (title.length + 1) * TITLE_CHARACTER + LABEL_CHARACTER;
  return lines.map(({ label, colour }) => {
    const placed = { label, colour, left: Math.round(left) };
    left += (label.length + 2) * LABEL_CHARACTER;
    return placed;
  });
}

/** Colours of the dark ground. The light ones stand in the elements, for programs that know no style sheets. */
const STYLE = [
  ".rpo-training{color-scheme:light dark}",
  "@media (prefers-color-scheme:dark){",
  ...Object.entries(COLOURS).flatMap(([name, { dark }]) => [
    `.rpo-training .${name}{fill:${dark}}`,
    `.rpo-training .${name}-line{stroke:${dark}}`,
  ]),
  "}",
].join("");
