import { describe, expect, it } from "vitest";
import { PAGE_COLOURS, pageStyle } from "./page-style.ts";

/** Relative luminance of "#rrggbb" (WCAG 2.2). */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * channels[0]! + 0.7152 * channels[1]! + 0.0722 * channels[2]!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

type Colour = keyof typeof PAGE_COLOURS;
/** Every colour of text with the grounds it stands on. */
const TEXTS: readonly (readonly [Colour, readonly Colour[]])[] = [
  ["ink", ["ground", "card", "mark"]],
  ["soft", ["ground", "card", "mark"]],
  ["link", ["ground", "card"]],
  ["pass", ["card", "ground", "pass-ground", "mark"]],
  ["fail", ["card", "ground", "fail-ground", "mark"]],
  ["wasted", ["ground"]],
  ["noisy", ["ground"]],
  ["clean", ["ground"]],
];

describe("the style of the page", () => {
  it.each(TEXTS)("writes %s with a contrast of 4.5 or more", (text, grounds) => {
    for (const ground of grounds) {
      for (const mode of ["light", "dark"] as const) {
        const ratio = contrast(PAGE_COLOURS[text][mode], PAGE_COLOURS[ground][mode]);
        expect(ratio, `${text} on ${ground}, ${mode}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it("knows the contrast of black on white", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10);
  });

  it("loads nothing, and names only colours that there are", () => {
    const style = pageStyle();
    expect(style).not.toMatch(/@import|url\(|<\//);
    const used = [...style.matchAll(/var\(--([a-z-]+)\)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !Object.hasOwn(PAGE_COLOURS, name ?? ""))).toEqual([]);
  });
});
