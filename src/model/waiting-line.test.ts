import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AbortCrowd } from "./abort-crowd.ts";
import { WaitingLine } from "./waiting-line.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("WaitingLine", () => {
  it("lets so many go at once, and the others in order of arrival", async () => {
    const line = new WaitingLine(() => 2);
    expect([line.enter(new AbortCrowd()), line.enter(new AbortCrowd())]).toEqual([true, true]);
    const order: number[] = [];
    for (const who of [3, 4]) void Promise.resolve(line.enter(new AbortCrowd())).then(() => order.push(who));
    await turn();
    expect([order, line.underWay, line.waiting]).toEqual([[], 2, 2]);
    line.leave();
    await turn();
    expect(order).toEqual([3]);
    line.leave();
    await turn();
    expect([order, line.underWay, line.waiting]).toEqual([[3, 4], 2, 0]);
  });

  it("follows a limit that changes", async () => {
    let limit = 1;
    const line = new WaitingLine(() => limit);
    line.enter(new AbortCrowd());
    let gone = 0;
    for (let who = 0; who < 5; who += 1) void Promise.resolve(line.enter(new AbortCrowd())).then(() => gone++);
    limit = 3;
    line.leave();
    await turn();
    expect([gone, line.underWay]).toEqual([3, 3]);
    limit = 1;
    line.leave();
    line.leave();
    await turn();
    expect([gone, line.underWay]).toEqual([3, 1]);
    line.leave();
    await turn();
    expect(gone).toBe(4);
  });

  it("lets nobody go while it is held, by whomever", async () => {
    const line = new WaitingLine(() => 9);
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    line.hold(first.promise);
    line.hold(second.promise);
    const entered = line.enter(new AbortCrowd());
    expect(entered).toBeInstanceOf(Promise);
    first.reject(new Error("no matter"));
    await turn();
    expect(line.waiting).toBe(1);
    second.resolve();
    expect(await entered).toBe(true);
  });

  it("loses those who give up", async () => {
    const line = new WaitingLine(() => 1);
    line.enter(new AbortCrowd());
    const stop = new AbortController();
    const given = line.enter(new AbortCrowd(stop.signal));
    const next = line.enter(new AbortCrowd());
    stop.abort();
    expect(await given).toBe(false);
    expect(line.enter(new AbortCrowd(stop.signal))).toBe(false);
    line.leave();
    expect(await next).toBe(true);
    expect([line.underWay, line.waiting]).toEqual([1, 0]);
  });

  it("never lets more go than the limit, and loses no turn, whatever comes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("enter", "leave", "abort", "raise", "lower"), { maxLength: 200 }),
        async (events) => {
          let limit = 2;
          const line = new WaitingLine(() => limit);
          const waiting: AbortController[] = [];
          let under = 0;
          for (const event of events) {
            if (event === "raise") limit += 1;
            if (event === "lower") limit = Math.max(1, limit - 1);
            if (event === "abort") waiting.shift()?.abort();
            if (event === "leave" && under > 0) {
              under -= 1;
              line.leave();
            }
            if (event === "enter") {
              const stop = new AbortController();
              const before = under;
              const entered = line.enter(new AbortCrowd(stop.signal));
              if (entered === true) {
                expect(before).toBeLessThan(limit);
                under += 1;
              } else {
                waiting.push(stop);
                void (entered as Promise<boolean>).then((went) => {
                  if (went) under += 1;
                });
              }
            }
            await Promise.resolve();
            await turn();
            expect(line.underWay).toBe(under);
          }
          for (const stop of waiting) stop.abort();
          await turn();
          while (under > 0) {
            under -= 1;
            line.leave();
            await turn();
          }
          expect([line.underWay, line.waiting]).toEqual([0, 0]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
