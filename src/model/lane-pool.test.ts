import { describe, expect, it } from "vitest";
import { type Lane, LanePool } from "./lane-pool.ts";

interface NumberedLane extends Lane {
  readonly id: number;
}

function numbered(limit: number) {
  const disposed: number[] = [];
  let made = 0;
  const pool = new LanePool<NumberedLane>({
    limit,
    make: async () => {
      const id = made++;
      return { id, dispose: async () => void disposed.push(id) };
    },
  });
  return { pool, disposed, made: () => made };
}

/** A job that ends when it is told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { end: resolve, job: () => promise };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("LanePool", () => {
  it("makes no more lanes than jobs need, and uses them again", async () => {
    const { pool, made } = numbered(4);
    for (let i = 0; i < 3; i++) await pool.use(async () => undefined);
    expect(made()).toBe(1);
  });

  it("runs as many jobs at once as the limit, the rest in order of arrival", async () => {
    const { pool, made } = numbered(2);
    const order: string[] = [];
    const first = held();
    const second = held();
    const runs = [
      pool.use(first.job),
      pool.use(second.job),
      pool.use(async () => void order.push("third")),
      pool.use(async () => void order.push("fourth")),
    ];
    await turn();
    expect([made(), order]).toEqual([2, []]);
    second.end();
    await turn();
    expect(order).toEqual(["third", "fourth"]);
    first.end();
    await Promise.all(runs);
  });

  it("gives out a job's result and its error; a lane whose job failed is replaced", async () => {
    const { pool, disposed } = numbered(1);
    await expect(pool.use(async () => "result")).resolves.toBe("result");
    const failing = pool.use(async () => {
      throw new Error("broken");
    });
    const next = pool.use(async (lane) => lane.id);
    await expect(failing).rejects.toThrow("broken");
    await expect(next).resolves.toBe(1);
    expect(disposed).toEqual([0]);
  });

  it("tells the job when a lane can't be made, and lets the next try", async () => {
    let tries = 0;
    const pool = new LanePool<Lane>({
      limit: 1,
      make: async () => {
        if (tries++ === 0) throw new Error("no memory");
        return { dispose: async () => undefined };
      },
    });
    const first = pool.use(async () => "first");
    const second = pool.use(async () => "second");
    await expect(first).rejects.toThrow("no memory");
    await expect(second).resolves.toBe("second");
  });

  it("waits for running jobs when it is disposed, and turns away the others", async () => {
    const { pool, disposed } = numbered(1);
    const running = held();
    const run = pool.use(running.job);
    const waiting = pool.use(async () => "never");
    await turn();
    const disposal = pool.dispose();
    await expect(waiting).rejects.toThrow("disposed");
    await expect(pool.use(async () => "late")).rejects.toThrow("disposed");
    expect(disposed).toEqual([]);
    running.end();
    await run;
    await disposal;
    expect(disposed).toEqual([0]);
  });
});
