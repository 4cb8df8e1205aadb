// What tokens cost: the user's price table, in a currency that this project need not know. Pure.
import { z } from "zod";
import type { Spending } from "./usage.ts";

const amount = z.number().min(0);

/** Prices by the name of the model, as it is called in the configuration; in one currency, per million tokens. */
export const priceTableSchema = z.record(
  z.string(),
  z.strictObject({
    input: amount.describe("Of a million tokens of prompts."),
    output: amount.describe("Of a million tokens of responses."),
    cached: amount
      .exactOptional()
      .describe("Of a million tokens of prompts that the server had at hand; the price of input where left out."),
  }),
);
export type PriceTable = z.infer<typeof priceTableSchema>;
export type Price = PriceTable[string];

const PRICED_TOKENS = 1_000_000;

/** What the tokens cost, in the currency of the price. */
export function costOf(
  { promptTokens, cachedPromptTokens, completionTokens }: Omit<Spending, "requests" | "samples">,
  { input, output, cached = input }: Price,
): number {
  const read = (promptTokens - cachedPromptTokens) * input + cachedPromptTokens * cached;
  return (read + completionTokens * output) / PRICED_TOKENS;
}

/** The price of a model; null where the table has none. Names are looked up as they are, never as properties of an object. */
export const priceOf = (prices: PriceTable, model: string): Price | null =>
  Object.hasOwn(prices, model) ? (prices[model] ?? null) : null;
