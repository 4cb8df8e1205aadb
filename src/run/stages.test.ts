// The stages of a run on a scripted model: what is asked, what is kept, what a second run does.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptedModel } from "../model/scripted-model.ts";
import type { Profile } from "../profile/profile.ts";
import { judgeTurns } from "./judge.ts";
import { planTurns } from "./plan.ts";
import { type Sampling, sampleTurns } from "./sample.ts";
import { RunStore } from "./store.ts";
import { turnRow } from "./turn-rows.ts";

const profile = (id: string, constraints: readonly string[], queries: readonly string[]): Profile => ({
  id,
  language: "en",
  split: "train",
  name: "Pilot",
  persona: "A pilot.",
  constraints: constraints.map((text, i) => ({ id: `c${i + 1}`, text })),
  queries: [...queries],
});
const PROFILES = [
  profile(
    "a",
    ["The response must contain at most 2 words.", "Be as warm as a stove.", "The response must not contain “storm”."],
    ["Hi", "Ho"],
  ),
  profile(
    "b",
    ["If the user's message contains “tide”, then the response must start with “Aye”."],
    ["The tide?", "No."],
  ),
];
const sampling: Sampling = { n: 3, temperature: 1, maxTokens: 50, seed: 7 };

let directory: string;
let store: RunStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-run-"));
  store = new RunStore(directory, () => new Date(0));
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

describe("planTurns", () => {
  it("takes the first query of every profile first, and leaves out what only a judge could decide", () => {
    const plan = planTurns(PROFILES, 2);
    expect(plan.turns.map(({ id }) => id)).toEqual(["a/q1", "b/q1", "a/q2", "b/q2"]);
    expect(plan.leftOut).toBe(1);
    expect(plan.turns[0]!.messages).toEqual([
      {
        role: "system",
        content:
          "Pilot\n\nA pilot.\n\nKeep to these requirements in your reply:\n1. The response must contain at most 2 words.\n2. The response must not contain “storm”.",
      },
      { role: "user", content: "Hi" },
    ]);
    expect(plan.turns[0]!.constraints.map(({ id, reversed }) => [id, reversed])).toEqual([
      ["c1", "The response must contain at least 3 words."],
      ["c3", "The response must contain “storm”."],
    ]);
  });
});

describe("sampling and judging", () => {
  const { turns } = planTurns(PROFILES, 2);

  it("gives the matrix of every turn, na where the query triggers nothing", async () => {
    const chat = scriptedModel(["Aye aye", "A storm is coming", "Yes"]);
    await sampleTurns(turns, { identity: "m", chat }, sampling, store);
    const judged = judgeTurns(turns, "m", sampling, store);
    expect(judged.map((turn) => turn.samples.map(({ verdicts }) => verdicts))).toEqual([
      [
        ["pass", "pass"],
        ["fail", "fail"],
        ["pass", "pass"],
      ],
      [["pass"], ["fail"], ["fail"]],
      [
        ["pass", "pass"],
        ["fail", "fail"],
        ["pass", "pass"],
      ],
      [["na"], ["na"], ["na"]],
    ]);
    expect(turnRow(judged[1]!, "m").responses.map(({ verdicts }) => verdicts)).toEqual([[true], [false], [false]]);
    expect(turnRow(judged[3]!, "m").responses[0]).toEqual({ id: "s1", text: "Aye aye", model: "m", verdicts: [null] });
  });

  it("asks nothing twice: a second run makes no request, a longer one only the new ones", async () => {
    const first = scriptedModel(["one"]);
    await sampleTurns(turns.slice(0, 2), { identity: "m", chat: first }, sampling, store);
    const second = scriptedModel(["two"]);
    await sampleTurns(turns.slice(0, 2), { identity: "m", chat: second }, sampling, store);
    expect(second.requests).toEqual([]);
    await sampleTurns(turns, { identity: "m", chat: second }, sampling, store);
    expect(second.requests).toHaveLength(2);
    expect(judgeTurns(turns, "m", sampling, store)[0]!.samples[0]!.text).toBe("one");
  });

  it("asks anew of another model, and with another seed", async () => {
    const chat = scriptedModel(["one"]);
    await sampleTurns(turns, { identity: "m", chat }, sampling, store);
    await sampleTurns(turns, { identity: "other", chat }, sampling, store);
    await sampleTurns(turns, { identity: "m", chat }, { ...sampling, seed: 8 }, store);
    expect(chat.requests).toHaveLength(3 * turns.length);
    expect(new Set(chat.requests.map(({ seed }) => seed)).size).toBe(2 * turns.length);
  });

  it("keeps what had ended when it is stopped, and goes on from there", async () => {
    const stop = new AbortController();
    let written = 0;
    const chat = scriptedModel(() => {
      written += 1;
      if (written === 5) stop.abort();
      return "word";
    });
    await sampleTurns(turns, { identity: "m", chat }, sampling, store, { signal: stop.signal });
    const kept = judgeTurns(turns, "m", sampling, store).flatMap((turn) => turn.samples).length;
    expect(kept).toBeGreaterThanOrEqual(3);
    expect(kept).toBeLessThan(turns.length * sampling.n);
    const more = scriptedModel(["more"]);
    await sampleTurns(turns, { identity: "m", chat: more }, sampling, store);
    expect(judgeTurns(turns, "m", sampling, store).flatMap((turn) => turn.samples)).toHaveLength(
      turns.length * sampling.n,
    );
    expect(more.requests.length).toBeLessThan(turns.length);
  });

  it("marks a turn whose request fails with the cause, does the others, and tries it again next time", async () => {
    const failing = scriptedModel(({ messages }) => {
      if (messages.at(-1)!.content === "Ho") throw new Error("out of memory");
      return "fine";
    });
    await sampleTurns(turns, { identity: "m", chat: failing }, sampling, store);
    expect(store.items("sample", "failed")).toEqual([{ id: "a/q2", cause: "out of memory" }]);
    expect(judgeTurns(turns, "m", sampling, store).map(({ id }) => id)).toEqual(["a/q1", "b/q1", "b/q2"]);
    await sampleTurns(turns, { identity: "m", chat: scriptedModel(["well"]) }, sampling, store);
    expect(store.items("sample", "failed")).toEqual([]);
    expect(judgeTurns(turns, "m", sampling, store)).toHaveLength(4);
  });

  it("counts progress from what was there", async () => {
    await sampleTurns(turns.slice(0, 1), { identity: "m", chat: scriptedModel(["x"]) }, sampling, store);
    const seen: number[] = [];
    await sampleTurns(turns, { identity: "m", chat: scriptedModel(["x"]) }, sampling, store, {
      onProgress: ({ done, total }) => {
        seen.push(done);
        expect(total).toBe(12);
      },
    });
    expect(seen[0]).toBe(3);
    expect(seen.at(-1)).toBe(12);
  });
});
