import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { type AgreementCurve, agreementSvg } from "./agreement-chart.ts";

const losses = Array.from({ length: 20 }, (_, index) => 1.2 - 0.03 * index + 0.1 * Math.sin(index * 1.7));
const shifted = (by: number): number[] => losses.map((loss, index) => loss + (index === 0 ? 0 : by));
const CURVES: readonly AgreementCurve[] = [
  { name: "embedded", losses },
  { name: "TRL", losses: shifted(2e-6) },
  { name: "LLaMA-Factory", losses: shifted(-3e-7) },
];

const opened = (svg: string) => parseHTML(`<html><body>${svg}</body></html>`).document;
const places = (svg: string, selector: string, which: number): (readonly [x: number, y: number])[] => {
  const d = opened(svg).querySelectorAll(selector)[which]?.getAttribute("d") ?? "";
  return [...d.matchAll(/[ML]([\d.]+),([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
};

describe("agreementSvg", () => {
  it("is the same text each time, as it was when the picture was approved", async () => {
    const svg = agreementSvg(CURVES, 1e-4);
    expect(agreementSvg(structuredClone(CURVES), 1e-4)).toBe(svg);
    await expect(svg).toMatchFileSnapshot("agreement-chart.golden.svg");
  });

  it("tells the largest differences, and draws every curve and its difference over all steps", () => {
    const svg = agreementSvg(CURVES, 1e-4);
    expect(opened(svg).querySelector("desc")?.textContent).toBe(
      "20 steps. Largest difference of the loss from embedded: TRL 2.0e-6, LLaMA-Factory 3.0e-7; allowed is 1e-4.",
    );
    for (const [selector, count] of [
      [".first-line", 1],
      [".second-line", 2],
      [".third-line", 2],
    ] as const) {
      expect(opened(svg).querySelectorAll(selector)).toHaveLength(count);
      for (let which = 0; which < count; which += 1) expect(places(svg, selector, which)).toHaveLength(20);
    }
  });

  it("puts larger losses and larger differences higher, and no difference at the bottom", () => {
    const svg = agreementSvg(CURVES, 1e-4);
    const loss = places(svg, ".first-line", 0);
    expect(loss[1]![1] < loss.at(-1)![1]).toBe(losses[1]! > losses.at(-1)!);
    const [larger, smaller] = [places(svg, ".second-line", 1), places(svg, ".third-line", 1)];
    expect(larger[5]![1]).toBeLessThan(smaller[5]![1]);
    expect(larger[0]![1]).toBeGreaterThan(larger[5]![1]);
    expect(larger[0]![1]).toBe(smaller[0]![1]);
    const above = agreementSvg([CURVES[0]!, { name: "off", losses: shifted(0.5) }], 1e-4);
    for (const [x, y] of places(above, ".second-line", 1)) {
      expect(x).toBeGreaterThan(0);
      expect(y).toBeGreaterThan(0);
    }
  });

  it("shows names as text, and refuses what can't be compared", () => {
    const named = [CURVES[0]!, { name: "<b>&", losses }];
    expect(agreementSvg(named, 1e-4)).toContain("&lt;b&gt;&amp;");
    expect(() => agreementSvg([CURVES[0]!], 1e-4)).toThrow(RangeError);
    expect(() => agreementSvg([...CURVES, CURVES[0]!], 1e-4)).toThrow(RangeError);
    expect(() => agreementSvg([CURVES[0]!, { name: "short", losses: [1] }], 1e-4)).toThrow(/20, 1 steps/);
    expect(() => agreementSvg([CURVES[0]!, { name: "bad", losses: shifted(Number.NaN) }], 1e-4)).toThrow(/finite/);
  });
});
