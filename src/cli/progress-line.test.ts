import { describe, expect, it } from "vitest";
import { countsAndRate, progressLine, transfer } from "./progress-line.ts";

function watch(isTTY: boolean): { at(ms: number): void; written: string[]; done(): void } {
  let time = 1000;
  const written: string[] = [];
  const line = progressLine(() => time, { isTTY, write: (text: string) => written.push(text) });
  return {
    written,
    at: (ms) => {
      time = 1000 + ms;
      line.update((seconds) => `${seconds} s`);
    },
    done: line.done,
  };
}

describe("progressLine", () => {
  it("says nothing for two seconds, then renews its line on a terminal and clears it", () => {
    const progress = watch(true);
    for (const ms of [0, 1000, 1999, 2000, 2100, 2250, 2400]) progress.at(ms);
    progress.done();
    progress.done();
    expect(progress.written).toEqual(["\r\u001b[K2 s", "\r\u001b[K2.25 s", "\r\u001b[K"]);
  });

  it("writes a line every ten seconds elsewhere", () => {
    const progress = watch(false);
    for (const ms of [0, 2000, 3000, 11_999, 12_000]) progress.at(ms);
    progress.done();
    expect(progress.written).toEqual(["2 s\n", "12 s\n"]);
  });
});

describe("countsAndRate", () => {
  it("gives the counts and the rate of the last", () => {
    expect(countsAndRate({ turns: 1234, rows: 50_000 }, 2.5)).toBe("1,234 turns, 50,000 rows, 20,000 rows/s");
  });
});

describe("transfer", () => {
  it("says what can be told", () => {
    const whole = { label: "m", bytes: 45.2e6, total: 92.9e6, bytesPerSecond: 12.1e6, secondsLeft: 3.9 };
    expect(transfer(whole)).toBe("m: 45.2 of 92.9 MB, 12.1 MB/s, 4 s left");
    expect(transfer({ ...whole, secondsLeft: 83 })).toBe("m: 45.2 of 92.9 MB, 12.1 MB/s, 1 min 23 s left");
    expect(transfer({ label: "m", bytes: 1e6, total: null, bytesPerSecond: null, secondsLeft: null })).toBe(
      "m: 1.0 MB",
    );
  });
});
