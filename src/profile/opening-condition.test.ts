import { expect, it } from "vitest";
import { openingCondition } from "./opening-condition.ts";

it.each([
  [
    "en",
    "If the user's message contains “shrimp, please” or “crab”, mention “Bayou”.",
    "If the user's message contains “shrimp, please” or “crab”",
  ],
  ["en", "When asked for a price, give one.", "When asked for a price"],
  ["en", "Write exactly three paragraphs, if you can.", null],
  ["en", "Whenever", null],
  ["zh", "来客的消息里有“吵，架”字时，信中不出现“但是”。", "来客的消息里有“吵，架”字时"],
  ["zh", "如果用户提到价格，就给出数字。", "如果用户提到价格"],
  ["zh", "至少分三段。", null],
] as const)("%s: %s", (language, text, condition) => {
  expect(openingCondition(text, language)).toBe(condition);
});
