import { describe, expect, it } from "vitest";
import { withoutBrokenEnd } from "./llama-lane.ts";

// What a lane samples is tested with a real model: see embedded.test.ts.
describe("withoutBrokenEnd", () => {
  it("cuts what is left of a character that was not finished, and nothing else", () => {
    expect(withoutBrokenEnd("smile \uFFFD\uFFFD")).toBe("smile ");
    expect(withoutBrokenEnd("a\uFFFDb 😀")).toBe("a\uFFFDb 😀");
  });
});
