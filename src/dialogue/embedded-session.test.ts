// One turn of self-play with the real SmolLM2-135M-Instruct (98 MB), for the plumbing: chat template, seeds, cut answers, the
// critic. A model of this size says nothing to the point, so only the form of what comes out is asserted. Taken from the cache, or
// fetched; where neither can be, the test is skipped and its title says why.
import { expect, it, onTestFinished } from "vitest";
import { recognised } from "../constraint/reverse-text.ts";
import { verdictOn, viewOf } from "../constraint/verdict.ts";
import { embeddedModel } from "../model/embedded.ts";
import { cachedModel, type PulledModel, pull } from "../model/pull.ts";
import { profileSchema } from "../profile/profile.ts";
import { policyTurn, policyTurnSchema } from "./policy.ts";
import { queryText, unitsOf } from "./query-text.ts";
import { playSession, sessionSchema } from "./session.ts";
import type { TurnJudge } from "./turn-judge.ts";

let unavailable = "";
const smollm = await available("smollm2-135m");

async function available(name: string): Promise<PulledModel | null> {
  try {
    return (await cachedModel(name)) ?? (await pull(name));
  } catch (error) {
    unavailable = ` (skipped: ${(error as Error).message.replaceAll("\n", " ")})`;
    return null;
  }
}

const profile = profileSchema.parse({
  id: "tea",
  language: "en",
  split: "train",
  name: "Miss Okolie",
  persona: "You run a tea counter at the back of a hardware shop.",
  skills: ["recommend a tea"],
  constraints: [
    { id: "c1", text: "In every reply, use at most 400 words.", trigger: "always" },
    { id: "c2", text: "In every reply, mention “Darjeeling Second Flush”.", trigger: "always" },
  ],
});

const user = {
  id: "ada",
  language: "en" as const,
  persona: "keeps bees",
  traits: [],
  text: "Ada keeps bees on a flat roof and likes strong tea.",
  mended: false,
  model: "",
  prompts: {},
};

const judge: TurnJudge = {
  triggered: async () => ["c1", "c2"],
  verdicts: async ({ constraints, query, response }) =>
    constraints.map(({ id, text }) => {
      const verdict = verdictOn(recognised(text)!.constraint, viewOf(response), viewOf(query))!;
      return { id, verdict, source: "code", reason: null };
    }),
};

it.skipIf(smollm === null)(
  `a turn of SmolLM2-135M with itself${unavailable}`,
  async () => {
    const model = embeddedModel({ ...smollm!.settings, contextSize: 2048, width: 2 });
    onTestFinished(() => model.dispose());
    const speaker = { model, sampling: { maxTokens: 16, temperature: 0.7, topP: 0.9 } };
    const roles = { user: speaker, responder: { ...speaker, n: 2 }, critic: speaker };
    // Half of the constraints hold of any short response, so that there is a turn to go on from.
    const settings = { turns: 1, historyMessages: 10, manners: 2, acceptance: 0.5, critiques: 1 };
    const session = await playSession({ profile, user, roles, judge, settings, seed: 5 });
    expect(sessionSchema.parse(JSON.parse(JSON.stringify(session)))).toEqual(session);
    expect(session.end).toEqual({ reason: "turns" });
    const [turn] = session.turns;
    expect(queryText(turn!.query.text)).toBe(turn!.query.text);
    expect(unitsOf(turn!.query.text, "en")).toBeGreaterThan(0);
    expect(unitsOf(turn!.query.text, "en")).toBeLessThanOrEqual(20);
    expect(turn!.samples).toHaveLength(2);
    expect(turn!.samples.every(({ rate }) => rate !== null && rate >= 0.5)).toBe(true);

    const policy = await policyTurn(1, {
      profile,
      session,
      roles: { policy: { ...speaker, n: 2 }, critic: speaker },
      judge,
      settings: { acceptance: 1, critiques: 1 },
      seed: 5,
    });
    expect(policyTurnSchema.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
    expect(policy.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(policy.samples.filter(({ revises }) => revises === null)).toHaveLength(2);
  },
  120_000,
);
