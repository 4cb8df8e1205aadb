// A session with the run's store in front of its models, stopped anywhere and played again from its start: what was answered is not
// asked again, and what comes out is what an undisturbed session gives.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { blockOf, readQuestion } from "../judge/scripted-judge.ts";
import { turnJudge } from "../judge/turn-judge.ts";
import type { ChatModel } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { type ScriptedModel, scriptedModel } from "../model/scripted-model.ts";
import { profileSchema } from "../profile/profile.ts";
import { Ledger } from "../run/ledger.ts";
import { recordedModel } from "../run/recorded-model.ts";
import { RunStore } from "../run/store.ts";
import { policyTurns } from "./policy.ts";
import { type PlayOptions, playSession } from "./session.ts";

const profile = profileSchema.parse({
  id: "tea",
  language: "en",
  split: "train",
  name: "Miss Okolie",
  persona: "You run a tea counter.",
  constraints: [
    { id: "c1", text: "In every reply, mention “leaf”.", trigger: "always" },
    { id: "c2", text: "When the user sounds sad, be kind about it.", trigger: "When the user sounds sad", judge: true },
    { id: "c3", text: "In every reply, speak of tea as of a friend.", trigger: "always", judge: true },
  ],
});

const user = {
  id: "ada",
  language: "en" as const,
  persona: "",
  traits: [],
  text: "Ada keeps bees.",
  mended: false,
  model: "",
  prompts: {},
};

/** Everybody in one model: the user, the responder, the critic and the judge, told apart by what they are asked. */
function everybody(mayAnswer: () => void): ScriptedModel {
  return scriptedModel(({ messages, seed, index }) => {
    mayAnswer();
    const asked = messages.at(-1)!.content;
    if (asked.includes("[[REQUIREMENTS")) {
      const { requirements, response } = readQuestion(messages);
      if (blockOf(messages.findLast(({ role }) => role === "user")!.content, "REPLY") === null)
        return JSON.stringify({
          constraints: requirements.map(({ id }) => ({ id, condition: "sad", applies: seed % 2 ? "met" : "unmet" })),
        });
      return JSON.stringify({
        verdicts: requirements.map(({ id }) => ({
          id,
          reason: "so",
          verdict: response.includes("friend") ? "pass" : "fail",
        })),
      });
    }
    if (asked.includes("Write the USER's"))
      return `${["oh", "well", "hm", "say", "now"][seed % 5]} ${seed}, what about ${seed % 7}`;
    if (asked.includes("[[BEGINNINGS")) return `rather ${seed}`;
    if (asked.includes("[[NOT MET")) return `A leaf, my friend ${seed}.`;
    return index === 0 ? `A leaf ${seed}.` : `Nothing ${seed}.`;
  });
}

async function play(model: ChatModel) {
  const sampling = { maxTokens: 60, temperature: 1 };
  const judge = turnJudge({ model, seed: 1, perCall: 8, votes: 1 });
  const speaker = { model, sampling };
  const roles: PlayOptions["roles"] = { user: speaker, responder: { ...speaker, n: 3 }, critic: speaker };
  const session = await playSession({ profile, user, roles, judge, seed: 11 });
  const policy = { ...speaker, n: 3 };
  return {
    session,
    policy: await policyTurns({ profile, session, roles: { policy, critic: speaker }, judge, seed: 11 }),
  };
}

describe("a session played again", () => {
  it("asks only what was not answered, wherever it was stopped, and comes out the same", async () => {
    const whole = everybody(() => {});
    const expected = await play(whole);
    expect(expected.session.end).toEqual({ reason: "turns" });
    const samples = whole.requests.reduce((sum, { n }) => sum + n, 0);
    expect(samples).toBeGreaterThan(40);

    const dir = mkdtempSync(join(tmpdir(), "rpo-replay-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const store = new RunStore(dir, () => new Date(0));
    onTestFinished(() => store.close());
    let answered = 0;
    let stopAt = 0;
    const counting = everybody(() => {
      if (answered === stopAt) throw new ModelFailure("network", "cut");
      answered += 1;
    });
    const kept = recordedModel(counting, { store, ledger: new Ledger(), role: "all", stage: "dialogue" });
    let cuts = 0;
    for (;;) {
      stopAt += 5;
      try {
        expect(await play(kept)).toEqual(expected);
        break;
      } catch (error) {
        if (!(error instanceof ModelFailure)) throw error;
        cuts += 1;
        if (cuts > samples) throw new Error("it never ends");
      }
    }
    expect(cuts).toBeGreaterThan(5);
    expect(answered).toBe(samples);
  });
});
