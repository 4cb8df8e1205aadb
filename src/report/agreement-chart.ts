// The picture of one training made by several trainers that should agree: their losses over the steps, drawn on top of each
// other, and below how far each is from the first one, on a logarithmic scale, with the difference that is still allowed.
// One SVG in light and dark, in the colours of chart-colours.ts. Ignores where the figures come from.
import { CHART_COLOURS } from "./chart-colours.ts";
import { escapeText } from "./markup.ts";

/** One trainer's losses, the first for step 1. */
export interface AgreementCurve {
  readonly name: string;
  readonly losses: readonly number[];
}

/** Sizes in SVG units, as in the training's picture. */
const WIDTH = 420;
const LEFT = 58;
const RIGHT = 10;
const HEADING = 40;
const PLOT = 130;
const GAP = 14;
const FOOT = 24;
const HEIGHT = 2 * (HEADING + PLOT) + GAP + FOOT;
const FONT_SIZE = 14;
/** No less than the mean width of a label's character, to place one after another. */
const LABEL_CHARACTER = 8.2;
/** Differences below this are drawn on it: a logarithm has no place for none at all. */
const SMALLEST = 1e-8;
/** Lines that lie on each other are told apart by their widths, the first the widest. */
const LINES = [
  { name: "first", width: 7, opacity: 0.4 },
  { name: "second", width: 3.2, opacity: 0.75 },
  { name: "third", width: 1.3, opacity: 1 },
] as const;
type LineName = (typeof LINES)[number]["name"];

const COLOURS: Readonly<Record<LineName | "ink" | "soft", { light: string; dark: string }>> = {
  first: CHART_COLOURS.gap,
  second: CHART_COLOURS.noisy,
  third: CHART_COLOURS.ink,
  ink: CHART_COLOURS.ink,
  soft: CHART_COLOURS.soft,
};

/**
 * Draws two or three curves as an SVG document, 420 units wide. Its description gives the largest difference of each from the
 * first. The same curves give the same text.
 * @param allowed the difference that a line marks, such as 1e-4
 * @throws RangeError for fewer than two or more than three curves, for curves of different lengths or of fewer than two
 *   steps, and for a loss that is not finite
 */
export function agreementSvg(curves: readonly AgreementCurve[], allowed: number): string {
  const [first, ...others] = curves;
  if (first === undefined || others.length < 1 || curves.length > LINES.length)
    throw new RangeError(`${curves.length} curves: two or three can be drawn`);
  const steps = first.losses.length;
  if (steps < 2 || others.some(({ losses }) => losses.length !== steps))
    throw new RangeError(`curves of ${curves.map(({ losses }) => losses.length).join(", ")} steps can't be compared`);
  if (!curves.every(({ losses }) => losses.every(Number.isFinite))) throw new RangeError("a loss is not finite");

  const x = (index: number): number => LEFT + (index / (steps - 1)) * (WIDTH - LEFT - RIGHT);
  const values = curves.flatMap(({ losses }) => losses);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || 1) * 0.06;
  const lossTop = HEADING;
  const lossY = scale(low - room, high + room, lossTop);
  const apart = others.map(({ losses }) => losses.map((loss, at) => Math.abs(loss - (first.losses[at] as number))));
  const exponents = {
    low: Math.log10(SMALLEST),
    high: Math.ceil(Math.log10(Math.max(allowed, ...apart.flat())) + 0.5),
  };
  const apartTop = 2 * HEADING + PLOT + GAP;
  const exponentY = scale(exponents.low, exponents.high, apartTop);
  const apartY = (value: number): number => exponentY(Math.log10(Math.max(value, SMALLEST)));

  const styled = curves.map((curve, index) => ({ curve, line: LINES[index] as (typeof LINES)[number] }));
  const marks = [
    heading(
      "Loss",
      0,
      styled.map(({ curve, line }) => ({ label: curve.name, colour: line.name })),
    ),
    ...ticks(low, high).flatMap((tick) => grid(lossY(tick), numberText(tick))),
    ...styled.map(({ curve, line }) =>
      path(
        curve.losses.map((loss, at) => [x(at), lossY(loss)]),
        line,
      ),
    ),
    heading(`Difference from ${first.name}`, HEADING + PLOT + GAP, []),
    ...range(exponents.low, exponents.high).flatMap((exponent) => grid(exponentY(exponent), `1e${exponent}`)),
    `<line class="soft-line" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(apartY(allowed))}" y2="${round(apartY(allowed))}" stroke="${COLOURS.soft.light}" stroke-width="1.5" stroke-dasharray="5 4"/>`,
    text("allowed", { x: WIDTH - RIGHT, y: apartY(allowed) - 5, anchor: "end", colour: "soft", size: FONT_SIZE - 2 }),
    ...styled.slice(1).map(({ line }, index) =>
      path(
        (apart[index] as number[]).map((value, at) => [x(at), apartY(value)]),
        { ...line, width: 1.8, opacity: 1 },
      ),
    ),
    ...stepTicks(steps).map((step) =>
      text(String(step), { x: x(step - 1), y: HEIGHT - 6, anchor: "middle", colour: "soft", size: FONT_SIZE - 2 }),
    ),
  ];
  const largest = others.map(
    ({ name }, index) => `${name} ${Math.max(...(apart[index] as number[])).toExponential(1)}`,
  );
  const about = `${steps} steps. Largest difference of the loss from ${first.name}: ${largest.join(", ")}; allowed is ${allowed.toExponential()}.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="rpo-agreement" role="img" aria-label="One training by ${curves.length} trainers" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="${FONT_SIZE}">`,
    `<desc>${escapeText(about)}</desc><style>${STYLE}</style>`,
    ...marks,
    "</svg>\n",
  ].join("");
}

type Place = readonly [x: number, y: number];

/** From a value to its height in the plot that begins at `top`. */
const scale =
  (low: number, high: number, top: number) =>
  (value: number): number =>
    top + PLOT * (1 - (value - low) / (high - low));

const round = (value: number): number => Number(value.toFixed(2));
const numberText = (value: number): string => String(Number(value.toPrecision(3)));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Up to five round numbers between two. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return range(Math.ceil(low / step), Math.floor(high / step)).map((times) => times * step);
}

/** The first step, and every fifth or so. */
function stepTicks(steps: number): number[] {
  const every = Math.max(1, Math.round(steps / 4));
  return [1, ...range(1, Math.floor(steps / every)).map((times) => times * every)].filter(
    (step, at) => at === 0 || step > 1,
  );
}

interface TextOptions {
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "middle" | "end";
  readonly colour: keyof typeof COLOURS;
  readonly size: number;
  readonly weight?: number;
}

const text = (content: string, { x, y, anchor, colour, size, weight }: TextOptions): string =>
  `<text class="${colour}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${COLOURS[colour].light}" font-size="${size}"${weight === undefined ? "" : ` font-weight="${weight}"`}>${escapeText(content)}</text>`;

function heading(title: string, top: number, labels: readonly { label: string; colour: LineName }[]): string {
  let left = (title.length + 1) * (LABEL_CHARACTER + 2);
  const y = top + FONT_SIZE + 4;
  const parts = [text(title, { x: 0, y, anchor: "start", colour: "ink", size: FONT_SIZE, weight: 600 })];
  for (const { label, colour } of labels) {
    parts.push(text(label, { x: left, y, anchor: "start", colour, size: FONT_SIZE - 1 }));
    left += (label.length + 2) * LABEL_CHARACTER;
  }
  return parts.join("");
}

const grid = (y: number, label: string): string[] => [
  `<line class="soft-line" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y)}" y2="${round(y)}" stroke="${COLOURS.soft.light}" stroke-opacity="0.25"/>`,
  text(label, { x: LEFT - 6, y: y + 4, anchor: "end", colour: "soft", size: FONT_SIZE - 2 }),
];

function path(
  places: readonly Place[],
  { name, width, opacity }: { name: LineName; width: number; opacity: number },
): string {
  const d = places.map(([x, y], at) => `${at === 0 ? "M" : "L"}${round(x)},${round(y)}`).join("");
  return `<path class="${name}-line" d="${d}" fill="none" stroke="${COLOURS[name].light}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linejoin="round" stroke-linecap="round"/>`;
}

/** Colours of the dark ground. The light ones stand in the elements, for programs that know no style sheets. */
const STYLE = [
  ".rpo-agreement{color-scheme:light dark}",
  "@media (prefers-color-scheme:dark){",
  ...Object.entries(COLOURS).flatMap(([name, { dark }]) => [
    `.rpo-agreement .${name}{fill:${dark}}`,
    `.rpo-agreement .${name}-line{stroke:${dark}}`,
  ]),
  "}",
].join("");
