import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "../../preference/seed.ts";
import { NearDuplicates, similarity } from "./near-duplicate.ts";

const words = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `w${from + i}`);
/** Jaccard similarity of the sets of four words in a row. */
function jaccard(a: readonly string[], b: readonly string[]): number {
  const shingles = (text: readonly string[]) =>
    new Set(text.slice(0, text.length - 3).map((_, i) => text.slice(i, i + 4).join(" ")));
  const [left, right] = [shingles(a), shingles(b)];
  const both = [...left].filter((shingle) => right.has(shingle)).length;
  return both / (left.size + right.size - both);
}

describe("similarity", () => {
  it("estimates the Jaccard similarity of four-word phrases", () => {
    for (const shared of [0, 20, 100, 180, 200]) {
      const [a, b] = [words(0, 200), [...words(0, shared), ...words(1000, 1200 - shared)]];
      expect(Math.abs(similarity(a.join(" "), b.join(" ")) - jaccard(a, b)), `${shared} shared`).toBeLessThan(0.12);
    }
  });

  it("ignores case, marks and spaces; takes each Han character for a word; knows short texts", () => {
    expect(similarity("You are a COOK; be brief!", "you are\n\na cook -- be brief")).toBe(1);
    expect(similarity("你是一名厨师，回答要简短", "你是一名厨师。回答要简短！")).toBe(1);
    expect(similarity("茶", "茶")).toBe(1);
    expect(similarity("茶", "酒")).toBeLessThan(0.2);
    expect(similarity("", "…")).toBe(0);
  });

  it("is symmetric, and 1 of a text with itself", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "c", "茶", "酒", "!"), { minLength: 1, maxLength: 30 })
      .map((list) => list.join(" "));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(similarity(a, b)).toBe(similarity(b, a));
        expect(similarity(a, a)).toBe(/[a-c茶酒]/.test(a) ? 1 : 0);
      }),
    );
  });
});

describe("NearDuplicates", () => {
  it("keeps the first and names it", () => {
    const near = new NearDuplicates();
    const text = words(0, 100).join(" ");
    expect(near.add("a", text)).toBeNull();
    expect(near.add("b", "something else that is quite different from it")).toBeNull();
    expect(near.add("c", `${text} and more`)).toMatchObject({ of: "a" });
    expect(near.add("d", "")).toBeNull();
    expect(near.add("e", "something else that is quite different from it")).toEqual({
      of: "b",
      similarity: 1,
    });
  });

  it("finds what a comparison of each with each finds, among many", () => {
    const random = seededRandom("near");
    const bases = Array.from({ length: 60 }, (_, i) => words(i * 1000, i * 1000 + 120));
    // Each base again with some words of it replaced: from none to a third.
    const texts = bases.flatMap((base, i) => [
      base,
      base.map((word, at) => (random() < i / 180 ? `x${i}-${at}` : word)),
    ]);
    const order = shuffled(
      texts.map((text) => text.join(" ")),
      random,
    );
    const near = new NearDuplicates(0.8);
    const kept: string[] = [];
    for (const text of order) {
      const byAll = kept.findIndex((other) => similarity(other, text) >= 0.8);
      const found = near.add(`${kept.length}`, text);
      expect(found?.of ?? "-1").toBe(`${byAll}`);
      if (found === null) kept.push(text);
    }
    expect(kept.length).toBeLessThan(order.length);
    expect(kept.length).toBeGreaterThan(bases.length);
  });

  it("does not compare each with each: twice as many alike templates take about twice as many comparisons", () => {
    const frame = words(0, 60).join(" ");
    const comparisonsOf = (texts: number): number => {
      const near = new NearDuplicates(0.99);
      for (let i = 0; i < texts; i += 1) near.add(`${i}`, `${frame} ${i} ${i + 1} ${i + 2} ${i + 3}`);
      return near.comparisons;
    };
    const comparisons = comparisonsOf(1000);
    expect(comparisons).toBeGreaterThan(1000);
    expect(comparisonsOf(2000)).toBeLessThan(2.2 * comparisons);
  });
});
