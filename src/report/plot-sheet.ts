// Plots one below the other in one SVG, for a page or a file. Ignores what they show: a chart says its size, what a reader who
// cannot see it is told, and its style.

/** The few properties of linkedom's elements that are used here; the project is compiled without a browser's types. */
interface SvgElement {
  readonly outerHTML: string;
  readonly childNodes: Iterable<SvgElement>;
  readonly nodeName: string;
  textContent: string;
  setAttribute(name: string, value: string): void;
  append(...children: readonly SvgElement[]): void;
}

/** The document that plots of one sheet are drawn in: Plot's option `document`. */
export interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgElement;
}

export interface StackedPlot {
  /** What Plot.plot returned. */
  readonly plot: unknown;
  /** In units, as the plot was asked to be. */
  readonly height: number;
}

export interface Sheet {
  /** The class of the SVG, to which `style` refers. */
  readonly className: string;
  /** What the picture is, in a few words. */
  readonly label: string;
  /** What a reader who cannot see the picture is told. */
  readonly description: string;
  readonly style: string;
  /** In units, of the picture as of every plot. */
  readonly width: number;
  readonly fontSize: number;
  /** Units between two plots. */
  readonly gap: number;
}

const SVG = "http://www.w3.org/2000/svg";

/** The sheet as an SVG document. The same plots give the same text. */
export function plotSheet(document: SvgDocument, plots: readonly StackedPlot[], sheet: Sheet): string {
  const height = plots.reduce((sum, plot) => sum + plot.height, 0) + sheet.gap * Math.max(0, plots.length - 1);
  const svg = element(document, "svg", {
    xmlns: SVG,
    class: sheet.className,
    role: "img",
    "aria-label": sheet.label,
    viewBox: `0 0 ${sheet.width} ${height}`,
    width: String(sheet.width),
    height: String(height),
    "font-family": "system-ui, sans-serif",
    "font-size": String(sheet.fontSize),
  });
  const described = element(document, "desc", {});
  described.textContent = sheet.description;
  const style = element(document, "style", {});
  style.textContent = sheet.style;
  svg.append(described, style);
  let top = 0;
  for (const { plot, height } of plots) {
    const marks = element(document, "g", { transform: `translate(0,${top})`, "text-anchor": "middle" });
    marks.append(...marksOf(plot as SvgElement));
    svg.append(marks);
    top += height + sheet.gap;
  }
  return rounded(svg.outerHTML);
}

/** A plot without its frame: an inner `svg` would take its size from the page's style. */
const marksOf = (plot: SvgElement): SvgElement[] =>
  [...plot.childNodes].filter(({ nodeName }) => nodeName.toLowerCase() !== "style");

function element(document: SvgDocument, name: string, attributes: Readonly<Record<string, string>>): SvgElement {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

/** Coordinates to a hundredth of a unit. No text of a chart has a number with so many decimals. */
const rounded = (svg: string): string =>
  svg.replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
