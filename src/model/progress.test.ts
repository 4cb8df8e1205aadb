import { describe, expect, it } from "vitest";
import { progressLine, progressMeter } from "./progress.ts";

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

describe("progressLine", () => {
  it("says what can be told", () => {
    const whole = { label: "m", bytes: 45.2e6, total: 92.9e6, bytesPerSecond: 12.1e6, secondsLeft: 3.9 };
    expect(progressLine(whole)).toBe("m: 45.2 of 92.9 MB, 12.1 MB/s, 4 s left");
    expect(progressLine({ ...whole, secondsLeft: 83 })).toBe("m: 45.2 of 92.9 MB, 12.1 MB/s, 1 min 23 s left");
    expect(progressLine({ label: "m", bytes: 1e6, total: null, bytesPerSecond: null, secondsLeft: null })).toBe(
      "m: 1.0 MB",
    );
  });
});
