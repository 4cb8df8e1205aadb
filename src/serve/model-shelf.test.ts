import { describe, expect, it } from "vitest";
import type { ChatModel } from "../model/model.ts";
import { scriptedModel } from "../model/scripted-model.ts";
import { ModelShelf } from "./model-shelf.ts";

const never = new AbortController().signal;

/** A shelf of models that log when they are opened and closed, and jobs that end when told. */
function shelf(ids: readonly string[], { open = 1, queue = 9, concurrency = 1, broken = "" } = {}) {
  const log: string[] = [];
  let time = 0;
  const models = ids.map((id) => ({
    id,
    open: async (): Promise<ChatModel> => {
      log.push(`open ${id}`);
      if (id === broken) throw new Error(`${id} is broken`);
      const model = scriptedModel(["x"], { name: id, concurrency });
      return { ...model, dispose: async () => void log.push(`close ${id}`) };
    },
  }));
  const made = new ModelShelf({ models, open, queue, now: () => time });
  const start = (id: string, label = id, signal = never) => {
    const end = Promise.withResolvers<void>();
    const done = made.use(id, signal, async ({ name }) => {
      log.push(`begin ${label}`);
      await end.promise;
      time += 3000;
      return name;
    });
    done.catch(() => undefined);
    return { end: () => end.resolve(), done };
  };
  return { made, log, start };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("ModelShelf", () => {
  it("opens a model at its first request and keeps it", async () => {
    const { log, start } = shelf(["a"]);
    for (let i = 0; i < 2; i++) {
      const job = start("a");
      job.end();
      expect(await job.done).toBe("a");
    }
    expect(log).toEqual(["open a", "begin a", "begin a"]);
  });

  it("gives a model as many requests as it takes at once, in order, and lets none overtake", async () => {
    const { made, log, start } = shelf(["a", "b"], { open: 2, concurrency: 2 });
    const jobs = [start("a", "1"), start("a", "2"), start("a", "3"), start("b", "4")];
    await settle();
    expect(log).toEqual(["open a", "begin 1", "begin 2"]);
    expect(made.load).toEqual({ running: 2, waiting: 2 });
    jobs[1]!.end();
    await settle();
    expect(log.slice(3)).toEqual(["open b", "begin 3", "begin 4"]);
  });

  it("closes the model idle longest for another, and never one in use", async () => {
    const { log, start } = shelf(["a", "b", "c"], { open: 2 });
    const [a, b] = [start("a"), start("b")];
    await settle();
    const c = start("c");
    await settle();
    expect(log).toEqual(["open a", "open b", "begin a", "begin b"]);
    b.end();
    await b.done;
    await settle();
    expect(log.slice(4)).toEqual(["close b", "open c", "begin c"]);
    for (const job of [a, c]) job.end();
    await Promise.all([a.done, c.done]);
    start("b");
    await settle();
    expect(log.slice(7)).toEqual(["close a", "open b", "begin b"]);
  });

  it("turns away whom the queue has no place for, and says when to come again", async () => {
    const { start } = shelf(["a"], { queue: 1 });
    const first = start("a");
    await settle();
    first.end();
    await first.done; // it took 3 s
    const [running, waiting] = [start("a"), start("a")];
    await settle();
    await expect(start("a").done).rejects.toMatchObject({ status: 429, code: "queue_full", retryAfter: 3 });
    running.end();
    waiting.end();
    await expect(waiting.done).resolves.toBe("a");
  });

  it("takes a request that is aborted out of the queue", async () => {
    const { made, start } = shelf(["a"]);
    const running = start("a");
    const stop = new AbortController();
    const waiting = start("a", "x", stop.signal);
    await settle();
    stop.abort(new Error("gone"));
    await expect(waiting.done).rejects.toThrow("gone");
    expect(made.load).toEqual({ running: 1, waiting: 0 });
    running.end();
  });

  it("tells who waits why a model can't be opened, and tries again at the next request", async () => {
    const { log, start } = shelf(["a", "b"], { broken: "a" });
    const [one, other, fine] = [start("a"), start("a"), start("b")];
    await expect(one.done).rejects.toThrow("a is broken");
    await expect(other.done).rejects.toThrow("a is broken");
    fine.end();
    await expect(fine.done).resolves.toBe("b");
    await expect(start("a").done).rejects.toThrow("a is broken");
    expect(log).toEqual(["open a", "open b", "begin b", "close b", "open a"]);
  });

  it("has no other models, and none once it is disposed", async () => {
    const { made, log, start } = shelf(["a"]);
    await expect(start("toString").done).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    const [running, waiting] = [start("a"), start("a")];
    await settle();
    await made.dispose();
    await expect(waiting.done).rejects.toMatchObject({ status: 503 });
    await expect(start("a").done).rejects.toMatchObject({ status: 503 });
    running.end();
    expect(log.at(-1)).toBe("close a");
  });
});
