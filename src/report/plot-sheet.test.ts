import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { plotSheet, type SvgDocument } from "./plot-sheet.ts";

const { document } = parseHTML("<html><body></body></html>");
const SHEET = {
  className: "rpo-sheet",
  label: "Two plots",
  description: "a < b",
  style: ".rpo-sheet{color:red}",
  width: 100,
  fontSize: 14,
  gap: 5,
};

function plot(inside: string): unknown {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.innerHTML = inside;
  return svg;
}

const sheetOf = (...plots: readonly { plot: unknown; height: number }[]): string =>
  plotSheet(document as unknown as SvgDocument, plots, SHEET);

describe("plotSheet", () => {
  it("puts plots one below the other, without their frames and styles", () => {
    const svg = sheetOf(
      { plot: plot("<style>svg{height:auto}</style><rect/>"), height: 40 },
      { plot: plot("<circle/>"), height: 30 },
    );
    for (const size of ['viewBox="0 0 100 75"', 'width="100"', 'height="75"']) expect(svg).toContain(size);
    expect(svg).toMatch(/<g [^>]*translate\(0,0\)[^>]*><rect.*<g [^>]*translate\(0,45\)[^>]*><circle/);
    expect(svg).not.toContain("height:auto");
    expect(svg.match(/<svg/g)).toHaveLength(1);
  });

  it("tells what is shown, as text", () => {
    expect(sheetOf({ plot: plot(""), height: 10 })).toContain("<desc>a &lt; b</desc>");
  });

  it("has coordinates to a hundredth, and shorter numbers as they are", () => {
    const svg = sheetOf({ plot: plot('<path d="M1.23456,10.999 L0.5,7"/>'), height: 10 });
    expect(svg).toContain('d="M1.23,11 L0.5,7"');
  });
});
