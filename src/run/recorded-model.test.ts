import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ChatModel, type Choice, type GenerateRequest, resolveRequest } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import { type Script, type ScriptedModel, scriptedModel } from "../model/scripted-model.ts";
import { BudgetReached } from "./budget.ts";
import { Ledger } from "./ledger.ts";
import { recordedModel } from "./recorded-model.ts";
import { requestContent, requestHash } from "./request-content.ts";
import { RunStore } from "./store.ts";

const request: GenerateRequest = { messages: [{ role: "user", content: "one two" }], seed: 7, maxTokens: 9, n: 3 };

let directory: string;
let store: RunStore;
let ledger: Ledger;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-recorded-"));
  store = new RunStore(directory, () => new Date(0));
  ledger = new Ledger();
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});
const recorded = (model: ChatModel, change: { role?: string; identity?: string } = {}): ChatModel =>
  recordedModel(model, { store, ledger, role: "judge", stage: "verdicts", ...change });
const texts = (choices: readonly Choice[]): string[] => choices.map(({ text }) => text);
const byIndex: Script = ({ index }) => `text ${index}`;
const counts = () =>
  ledger.rows().map(({ kind, requests, samples, promptTokens, completionTokens }) => ({
    kind,
    requests,
    samples,
    promptTokens,
    completionTokens,
  }));

describe("recordedModel", () => {
  it("answers as the model does, and the second time without it", async () => {
    const model = scriptedModel(byIndex, { name: "m", concurrency: 4 });
    const chat = recorded(model);
    expect(chat).toMatchObject({ name: "m", concurrency: 4 });
    const first = await chat.generate(request);
    expect(first).toEqual(await scriptedModel(byIndex).generate(request));
    const seen: Choice[] = [];
    const second = await chat.generate(request, { onChoice: (choice) => seen.push(choice) });
    expect(second).toEqual({ choices: first.choices, usage: { promptTokens: 0, completionTokens: 0 } });
    expect(seen).toEqual(first.choices);
    expect(model.requests).toHaveLength(1);
    expect(counts()).toEqual([
      { kind: "paid", requests: 1, samples: 3, promptTokens: 2, completionTokens: 6 },
      { kind: "cached", requests: 1, samples: 3, promptTokens: 2, completionTokens: 6 },
    ]);
    expect(ledger.rows()[0]).toMatchObject({ role: "judge", stage: "verdicts", model: "m" });
  });

  it("asks only for what is missing, with the seeds that the samples would have had", async () => {
    const model = scriptedModel(byIndex);
    const chat = recorded(model);
    await chat.generate({ ...request, n: 2 });
    const { choices } = await chat.generate({ ...request, n: 5, skip: [3] });
    expect(model.requests[1]!.skip).toEqual([0, 1, 3]);
    expect(choices.map(({ index, seed }) => [index, seed])).toEqual([0, 1, 2, 4].map((i) => [i, sampleSeed(7, i)]));
    expect(counts()).toEqual([
      { kind: "paid", requests: 2, samples: 4, promptTokens: 4, completionTokens: 8 },
      { kind: "cached", requests: 0, samples: 2, promptTokens: 0, completionTokens: 4 },
    ]);
  });

  it("keeps what it has where a model gives a skipped sample again", async () => {
    const wilful: ScriptedModel = scriptedModel(["new"]);
    await recorded(scriptedModel(["old"])).generate({ ...request, n: 1 });
    const again: ChatModel = {
      ...wilful,
      name: "scripted",
      generate: (r, o) => wilful.generate({ ...r, skip: [] }, o),
    };
    expect(texts((await recorded(again).generate(request)).choices)).toEqual(["old", "new", "new"]);
  });

  it("goes by identity: another model of the name is another one, one model at two addresses is one", async () => {
    const [a, b, c] = [scriptedModel(["a"]), scriptedModel(["b"]), scriptedModel(["c"])];
    await recorded(a, { identity: "sha-1" }).generate(request);
    await recorded(b, { identity: "sha-2" }).generate(request);
    expect(texts((await recorded(c, { identity: "sha-1", role: "user" }).generate(request)).choices)).toEqual([
      "a",
      "a",
      "a",
    ]);
    expect([b.requests.length, c.requests.length]).toEqual([1, 0]);
  });

  it("asks the same request once when it is made at the same time, by whatever role", async () => {
    const model = scriptedModel(async ({ index }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return `text ${index}`;
    });
    const [chat, other] = [recorded(model), recorded(model, { role: "user" })];
    const generations = await Promise.all([
      chat.generate(request),
      other.generate(request),
      chat.generate({ ...request, n: 2 }),
      other.generate({ ...request, n: 4 }),
    ]);
    expect(generations.map(({ choices }) => choices.length)).toEqual([3, 3, 2, 4]);
    expect(model.requests.map(({ n, skip }) => n - skip.length)).toEqual([3, 1]);
  });

  it("gives a choice on when it is on the disk", async () => {
    const there: number[] = [];
    await recorded(scriptedModel(byIndex)).generate(request, {
      onChoice: ({ index }) => {
        const reader = new RunStore(directory, () => new Date(0));
        const hash = requestHash(requestContent("scripted", resolveRequest(request)));
        if (reader.choices(hash).some(({ sample }) => sample === index)) there.push(index);
        reader.close();
      },
    });
    expect(there).toEqual([0, 1, 2]);
  });

  it("reads text back as it gave it", async () => {
    const model = scriptedModel(["\ud83d lone, \u0000 nul, 中文 😀"]);
    const chat = recorded(model);
    const first = await chat.generate(request);
    expect((await chat.generate(request)).choices).toEqual(first.choices);
    expect(texts(first.choices)[0]).toBe("\ufffd lone, \u0000 nul, 中文 😀");
  });
});

describe("failures", () => {
  it("are kept with their cause, thrown as they are, and asked again the next time", async () => {
    let broken = true;
    const failure = new ModelFailure("answer", "no JSON", {
      raw: "{",
      finishReason: "length",
      attempts: [{ kind: "answer", message: "no JSON", status: 200, milliseconds: 12 }],
    });
    const model = scriptedModel(({ index }) => {
      if (broken && index === 1) throw failure;
      return `text ${index}`;
    });
    const chat = recorded(model);
    await expect(chat.generate(request)).rejects.toBe(failure);
    broken = false;
    await chat.generate(request);
    expect(model.requests[1]!.skip).toEqual([0]); // what came before the failure is kept
    const { kind, message, raw, finishReason, attempts } = failure;
    expect([...store.requests.failures()]).toMatchObject([
      { kind, message, raw, finishReason, attempts, role: "judge", stage: "verdicts" },
    ]);
    expect(counts()).toContainEqual({ kind: "failed", requests: 1, samples: 1, promptTokens: 0, completionTokens: 2 });
  });

  it("cost what the model told of them, samples that came included", async () => {
    const usage = { promptTokens: 40, completionTokens: 30, cachedPromptTokens: 16 };
    const failure = new ModelFailure("answer", "no JSON", { usage });
    const chat = recorded(
      scriptedModel(({ index }) => {
        if (index === 1) throw failure;
        return `text ${index}`;
      }),
    );
    await expect(chat.generate(request)).rejects.toBe(failure);
    expect(ledger.rows()).toMatchObject([{ kind: "failed", requests: 1, samples: 1, ...usage }]);
  });

  it("of a request made twice at once are both callers', and one", async () => {
    const model = scriptedModel(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error("out of memory");
    });
    const chat = recorded(model);
    const ends = await Promise.allSettled([chat.generate(request), chat.generate(request)]);
    expect(ends.map((end) => (end as PromiseRejectedResult).reason.message)).toEqual([
      "out of memory",
      "out of memory",
    ]);
    expect(model.requests).toHaveLength(1);
    expect([...store.requests.failures()]).toMatchObject([{ kind: "other", message: "out of memory" }]);
  });

  it("of the request itself name the field, and are no model's", async () => {
    await expect(recorded(scriptedModel(["x"])).generate({ ...request, n: 0 })).rejects.toThrow(
      "request for samples: n:",
    );
    expect([...store.requests.failures()]).toEqual([]);
  });
});

describe("an abort", () => {
  it("is answered with what had ended, which is kept; the rest is asked for the next time", async () => {
    const stop = new AbortController();
    const model = scriptedModel(({ index }) => {
      if (index === 1) stop.abort();
      return `text ${index}`;
    });
    const chat = recorded(model);
    const { choices } = await chat.generate(request, { signal: stop.signal });
    expect(choices.map(({ finishReason }) => finishReason)).toEqual(["stop", "aborted", "aborted"]);
    expect([...store.requests.failures()]).toEqual([]);
    await chat.generate(request);
    expect(model.requests[1]!.skip).toEqual([0]);
  });

  it("beforehand asks for nothing and gives what is there", async () => {
    const model = scriptedModel(byIndex);
    const chat = recorded(model);
    await chat.generate({ ...request, n: 1 });
    const { choices } = await chat.generate(request, { signal: AbortSignal.abort() });
    expect(choices.map(({ index, finishReason }) => [index, finishReason])).toEqual([
      [0, "stop"],
      [1, "aborted"],
      [2, "aborted"],
    ]);
    expect(model.requests).toHaveLength(1);
  });

  it("of one caller is not another's", async () => {
    const stop = new AbortController();
    const model = scriptedModel(async ({ index }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return `text ${index}`;
    });
    const chat = recorded(model);
    const [first, second] = [chat.generate(request, { signal: stop.signal }), chat.generate(request)];
    stop.abort();
    expect((await first).choices.map(({ finishReason }) => finishReason)).toContain("aborted");
    expect(texts((await second).choices)).toEqual(["text 0", "text 1", "text 2"]);
    // And a waiting one's is answered while the other goes on.
    const late = new AbortController();
    const [third, fourth] = [
      chat.generate({ ...request, n: 9 }),
      chat.generate({ ...request, n: 9 }, { signal: late.signal }),
    ];
    late.abort();
    expect((await fourth).choices.filter(({ finishReason }) => finishReason === "aborted")).toHaveLength(6);
    expect((await third).choices).toHaveLength(9);
  });
});

describe("an abort while another asks the same", () => {
  it("leaves that one the only one who asks", async () => {
    const model = scriptedModel(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return "text";
    });
    const chat = recorded(model);
    const first = chat.generate(request);
    await chat.generate(request, { signal: AbortSignal.abort() });
    const third = chat.generate(request);
    expect([(await first).choices.length, (await third).choices.length]).toEqual([3, 3]);
    expect(model.requests).toHaveLength(1);
  });
});

describe("what ends a run", () => {
  it("a budget: nothing is asked beyond it, what the store has is still given", async () => {
    ledger = new Ledger({ budget: { tokens: 60 } });
    const model = scriptedModel(byIndex);
    const chat = recorded(model);
    await chat.generate(request);
    await chat.generate({ ...request, seed: 8 });
    await expect(chat.generate({ ...request, seed: 9, maxTokens: 20 })).rejects.toBeInstanceOf(BudgetReached);
    expect((await chat.generate(request)).choices).toHaveLength(3);
    expect(model.requests).toHaveLength(2);
    expect([...store.requests.failures()]).toEqual([]);
  });

  it("a budget at a server that tells no tokens: they are counted by length", async () => {
    const silent: ChatModel = {
      ...scriptedModel(byIndex),
      generate: async () => ({
        choices: [{ index: 0, text: "six characters, and more", finishReason: "stop", tokens: 0, seed: 7 }],
        usage: { promptTokens: 0, completionTokens: 0 },
      }),
    };
    ledger = new Ledger({ budget: { tokens: 50 } });
    const chat = recorded(silent);
    const short = { messages: [{ role: "user" as const, content: "six" }], maxTokens: 10, n: 1 };
    // 1 token and 8 around the message; 24 bytes, at 3 a token
    expect((await chat.generate({ ...short, seed: 7 })).usage).toEqual({ promptTokens: 9, completionTokens: 8 });
    await chat.generate({ ...short, seed: 8 });
    await expect(chat.generate({ ...short, seed: 9 })).rejects.toBeInstanceOf(BudgetReached);
    expect(ledger.rows()).toMatchObject([{ kind: "paid", requests: 2, promptTokens: 18, completionTokens: 16 }]);
  });

  it("no price under a budget in currency: said before anything is asked", () => {
    ledger = new Ledger({ budget: { cost: 1 } });
    expect(() => recorded(scriptedModel(["x"], { name: "m" }))).toThrow(/no price for "m"/);
  });
});
