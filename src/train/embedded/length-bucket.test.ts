import { describe, expect, it } from "vitest";
import { bucketLength } from "./length-bucket.ts";

describe("bucketLength", () => {
  const lengths = Array.from({ length: 4096 }, (_, i) => i + 1);

  it("is never below the length, and is its own bucket", () => {
    for (const length of lengths) {
      expect(bucketLength(length)).toBeGreaterThanOrEqual(length);
      expect(bucketLength(bucketLength(length))).toBe(bucketLength(length));
    }
  });

  it("adds at most an eighth, or 15 tokens", () => {
    for (const length of lengths) expect(bucketLength(length) - length).toBeLessThanOrEqual(Math.max(15, length / 8));
  });

  it("has few values, and one for no tokens too", () => {
    expect(new Set(lengths.map(bucketLength)).size).toBeLessThanOrEqual(48);
    expect(bucketLength(0)).toBe(16);
  });
});
