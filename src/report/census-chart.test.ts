import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { casesOf, censusSvg, fatesOf } from "./census-chart.ts";

const CENSUS = {
  pairs: 10_640,
  identical: 1830,
  cases: { 1: 120, 2: 3120, 3: 95, 4: 2260, 5: 2990, 6: 225 },
  gaps: { 1: 4200, 2: 2600, 3: 1300, 5: 680, 6: 30 },
};
const EMPTY = { pairs: 0, identical: 0, cases: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0 }, gaps: {} };

const opened = (svg: string) => parseHTML(`<html><body>${svg}</body></html>`).document;
const tooltips = (svg: string, selector: string): string[] =>
  [...opened(svg).querySelectorAll(selector)].map((bar: { textContent: string }) => bar.textContent);

describe("censusSvg", () => {
  it("draws a bar for identical, each case and each gap, with its figures", async () => {
    const svg = await censusSvg(CENSUS);
    expect(tooltips(svg, ".wasted.case rect")).toEqual([
      "identical: 17.2%, 1,830 pairs",
      "case 1: 1.1%, 120 pairs",
      "case 2: 29.3%, 3,120 pairs",
    ]);
    expect(tooltips(svg, ".noisy.case rect").map((text) => text.slice(0, 6))).toEqual(["case 3", "case 4", "case 5"]);
    expect(tooltips(svg, ".clean.case rect")).toEqual(["case 6: 2.1%, 225 pairs"]);
    expect(tooltips(svg, ".gap.bar rect")).toEqual([
      "g = 1: 47.7%, 4,200 pairs",
      "g = 2: 29.5%, 2,600 pairs",
      "g = 3: 14.8%, 1,300 pairs",
      "g = 4: 0%, 0 pairs",
      "g = 5: 7.7%, 680 pairs",
      "g = 6: 0.3%, 30 pairs",
    ]);
  });

  it("makes bars as long as their shares", async () => {
    const widths = [...opened(await censusSvg(CENSUS)).querySelectorAll(".case rect")].map((bar) =>
      Number(bar.getAttribute("width")),
    );
    const counts = casesOf(CENSUS).map(({ count }) => count);
    for (const [index, width] of widths.entries()) {
      expect(width / widths[2]!).toBeCloseTo((counts[index] ?? 0) / (counts[2] ?? 0), 2);
    }
    expect(widths).toHaveLength(7);
  });

  it("is the same text each time, as it was when the picture was approved", async () => {
    const svg = await censusSvg(CENSUS);
    expect(await censusSvg(structuredClone(CENSUS))).toBe(svg);
    await expect(svg).toMatchFileSnapshot("census-chart.golden.svg");
  });

  it("is a document of its own, named and described, for light and dark", async () => {
    const svg = await censusSvg(CENSUS);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    const root = opened(svg).querySelector("svg");
    expect(root?.getAttribute("role")).toBe("img");
    expect(root?.getAttribute("aria-label")).toBe("Census of the pairs of responses");
    expect(root?.querySelector("desc")?.textContent).toContain(
      "10,640 pairs of responses. identical: 1,830; case 1: 120;",
    );
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).not.toMatch(/NaN|undefined|⚠|\.\d{3}/);
    expect(svg.match(/<style>/g)).toHaveLength(1);
  });

  it("draws a census of nothing, and one of very large gaps", async () => {
    const nothing = await censusSvg(EMPTY);
    expect(nothing).not.toMatch(/NaN|undefined|⚠/);
    expect(tooltips(nothing, ".gap.bar rect")).toEqual([]);
    const wide = await censusSvg({ ...CENSUS, gaps: { 1: 8000, 60: 700 } });
    expect(tooltips(wide, ".gap.bar rect")).toHaveLength(60);
    expect(wide).not.toMatch(/NaN|undefined|⚠/);
  });
});

describe("what DPO makes of the pairs", () => {
  it("adds up to all pairs", () => {
    const { wasted, noisy, clean } = fatesOf(CENSUS);
    expect(wasted + noisy + clean).toBeCloseTo(1, 12);
    expect(wasted).toBeCloseTo((1830 + 120 + 3120) / 10_640, 12);
    expect(fatesOf(EMPTY).clean).toBeNaN();
  });
});
