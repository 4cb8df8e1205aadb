import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";

const KNOWN = ["gamma", "beta", "learningRate", "rank"];

it.each([
  ["gama", "gamma"],
  ["gmama", "gamma"],
  ["learning-rate", "learningRate"],
  ["learning_raet", "learningRate"],
  ["Rank", "rank"],
  ["temperature", null],
  ["", null],
])("takes %j for %j", (given, meant) => {
  expect(nearestName(given, KNOWN)).toBe(meant);
});

it("is quick on a name of any length", () => {
  expect(nearestName("g".repeat(1_000_000), KNOWN)).toBeNull();
});
