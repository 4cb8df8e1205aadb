import { expect, it } from "vitest";
import { turnWithin } from "./turn-name.ts";

it("names a turn within its profile, or in full", () => {
  expect(turnWithin("en-cook", "en-cook/q2")).toBe("q2");
  expect(turnWithin("en-cook", "en-cookery/q2")).toBe("en-cookery/q2");
  expect(turnWithin("en-cook", "en-cook/")).toBe("en-cook/");
  expect(turnWithin("a", "42")).toBe("42");
});
