import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_RETRY_AFTER_MS, retryAfter, retryWait } from "./retry-wait.ts";

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("retryWait", () => {
  it("doubles the longest wait from try to try, up to 30 s", () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8].map((tries) => retryWait(tries, null, () => 1));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it("spreads waits from nothing to the longest", () => {
    expect(retryWait(3, null, () => 0)).toBe(0);
    expect(retryWait(3, null, () => 0.5)).toBe(1000);
  });

  it("waits at least what the server asks for, and hardly longer, up to two minutes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 10 ** 9 }),
        share,
        (tries, asked, draw) => {
          const wait = retryWait(tries, asked, () => draw);
          const obeyed = Math.min(asked, MAX_RETRY_AFTER_MS);
          expect(wait).toBeGreaterThanOrEqual(obeyed);
          expect(wait).toBeLessThanOrEqual(obeyed + 500);
        },
      ),
    );
  });
});

describe("retryAfter", () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);

  it("reads seconds and dates", () => {
    expect(retryAfter("7", now)).toBe(7000);
    expect(retryAfter(" 0.5 ", now)).toBe(500);
    expect(retryAfter("Thu, 01 Jan 2026 12:00:30 GMT", now)).toBe(30_000);
    expect(retryAfter("Thursday, 01-Jan-26 12:00:30 GMT", now)).toBe(30_000);
  });

  it("takes a date that is past for now", () => {
    expect(retryAfter("Wed, 31 Dec 2025 12:00:00 GMT", now)).toBe(0);
  });

  it("passes over what is neither", () => {
    for (const text of [null, "", "soon", "-1", "1e9", "NaN", "Mon, the first"])
      expect(retryAfter(text, now)).toBeNull();
    fc.assert(
      fc.property(fc.string(), (text) => {
        const wait = retryAfter(text, now);
        expect(wait === null || wait >= 0).toBe(true);
      }),
    );
  });
});
