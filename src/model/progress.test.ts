import { describe, expect, it } from "vitest";
import { progressMeter } from "./progress.ts";

describe("progressMeter", () => {
  it("counts the rate of this run only, not what was there before", () => {
    let now = 1000;
    const meter = progressMeter("file", 50, () => now);
    expect(meter(50, 100)).toEqual({ label: "file", bytes: 50, total: 100, bytesPerSecond: null, secondsLeft: null });
    now = 3000;
    expect(meter(70, 100)).toEqual({ label: "file", bytes: 70, total: 100, bytesPerSecond: 10, secondsLeft: 3 });
    expect(meter(70, null)).toMatchObject({ total: null, bytesPerSecond: 10, secondsLeft: null });
  });
});
