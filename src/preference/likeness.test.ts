import fc from "fast-check";
import { expect, test } from "vitest";
import { likeness } from "./likeness.ts";

test("is the share at both ends", () => {
  expect(likeness("Take the causeway.", "Right then, Take the causeway.")).toBeCloseTo(18 / 30);
  expect(likeness("Take it now.", "Take it, please, now.")).toBeCloseTo(12 / 21);
  expect(likeness("abc", "xyz")).toBe(0);
  expect(likeness("", "")).toBe(1);
  expect(likeness("aa", "aaa")).toBeCloseTo(2 / 3);
});

test("is 1 of equal texts alone, and symmetric", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(likeness(a, b)).toBe(likeness(b, a));
      expect(likeness(a, b) === 1).toBe(a === b);
    }),
  );
});
