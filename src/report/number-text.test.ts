import { describe, expect, it } from "vitest";
import { bytesText, dateText, grouped, percent } from "./number-text.ts";

describe("numbers as text", () => {
  it("groups thousands", () => {
    expect([0, 999, 1000, 1234567].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });

  it("writes shares in per cent, and rounds nothing to none or all", () => {
    expect([0, 0.0001, 0.1234, 0.5, 0.9999, 1, Number.NaN].map(percent)).toEqual([
      "0%",
      "<0.1%",
      "12.3%",
      "50.0%",
      ">99.9%",
      "100%",
      "–",
    ]);
  });

  it("writes sizes", () => {
    expect([0, 999, 1000, 12_340, 999_960, 3_250_000].map(bytesText)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "12.3 kB",
      "1.0 MB",
      "3.3 MB",
    ]);
  });

  it("writes times in UTC, and leaves what is no time", () => {
    expect(dateText("2026-11-23T18:07:43+02:00")).toBe("23 November 2026, 16:07 UTC");
    expect(dateText("yesterday")).toBe("yesterday");
  });
});
