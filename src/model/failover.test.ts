import { describe, expect, it } from "vitest";
import type { Clock } from "./clock.ts";
import { endpointModel } from "./endpoint.ts";
import { failoverModel } from "./failover.ts";
import type { ChatModel, Choice, GenerateRequest, Generation } from "./model.ts";
import { type FailureKind, ModelFailure } from "./model-failure.ts";
import { scriptedServer } from "./scripted-server.ts";

const request: GenerateRequest = { messages: [{ role: "user", content: "?" }], seed: 1, maxTokens: 10 };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that goes on when it is told to. */
function heldClock() {
  let now = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: (milliseconds, signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      sleepers.push({ at: now + milliseconds, wake: resolve });
      signal?.addEventListener("abort", () => resolve(), { once: true });
      return promise;
    },
  };
  const pass = async (milliseconds: number): Promise<void> => {
    now += milliseconds;
    for (const { at, wake } of sleepers) if (at <= now) wake();
    await turn();
  };
  return { clock, pass };
}

type Answer = FailureKind | "fine" | "hold";

/** A model that answers as it is told at present. */
function member(name: string, answer: Answer = "fine", concurrency = 10) {
  const state = { answer, asked: [] as GenerateRequest[], release: [] as (() => void)[] };
  const model: ChatModel = {
    name,
    concurrency,
    async generate(given, { signal, onChoice } = {}): Promise<Generation> {
      state.asked.push(given);
      if (state.answer === "hold") await new Promise<void>((done) => state.release.push(done));
      else if (state.answer !== "fine") throw new ModelFailure(state.answer, `${name} says ${state.answer}`);
      const choices: Choice[] = [];
      for (let index = 0; index < (given.n ?? 1); index += 1) {
        if (given.skip?.includes(index)) continue;
        choices.push({ index, text: name, finishReason: signal?.aborted ? "aborted" : "stop", tokens: 1, seed: 0 });
        onChoice?.(choices.at(-1)!);
      }
      return { choices, usage: { promptTokens: 1, completionTokens: choices.length } };
    },
    dispose: async () => undefined,
  };
  return { state, model };
}

const whoAnswers = async (model: ChatModel): Promise<string> => (await model.generate(request)).choices[0]!.text;
const kindOf = (job: Promise<unknown>): Promise<string> =>
  job.then(
    () => "answered",
    (error: unknown) => (error instanceof ModelFailure ? error.kind : String(error)),
  );

describe("failoverModel", () => {
  it("shares requests out by weight and room", async () => {
    const [a, b] = [member("a", "hold", 10), member("b", "hold", 20)];
    const model = failoverModel([{ model: a.model, weight: 2 }, { model: b.model }]);
    const jobs = Array.from({ length: 40 }, () => model.generate(request));
    await turn();
    expect([a.state.asked.length, b.state.asked.length]).toEqual([20, 20]);
    for (const { state } of [a, b]) for (const release of state.release) release();
    await Promise.all(jobs);
    expect(model.concurrency).toBe(30);
  });

  it("goes by what an endpoint bears at present", async () => {
    const [a, b] = [member("a", "hold"), member("b", "hold")];
    const model = failoverModel([{ model: { ...a.model, load: { limit: 2 } } }, { model: b.model }]);
    const jobs = Array.from({ length: 12 }, () => model.generate(request));
    await turn();
    expect([a.state.asked.length, b.state.asked.length]).toEqual([2, 10]);
    for (const { state } of [a, b]) for (const release of state.release) release();
    await Promise.all(jobs);
  });

  it("asks another when one is down, leaves it alone, and tries it again with one request", async () => {
    const { clock, pass } = heldClock();
    const [a, b] = [member("a", "network"), member("b")];
    const model = failoverModel([{ model: a.model }, { model: b.model }], { clock });
    expect(await whoAnswers(model)).toBe("b");
    expect(model.states).toEqual(["down", "up"]);
    for (let count = 0; count < 5; count += 1) expect(await whoAnswers(model)).toBe("b");
    expect(a.state.asked).toHaveLength(1);

    await pass(5_000);
    a.state.answer = "hold";
    const probe = model.generate(request);
    await turn();
    const others = [whoAnswers(model), whoAnswers(model)];
    expect(await Promise.all(others)).toEqual(["b", "b"]);
    expect(a.state.asked).toHaveLength(2);
    a.state.release[0]!();
    expect((await probe).choices[0]!.text).toBe("a");
    expect(model.states).toEqual(["up", "up"]);
  });

  it("tells once of a member that is lost, while another goes on", async () => {
    const { clock, pass } = heldClock();
    const lost: string[] = [];
    const onLost = ({ name }: ChatModel, { message }: ModelFailure): void => void lost.push(`${name}: ${message}`);
    const among = (...members: { model: ChatModel }[]) => failoverModel(members, { clock, onLost });
    const model = among(member("a", "network"), member("b", "key"), member("c"));
    expect(await whoAnswers(model)).toBe("c");
    await pass(5_000);
    expect(await whoAnswers(model)).toBe("c");
    expect(lost).toEqual(["a: a says network", "b: b says key"]);
    // Of the last one the failure itself tells.
    expect(await kindOf(among(member("d", "key"), member("e", "key")).generate(request))).toBe("key");
    expect(lost.slice(2)).toEqual(["d: d says key"]);
  });

  it("leaves one that is found down again alone for twice as long, up to two minutes", async () => {
    const { clock, pass } = heldClock();
    const [a, b] = [member("a", "overload"), member("b")];
    const model = failoverModel([{ model: a.model }, { model: b.model }], { clock });
    await whoAnswers(model);
    for (const rest of [5, 10, 20, 40, 80, 120, 120]) {
      const before = a.state.asked.length;
      await pass(rest * 1000 - 1);
      await whoAnswers(model);
      expect(a.state.asked.length).toBe(before);
      await pass(1);
      await whoAnswers(model);
      expect(a.state.asked.length).toBe(before + 1);
    }
  });

  it("takes one out for good whose key or model is wrong", async () => {
    const { clock, pass } = heldClock();
    const [a, b] = [member("a", "key"), member("b")];
    const model = failoverModel([{ model: a.model }, { model: b.model }], { clock });
    expect(await whoAnswers(model)).toBe("b");
    await pass(10 ** 9);
    expect(await whoAnswers(model)).toBe("b");
    expect([model.states, a.state.asked.length]).toEqual([["out", "up"], 1]);
  });

  it("fails at once when all are out, and says why of each", async () => {
    const [a, b] = [member("a", "key"), member("b", "model")];
    const model = failoverModel([{ model: a.model }, { model: b.model }], { name: "judge" });
    for (let count = 0; count < 2; count += 1) {
      const failure = await model.generate(request).catch((error: unknown) => error as ModelFailure);
      expect(failure).toMatchObject({ kind: "model" });
      expect((failure as ModelFailure).message).toBe(
        "judge: no answer from any of 2 endpoints: (1) a says key; (2) b says model",
      );
    }
    expect([a.state.asked.length, b.state.asked.length]).toEqual([1, 1]);
  });

  it("tells of one that may come back rather than of one that is out", async () => {
    const { clock } = heldClock();
    const model = failoverModel([{ model: member("a", "timeout").model }, { model: member("b", "key").model }], {
      clock,
    });
    expect(await kindOf(model.generate(request))).toBe("timeout");
  });

  it("fails at once for what a request is itself, and holds it against no one", async () => {
    for (const kind of ["context", "schema", "request", "answer"] as const) {
      const [a, b] = [member("a", kind), member("b")];
      const model = failoverModel([{ model: a.model }, { model: b.model }]);
      expect(await kindOf(model.generate(request))).toBe(kind);
      expect([model.states, b.state.asked.length]).toEqual([["up", "up"], 0]);
    }
  });

  it("counts what members took that failed, and no other request's", async () => {
    const usage = { promptTokens: 5, completionTokens: 3 };
    const costly: ChatModel = {
      ...member("a").model,
      generate: async () => {
        throw new ModelFailure("overload", "a says overload", { usage });
      },
    };
    const model = failoverModel([{ model: costly }, { model: member("b").model }]);
    expect((await model.generate(request)).usage).toEqual({ promptTokens: 6, completionTokens: 4 });
    const alone = failoverModel([{ model: costly }]);
    expect(await alone.generate(request).catch((error) => error)).toMatchObject({ kind: "overload", usage });
    const both = failoverModel([{ model: costly }, { model: member("c", "context").model }]);
    expect(await both.generate(request).catch((error) => error)).toMatchObject({ kind: "context", usage });
  });

  it("waits where all are down, for one more try of each", async () => {
    const { clock, pass } = heldClock();
    const [a, b] = [member("a", "network"), member("b", "network")];
    const model = failoverModel([{ model: a.model }, { model: b.model }], { clock });
    expect(await kindOf(model.generate(request))).toBe("network");
    const waiting = Array.from({ length: 20 }, () => kindOf(model.generate(request)));
    await turn();
    expect([a.state.asked.length, b.state.asked.length]).toEqual([1, 1]);
    await pass(5_000);
    // Each was tried once; the other requests take the word of those that did.
    expect(await Promise.all(waiting)).toEqual(Array(20).fill("network"));
    expect([a.state.asked.length, b.state.asked.length]).toEqual([2, 2]);

    b.state.answer = "fine";
    const later = Array.from({ length: 20 }, () => whoAnswers(model));
    await pass(10_000);
    expect(new Set(await Promise.all(later))).toEqual(new Set(["b"]));
  });

  it("keeps what came before one failed, and asks another for the rest alone", async () => {
    const [a, b] = [member("a"), member("b")];
    const failing: ChatModel = {
      ...a.model,
      generate: async (_, { onChoice } = {}) => {
        onChoice?.({ index: 1, text: "early", finishReason: "stop", tokens: 1, seed: 0 });
        throw new ModelFailure("network", "cut");
      },
    };
    const model = failoverModel([{ model: failing, weight: 9 }, { model: b.model }]);
    const told: number[] = [];
    const { choices } = await model.generate(
      { ...request, n: 4, skip: [3] },
      { onChoice: ({ index }) => told.push(index) },
    );
    expect(choices.map(({ index, text }) => [index, text])).toEqual([
      [0, "b"],
      [1, "early"],
      [2, "b"],
    ]);
    expect(told).toEqual([1, 0, 2]);
    expect(b.state.asked[0]!.skip).toEqual([3, 1]);
  });

  it("answers as aborted while it waits", async () => {
    const { clock } = heldClock();
    const a = member("a", "network");
    const model = failoverModel([{ model: a.model }], { clock });
    await kindOf(model.generate(request));
    const stop = new AbortController();
    const job = model.generate(request, { signal: stop.signal });
    await turn();
    a.state.answer = "fine";
    stop.abort();
    expect((await job).choices[0]!.finishReason).toBe("aborted");
    expect(model.states).toEqual(["down"]);
  });

  it("works over endpoints: one dies, all is answered", async () => {
    const servers = [await scriptedServer({ latencyMs: 2 }), await scriptedServer({ latencyMs: 2 })];
    const models = servers.map(({ url }) => endpointModel({ url, model: "scripted", tries: 2, random: () => 0.01 }));
    const model = failoverModel(models.map((endpoint) => ({ model: endpoint })));
    let done = 0;
    const ends = await Promise.all(
      Array.from({ length: 300 }, async (_, seed) => {
        const { choices } = await model.generate({ ...request, seed });
        done += 1;
        if (done === 50) await servers[0]!.close();
        return choices[0]!.finishReason;
      }),
    );
    expect(ends).toEqual(Array(300).fill("stop"));
    expect(servers.every(({ served }) => served.choices > 20)).toBe(true);
    await model.dispose();
    await servers[1]!.close();
  });

  it("refuses to choose between none, or by a weight of nothing", () => {
    expect(() => failoverModel([])).toThrow(RangeError);
    expect(() => failoverModel([{ model: member("a").model, weight: 0 }])).toThrow("weights are above 0");
  });
});
