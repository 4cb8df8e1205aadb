import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { FailureKind } from "../model/model-failure.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { scriptedModel } from "../model/scripted-model.ts";
import { BudgetReached } from "./budget.ts";
import { DiskFull } from "./disk-full.ts";
import { Interrupted } from "./interrupted.ts";
import { Ledger } from "./ledger.ts";
import { recordedModel } from "./recorded-model.ts";
import { runStage, type StageItem, type StageOptions, type StageProgress, stageOutputs } from "./stage.ts";
import { RunStore } from "./store.ts";

type Options = StageOptions<number, { square: number }>;
const items = (count: number): StageItem<number>[] =>
  Array.from({ length: count }, (_, i) => ({ id: `i${i}`, input: i }));

let directory: string;
let store: RunStore;
let clock = 0;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-stage-"));
  store = new RunStore(directory, () => new Date(clock));
  clock = 0;
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

/** A stage that squares, and says what it worked on. */
function squares(change: Partial<Options> = {}): { worked: number[]; options: Options } {
  const worked: number[] = [];
  const options: Options = {
    name: "square",
    version: 1,
    output: z.object({ square: z.number() }),
    items: items(6),
    concurrency: 2,
    store,
    ...change,
    work: async (item, context) => {
      worked.push(item.input);
      return change.work?.(item, context) ?? { square: item.input ** 2 };
    },
  };
  return { worked, options };
}
async function outputs(options: Options): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for await (const { id, output } of stageOutputs(options, options.items, store)) all[id] = output.square;
  return all;
}

describe("runStage", () => {
  it("works every item once, and gives the outputs in their order", async () => {
    const { worked, options } = squares();
    expect(await runStage(options)).toEqual({ done: 6, reused: 0, failed: 0 });
    expect(worked).toHaveLength(6);
    expect(await runStage(options)).toEqual({ done: 6, reused: 6, failed: 0 });
    expect(worked).toHaveLength(6);
    expect(Object.entries(await outputs(options))).toEqual(items(6).map(({ id, input }) => [id, input ** 2]));
  });

  it("works again what changed: its input, the version of the stage, the form of the output", async () => {
    await runStage(squares().options);
    const changed = squares({ items: items(6).map((item) => (item.id === "i3" ? { ...item, input: 30 } : item)) });
    await runStage(changed.options);
    expect(changed.worked).toEqual([30]);
    expect(await outputs(changed.options)).toMatchObject({ i2: 4, i3: 900 });
    expect(await outputs(squares().options)).not.toHaveProperty("i3"); // what the old input gave is gone
    const next = squares({ version: 2 });
    await runStage(next.options);
    expect(next.worked).toHaveLength(6);
    const stricter = z.object({ square: z.number().max(10) });
    await expect(outputs({ ...next.options, output: stricter })).rejects.toThrow(
      'stage square, item "i4": the stored output is none of this version (square: ',
    );
    const other = squares({ version: 2, output: stricter, work: async () => ({ square: 1 }) });
    await runStage(other.options);
    expect(other.worked).toEqual([4, 5]);
  });

  it("has no more items at once than it may, and takes them as they come", async () => {
    let [now, most, pulled] = [0, 0, 0];
    async function* source() {
      for (const item of items(20)) {
        pulled += 1;
        yield item;
      }
    }
    await runStage(
      squares({
        items: source(),
        concurrency: 3,
        work: async ({ input }) => {
          now += 1;
          most = Math.max(most, now);
          expect(pulled).toBeLessThanOrEqual(input + 1 + 3);
          await delay(1);
          now -= 1;
          return { square: 0 };
        },
      }).options,
    );
    expect(most).toBe(3);
  });

  it("keeps a failed item with its cause, goes on, and tries it again the next time", async () => {
    const attempts: number[] = [];
    const failure = new ModelFailure("answer", "no JSON", { raw: "{", finishReason: "length" });
    const { options } = squares({
      work: async ({ input }, { attempt }) => {
        if (input === 1) throw new Error("odd");
        if (input !== 2) return { square: input ** 2 };
        attempts.push(attempt);
        if (attempt < 3) throw failure;
        return { square: 4 };
      },
    });
    expect(await runStage(options)).toEqual({ done: 4, reused: 0, failed: 2 });
    expect([...store.stageItems.failed("square")]).toEqual([
      { id: "i1", cause: "odd", detail: null, failures: 1 },
      {
        id: "i2",
        cause: "no JSON",
        detail: JSON.stringify({ kind: "answer", raw: "{", finishReason: "length", attempts: [] }),
        failures: 1,
      },
    ]);
    expect(await outputs(options)).not.toHaveProperty("i2");
    await runStage(options);
    expect(await runStage(options)).toEqual({ done: 5, reused: 4, failed: 1 });
    expect(attempts).toEqual([1, 2, 3]);
    expect([...store.stageItems.failed("square")]).toMatchObject([{ id: "i1", failures: 3 }]);
  });

  it("stores no output that it could not read again", async () => {
    const { options } = squares({ work: async () => ({ square: Number.NaN }) });
    expect(await runStage(options)).toMatchObject({ done: 0, failed: 6 });
    expect([...store.stageItems.failed("square")][0]!.cause).toMatch(
      /^the output is not what the stage makes: square: /,
    );
  });

  it("tells how far it is", async () => {
    const seen: StageProgress[] = [];
    await runStage(squares({ items: items(2), concurrency: 1 }).options);
    await runStage(
      squares({
        items: items(4),
        concurrency: 1,
        onProgress: (progress) => seen.push(progress),
        work: async () => {
          clock += 500;
          return { square: 0 };
        },
      }).options,
    );
    expect(seen.map(({ done, reused, perSecond }) => [done, reused, perSecond])).toEqual([
      [0, 0, null],
      [1, 1, null],
      [2, 2, null],
      [3, 2, 2],
      [4, 2, 2],
    ]);
    expect(seen[0]).toMatchObject({ stage: "square", failed: 0, total: 4 });
  });

  it("throws what its items throw, after those under way", async () => {
    async function* source() {
      yield* items(2);
      throw new Error("profiles.jsonl:3: no JSON");
    }
    const { options } = squares({ items: source() });
    await expect(runStage(options)).rejects.toThrow("profiles.jsonl:3: no JSON");
  });
});

describe("the end of a stage before its time", () => {
  it("by its signal: nothing that an abort left is kept, the same call goes on", async () => {
    const stop = new AbortController();
    const { options } = squares({
      signal: stop.signal,
      work: async ({ input }) => {
        if (input === 3) stop.abort();
        return { square: input ** 2 };
      },
    });
    const ended = await runStage(options).catch((error) => error);
    expect(ended).toBeInstanceOf(Interrupted);
    expect(ended).toMatchObject({ total: 6, unit: "items" });
    expect(store.stageItems.counts("square")).toEqual({ done: ended.done, failed: 0 });
    const more = squares();
    await runStage(more.options);
    expect(more.worked).toHaveLength(6 - ended.done);
    expect(more.worked).toContain(3);
  });

  it("by a signal that comes with the last item is none", async () => {
    const stop = new AbortController();
    const onProgress = ({ done }: StageProgress): void => {
      if (done === 6) stop.abort();
    };
    expect(await runStage(squares({ signal: stop.signal, onProgress }).options)).toMatchObject({ done: 6 });
  });

  it.each<FailureKind>(["key", "model"])("by a failure that all requests would meet (%s): at once", async (kind) => {
    const failure = new ModelFailure(kind, "does not know the key");
    let abortedOther = false;
    const { worked, options } = squares({
      concurrency: 2,
      work: async ({ input }, { signal }) => {
        if (input === 0) return { square: 0 };
        if (input === 2) throw failure;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        abortedOther = true;
        return { square: -1 };
      },
    });
    await expect(runStage(options)).rejects.toBe(failure);
    expect([worked.length, abortedOther]).toEqual([3, true]);
    expect(store.stageItems.counts("square")).toEqual({ done: 1, failed: 0 });
  });

  it("by a model out of reach, after some items: the others are not tried, and what was asked is not asked anew later", async () => {
    const down = new ModelFailure("network", "nobody there");
    const attempts: number[] = [];
    const through = (reach: (input: number) => boolean): { worked: number[]; options: Options } =>
      squares({
        items: items(40),
        concurrency: 1,
        work: async ({ input }, { attempt }) => {
          attempts.push(attempt);
          if (!reach(input)) throw down;
          return { square: input ** 2 };
        },
      });
    const ended = await runStage(through((input) => input < 3).options).catch((error) => error);
    expect(ended).toBeInstanceOf(ModelFailure);
    expect(ended.message).toBe("8 items in a row failed alike, so the others are not tried: nobody there");
    expect(store.stageItems.counts("square")).toEqual({ done: 3, failed: 8 });
    // An outage now and then is the items' own affair.
    const now = await runStage(through((input) => input % 8 === 0).options).catch((error) => error);
    expect(now).toMatchObject({ done: 7, failed: 33 });
    expect(await runStage(through(() => true).options)).toEqual({ done: 40, reused: 7, failed: 0 });
    expect(new Set(attempts)).toEqual(new Set([1]));
  });

  it("by a full disk: nothing more begins, and no item has failed for it", async () => {
    const { worked, options } = squares({
      concurrency: 1,
      work: async ({ input }) => {
        if (input === 1) throw new DiskFull("run.db");
        return { square: 0 };
      },
    });
    await expect(runStage(options)).rejects.toThrow(/no space left/);
    expect(worked).toEqual([0, 1]);
    expect(store.stageItems.counts("square")).toEqual({ done: 1, failed: 0 });
  });

  it("by the budget: what is under way ends, nothing more begins; with more it goes on and pays nothing twice", async () => {
    const model = scriptedModel(["word"], { name: "m" });
    const through = (tokens: number): Options => {
      const ledger = new Ledger({ budget: { tokens }, before: store.requests.usage() });
      const chat = recordedModel(model, { store, ledger, role: "policy", stage: "square" });
      return squares({
        work: async ({ input }, { signal }) => {
          const messages = [{ role: "user", content: `number ${input}` }] as const;
          for (const seed of [1, 2]) await chat.generate({ messages, seed, maxTokens: 1 }, { signal });
          return { square: input ** 2 };
        },
      }).options;
    };
    const reached = await runStage(through(30)).catch((error) => error);
    expect(reached).toBeInstanceOf(BudgetReached);
    const paid = model.requests.length;
    expect(paid).toBeGreaterThan(3);
    expect(paid).toBeLessThan(12);
    expect(store.stageItems.counts("square").failed).toBe(0);
    expect(await runStage(through(1000))).toMatchObject({ done: 6, failed: 0 });
    expect(model.requests).toHaveLength(12);
  });
});
