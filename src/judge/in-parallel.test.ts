import { describe, expect, it } from "vitest";
import { inParallel } from "./in-parallel.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("inParallel", () => {
  it("works on so many at once, and gives the results in order", async () => {
    let working = 0;
    let most = 0;
    const results = await inParallel([5, 1, 3, 2], 2, undefined, async (ticks) => {
      most = Math.max(most, ++working);
      for (let i = 0; i < ticks; i += 1) await tick();
      working -= 1;
      return ticks * 10;
    });
    expect(results).toEqual([50, 10, 30, 20]);
    expect(most).toBe(2);
    expect(await inParallel([], 2, undefined, async () => 1)).toEqual([]);
  });

  it("begins nothing more after the signal, and gives what there is", async () => {
    const stop = new AbortController();
    const results = await inParallel([1, 2, 3], 1, stop.signal, async (item) => {
      if (item === 2) {
        stop.abort(new Error("enough"));
        throw stop.signal.reason;
      }
      return item;
    });
    expect(results).toEqual([1, undefined, undefined]);
  });

  it("waits for what is in work before it fails", async () => {
    let ended = false;
    const work = inParallel([1, 2, 3], 2, undefined, async (item) => {
      if (item === 1) throw new Error("broken");
      await tick();
      ended = true;
      return item;
    });
    await expect(work).rejects.toThrow("broken");
    expect(ended).toBe(true);
  });
});
