import { describe, expect, it } from "vitest";
import { costOf, priceOf, priceTableSchema } from "./prices.ts";

describe("costOf", () => {
  const spending = { promptTokens: 1_000_000, cachedPromptTokens: 250_000, completionTokens: 500_000 };

  it("is per million tokens, less for what the server had at hand", () => {
    expect(costOf(spending, { input: 2, output: 8, cached: 1 })).toBe(0.75 * 2 + 0.25 * 1 + 0.5 * 8);
    expect(costOf(spending, { input: 2, output: 8 })).toBe(2 + 4);
    expect(costOf(spending, { input: 0, output: 0 })).toBe(0);
  });
});

describe("a price table", () => {
  it("has the names that are in it, and no others", () => {
    const prices = priceTableSchema.parse({ "Qwen/Qwen2.5-7B": { input: 0.1, output: 0.2 } });
    expect(priceOf(prices, "Qwen/Qwen2.5-7B")).toEqual({ input: 0.1, output: 0.2 });
    expect(priceOf(prices, "toString")).toBeNull();
    expect(priceOf(prices, "__proto__")).toBeNull();
  });

  it.each([{ input: -1, output: 1 }, { input: 1 }, { input: 1, output: 1, ouput: 1 }])("refuses %o", (price) => {
    expect(priceTableSchema.safeParse({ m: price }).success).toBe(false);
  });
});
