import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AdaptiveLimit } from "./adaptive-limit.ts";

/** A server in simulated time: what it does with a request, by how many it has at once. */
interface Simulated {
  /** Milliseconds that a request takes; null refuses it at once. */
  readonly latency: (atOnce: number) => number | null;
  readonly tokens?: number;
}

/** Keeps the limit's worth of requests at the server for so long; the limit and the requests done, as time goes. */
function simulate(limit: AdaptiveLimit, { latency, tokens = 50 }: Simulated, milliseconds: number, offered = Infinity) {
  const flights: { at: number; sentAt: number; inFlight: number; refused: boolean }[] = [];
  const limits: { at: number; limit: number }[] = [];
  let done = 0;
  let refusals = 0;
  let now = 0;
  while (now < milliseconds) {
    while (flights.length < Math.min(limit.limit, offered)) {
      const served = flights.filter(({ refused }) => !refused).length;
      const takes = latency(served + 1);
      const flight = { sentAt: now, inFlight: flights.length + 1, refused: takes === null, at: now + (takes ?? 1) };
      flights.push(flight);
    }
    flights.sort((a, b) => a.at - b.at);
    const flight = flights.shift()!;
    now = flight.at;
    if (flight.refused) limit.refused(flight);
    else limit.answered({ ...flight, tokens });
    if (flight.refused) refusals += 1;
    else done += 1;
    limits.push({ at: now, limit: limit.limit });
  }
  const late = limits.filter(({ at }) => at > milliseconds / 2).map((entry) => entry.limit);
  const mean = late.reduce((sum, value) => sum + value, 0) / late.length;
  return { done, refusals, mean, least: Math.min(...late), most: Math.max(...late) };
}

describe("AdaptiveLimit", () => {
  it("rises to its maximum where the server takes all at the same speed", () => {
    const limit = new AdaptiveLimit({ maximum: 1000 });
    simulate(limit, { latency: () => 50 }, 1_500);
    expect(limit.limit).toBe(1000);
  });

  it("stays near the slots of a server that refuses what is beyond them", () => {
    const { mean, done, refusals } = simulate(
      new AdaptiveLimit({ maximum: 1000 }),
      { latency: (atOnce) => (atOnce > 100 ? null : 100) },
      60_000,
    );
    expect(mean).toBeGreaterThan(70);
    expect(mean).toBeLessThan(115);
    // 100 slots of 100 ms for 60 s.
    expect(done).toBeGreaterThan(60_000 * 0.75);
    expect(refusals).toBeLessThan(done * 0.05);
  });

  it("goes no further than throughput does, where a queue builds up behind the slots", () => {
    const slots = 64;
    const { mean, done } = simulate(
      new AdaptiveLimit({ maximum: 5000 }),
      { latency: (atOnce) => 100 * Math.max(1, atOnce / slots) },
      60_000,
    );
    expect(mean).toBeGreaterThan(slots * 0.8);
    expect(mean).toBeLessThan(slots * 2);
    expect(done).toBeGreaterThan((60_000 / 100) * slots * 0.85);
  });

  it("goes on where a server that batches gets slower and does more in all", () => {
    // 10 ms a token alone, 26 ms with 64 at once: throughput grows 25-fold.
    const limit = new AdaptiveLimit({ maximum: 64, initial: 1 });
    simulate(limit, { latency: (atOnce) => 500 + 12.5 * atOnce }, 600_000);
    expect(limit.limit).toBeGreaterThan(48);
  });

  it("does not rise on the strength of requests that never came near it", () => {
    const limit = new AdaptiveLimit({ maximum: 1000, initial: 32 });
    simulate(limit, { latency: () => 50 }, 10_000, 8);
    expect(limit.limit).toBe(32);
  });

  it("does not take longer answers for a slower server", () => {
    const limit = new AdaptiveLimit({ maximum: 40, initial: 40 });
    simulate(limit, { latency: () => 10 * 116, tokens: 100 }, 20_000);
    simulate(limit, { latency: () => 10 * 1016, tokens: 1000 }, 100_000);
    expect(limit.limit).toBe(40);
  });

  it("counts the refusals of one crowd once", () => {
    const limit = new AdaptiveLimit({ maximum: 100, initial: 100 });
    for (let index = 0; index < 50; index += 1) limit.refused({ sentAt: 0, at: 10 + index });
    expect(limit.limit).toBe(70);
    limit.refused({ sentAt: 11, at: 100 }); // sent under the new limit
    expect(limit.limit).toBe(49);
  });

  it("bears refusals that come now and then for no reason of load", () => {
    let count = 0;
    const { mean } = simulate(
      new AdaptiveLimit({ maximum: 100 }),
      { latency: () => (++count % 33 === 0 ? null : 50) },
      60_000,
    );
    expect(mean).toBeGreaterThan(10);
  });

  it("stays between 1 and its maximum, falls only for a reason, whatever comes", () => {
    const event = fc.record({
      refused: fc.boolean(),
      took: fc.double({ min: 0, max: 1e6, noNaN: true }),
      gap: fc.double({ min: 0, max: 1e4, noNaN: true }),
      inFlight: fc.integer({ min: 1, max: 2000 }),
      tokens: fc.integer({ min: 0, max: 4096 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.array(event, { maxLength: 400 }),
        (maximum, initial, events) => {
          const limit = new AdaptiveLimit({ maximum, initial });
          let at = 0;
          for (const { refused, took, gap, inFlight, tokens } of events) {
            at += gap;
            const before = limit.limit;
            if (refused) limit.refused({ sentAt: at - took, at });
            else limit.answered({ sentAt: at - took, at, inFlight, tokens });
            expect(Number.isInteger(limit.limit)).toBe(true);
            expect(limit.limit).toBeGreaterThanOrEqual(1);
            expect(limit.limit).toBeLessThanOrEqual(maximum);
            if (refused) expect(limit.limit).toBeLessThanOrEqual(before);
          }
        },
      ),
    );
  });

  it("never falls where latency stays as it is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 500 }),
        (maximum, latency, tokens) => {
          const limit = new AdaptiveLimit({ maximum });
          let before = limit.limit;
          for (let at = 0; at < 50 * latency; at += latency)
            for (let index = 0; index < before; index += 1) {
              limit.answered({ sentAt: at, at: at + latency, inFlight: before, tokens });
              expect(limit.limit).toBeGreaterThanOrEqual(before);
              before = limit.limit;
            }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuses a maximum that lets nothing through", () => {
    expect(() => new AdaptiveLimit({ maximum: 0 })).toThrow("lets nothing through");
  });
});
