// Sessions with scripted models and a judge by code, in both languages: what each model is asked, what is kept, why sessions end.
import { describe, expect, it } from "vitest";
import { recognised } from "../constraint/reverse-text.ts";
import { verdictOn, viewOf } from "../constraint/verdict.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { type Script, type ScriptedModel, scriptedModel } from "../model/scripted-model.ts";
import { type Profile, profileSchema } from "../profile/profile.ts";
import type { UserProfile } from "../profile/user-profile.ts";
import { policyTurnSchema, policyTurns } from "./policy.ts";
import { DIALOGUE_SETTINGS, type PlayOptions, playSession, type Session, sessionSchema } from "./session.ts";
import type { TurnJudge } from "./turn-judge.ts";

const TEXTS = {
  en: {
    system: ["Miss Okolie", "You run a tea counter."],
    constraints: [
      { text: "In every reply, mention “leaf”.", trigger: "always" },
      { text: "In every reply, use at most 12 words.", trigger: "always" },
      {
        text: "When the user's message contains “price”, end with “Fair?”",
        trigger: "When the user's message contains “price”",
      },
    ],
    queries: ["morning there", "“What price is oolong?” 🙂", "and for two tins", "my gran sleeps badly", "bye then"],
    good: "A leaf for you. Fair?",
    poor: "A very long answer that goes on and on without ever saying what was asked of it at all",
  },
  zh: {
    system: ["老段", "你守着一个茶柜。"],
    constraints: [
      { text: "每次回复，必须包含“叶”。", trigger: "always" },
      { text: "每次回复，不超过12字。", trigger: "always" },
      { text: "当用户的消息里有“价”时，以“公道吧”结尾。", trigger: "当用户的消息里有“价”时" },
    ],
    queries: ["早啊老板", "“乌龙什么价？”🙂", "两罐呢", "我奶奶睡不好", "那回见"],
    good: "好叶子，公道吧",
    poor: "这是一段很长很长的回答，说来说去就是没有说到别人要求说的那样东西，实在可惜",
  },
} as const;

const profileIn = (language: "en" | "zh"): Profile =>
  profileSchema.parse({
    id: "tea",
    language,
    split: "train",
    name: TEXTS[language].system[0],
    persona: TEXTS[language].system[1],
    constraints: TEXTS[language].constraints.map((constraint, i) => ({ id: `c${i + 1}`, ...constraint })),
  });

const userIn = (language: "en" | "zh"): UserProfile => ({
  id: "ada",
  language,
  persona: "keeps bees",
  traits: [],
  text: "Ada keeps bees.",
  mended: false,
  model: "m",
  prompts: {},
});

/** Judges by code, as every constraint here can be. */
const codeJudge: TurnJudge = {
  triggered: async ({ profile, query }) =>
    profile.constraints
      .filter(({ text }) => verdictOn(recognised(text)!.constraint, viewOf(""), viewOf(query)) !== "na")
      .map(({ id }) => id),
  verdicts: async ({ constraints, query, response }) =>
    constraints.map(({ id, text }) => ({
      id,
      verdict: verdictOn(recognised(text)!.constraint, viewOf(response), viewOf(query))!,
      source: "code",
      reason: null,
    })),
};

const last = (model: ScriptedModel, request = model.requests.length - 1): string =>
  model.requests[request]?.messages.at(-1)?.content ?? "";

interface Scripts {
  readonly user?: Script | readonly string[];
  readonly responder?: Script | readonly string[];
  readonly critic?: Script | readonly string[];
}

function cast(language: "en" | "zh", { user, responder, critic }: Scripts = {}, more: Partial<PlayOptions> = {}) {
  const { queries, good } = TEXTS[language];
  const models = {
    user: scriptedModel(user ?? queries, { name: "user-1" }),
    responder: scriptedModel(responder ?? [good], { name: "responder-1" }),
    critic: scriptedModel(critic ?? [good], { name: "critic-1" }),
  };
  const options: PlayOptions = {
    profile: profileIn(language),
    user: userIn(language),
    roles: {
      user: { model: models.user, sampling: { maxTokens: 60, temperature: 1 } },
      responder: { model: models.responder, sampling: { maxTokens: 60, temperature: 1 }, n: 3 },
      critic: { model: models.critic, sampling: { maxTokens: 60, temperature: 0.7 } },
    },
    judge: codeJudge,
    seed: 7,
    ...more,
  };
  return { ...models, options };
}

describe.each(["en", "zh"] as const)("playSession in %s", (language) => {
  const { queries, good, poor, constraints } = TEXTS[language];

  it("plays five turns: cleaned queries, triggered constraints appended, the best response in the history", async () => {
    const { options, user, responder, critic } = cast(language, {
      responder: ({ index }) => (index === 1 ? good : poor),
    });
    const session = await playSession(options);
    expect(sessionSchema.parse(JSON.parse(JSON.stringify(session)))).toEqual(session);
    expect(session.end).toEqual({ reason: "turns" });
    expect(session.turns).toHaveLength(5);
    expect(session.turns[1]?.query.text).toBe(language === "en" ? "What price is oolong?" : "乌龙什么价？");
    expect(session.turns.map(({ triggered }) => triggered.join())).toEqual([
      "c1,c2",
      "c1,c2,c3",
      "c1,c2",
      "c1,c2",
      "c1,c2",
    ]);
    expect(session.turns.map(({ best }) => best)).toEqual(["s2", "s2", "s2", "s2", "s2"]);
    expect(session.turns[1]?.samples.map(({ rate }) => rate)).toEqual([0, 1, 0]);
    expect(session.turns[1]?.samples[0]?.verdicts).toEqual([
      { id: "c1", verdict: "fail", source: "code", reason: null },
      { id: "c2", verdict: "fail", source: "code", reason: null },
      { id: "c3", verdict: "fail", source: "code", reason: null },
    ]);
    expect(critic.requests).toHaveLength(0);
    const third = responder.requests[2]!;
    expect(third.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);
    expect(third.messages[4]?.content).toBe(good);
    expect(third.messages[3]?.content).toBe(session.turns[1]?.query.text); // without what was appended to it
    expect(last(responder, 0)).toContain(constraints[0].text);
    expect(last(responder, 0)).not.toContain(constraints[2].text);
    expect(last(responder, 1)).toContain(constraints[2].text);
    expect(last(user, 0)).toContain("Ada keeps bees.");
    expect(last(user, 0)).toContain(constraints[2].trigger); // an aim, while it was not triggered yet
    expect(last(user, 2)).toContain(good);
  });

  it("shows the user model the last messages only", async () => {
    const { options, user } = cast(language, {}, { settings: { ...DIALOGUE_SETTINGS, historyMessages: 2 } });
    await playSession(options);
    expect(last(user, 4)).toContain(queries[3]);
    expect(last(user, 4)).not.toContain(queries[2]);
    const none = cast(language, {}, { settings: { ...DIALOGUE_SETTINGS, historyMessages: 0 } });
    await playSession(none.options);
    expect(last(none.user, 4)).not.toContain(queries[3]);
  });

  it("has the best response criticised until it is good enough, and builds on what gained", async () => {
    const half =
      language === "en"
        ? "A leaf, and a very long story of how it grew on a hill in the rain"
        : "叶子，说来话长，长在一座下着雨的山上";
    const { options, critic } = cast(language, { responder: [poor, half, poor], critic: [poor, `${half}!`, good] });
    const session = await playSession({ ...options, settings: { ...DIALOGUE_SETTINGS, turns: 1 } });
    const [turn] = session.turns;
    expect(turn?.samples.map(({ id, revises, rate }) => [id, revises, rate])).toEqual([
      ["s1", null, 0],
      ["s2", null, 0.5],
      ["s3", null, 0],
      ["s2+r1", "s2", 0.5],
      ["s2+r2", "s2", 1],
    ]);
    expect(turn?.best).toBe("s2+r2");
    expect(critic.requests).toHaveLength(3); // the first answer was a response that was there already
    const asked = last(critic, 0);
    expect(asked).toContain(half);
    const failed = asked.indexOf("NOT MET");
    expect(asked.indexOf(JSON.stringify(constraints[1].text))).toBeGreaterThan(failed);
    expect(asked.indexOf(JSON.stringify(constraints[0].text))).toBeGreaterThan(asked.indexOf("[[MET"));
  });

  it("ends where no response to a query is good enough, and says so", async () => {
    let critiques = 0;
    const { options, user, critic } = cast(language, {
      responder: ({ messages }) => (messages.length > 2 ? poor : good),
      critic: () => `${poor}${critiques++}`,
    });
    const seen: number[] = [];
    const session = await playSession({ ...options, onTurn: ({ turn }) => seen.push(turn) });
    expect(session.turns).toHaveLength(1);
    expect(session.end).toMatchObject({ reason: "rate", rate: 0, turn: { turn: 2 } });
    expect((session.end as Extract<Session["end"], { reason: "rate" }>).turn.samples).toHaveLength(6);
    expect(critic.requests).toHaveLength(3);
    expect(user.requests).toHaveLength(2);
    expect(seen).toEqual([1, 2]);
    expect(sessionSchema.parse(session)).toEqual(session);
  });

  it("has a query rephrased that opens like an earlier one, and gives up in the end", async () => {
    const [a, b] = queries;
    const { options, user } = cast(language, { user: [a, a, b] });
    const session = await playSession({ ...options, settings: { ...DIALOGUE_SETTINGS, turns: 2 } });
    expect(session.turns[1]?.query).toMatchObject({ rephrased: 1, resembles: null });
    expect(last(user, 2)).toContain("BEGINNINGS");
    const stuck = cast(language, { user: [a] });
    const second = (await playSession({ ...stuck.options, settings: { ...DIALOGUE_SETTINGS, turns: 2 } })).turns[1];
    expect(second?.query).toEqual({ text: a, rephrased: 3, resembles: a, mended: false });
  });

  it("asks for a shorter query, and cuts it in the end", async () => {
    const long = language === "en" ? `so ${"many words ".repeat(15)}` : "我想问问".repeat(8);
    const { options, user } = cast(language, { user: [long] });
    const session = await playSession({ ...options, settings: { ...DIALOGUE_SETTINGS, turns: 1 } });
    expect(session.turns[0]?.query.mended).toBe(true);
    expect(user.requests).toHaveLength(3);
    expect(last(user)).toMatch(language === "en" ? /has 31 words, at most 20/ : /有32个字，最多只能有20个字/);
  });

  it("is the same again for the same seed and answers, requests and all", async () => {
    const play = async () => {
      const all = cast(language, { responder: ({ seed, index }) => (seed % 3 === index ? good : `${poor} ${seed}`) });
      const session = await playSession(all.options);
      return { session, requests: [all.user, all.responder, all.critic].map(({ requests }) => requests) };
    };
    const [one, other] = [await play(), await play()];
    expect(other).toEqual(one);
    const seeds = one.requests.flat().map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it("gives policy samples on the kept history, without the reminder", async () => {
    const { options } = cast(language);
    const session = await playSession(options);
    const policy = scriptedModel(({ index }) => (index === 0 ? good : poor), { name: "policy-1" });
    const critic = scriptedModel([good], { name: "critic-1" });
    const { profile, judge } = options;
    const speaker = { model: policy, sampling: { maxTokens: 60, temperature: 1 }, n: 5 };
    const roles = { policy: speaker, critic: { model: critic, sampling: { maxTokens: 60 } } };
    const turns = await policyTurns({ profile, session, roles, judge, seed: 3 });
    for (const turn of turns) expect(policyTurnSchema.parse(JSON.parse(JSON.stringify(turn)))).toEqual(turn);
    expect(turns.map(({ messages }) => messages.length)).toEqual([2, 4, 6, 8, 10]);
    expect(turns[1]?.messages.at(-1)?.content).toBe(session.turns[1]?.query.text);
    expect(turns[1]?.messages[2]?.content).toBe(good);
    expect(turns[1]?.triggered).toEqual(["c1", "c2", "c3"]);
    expect(turns[1]?.samples).toHaveLength(5);
    expect(critic.requests).toHaveLength(0);
    expect(policy.requests[0]).toMatchObject({ n: 5, temperature: 1 });
  });

  it("has policy samples criticised where none is good enough", async () => {
    const { options } = cast(language);
    const session = await playSession({ ...options, settings: { ...DIALOGUE_SETTINGS, turns: 1 } });
    const policy = { model: scriptedModel([poor]), sampling: { maxTokens: 60, temperature: 1 }, n: 2 };
    const critic = { model: scriptedModel([good]), sampling: { maxTokens: 60 } };
    const [turn] = await policyTurns({ ...options, session, roles: { policy, critic } });
    expect(turn?.samples.map(({ id, rate }) => [id, rate])).toEqual([
      ["s1", 0],
      ["s2", 0],
      ["s1+r1", 1],
    ]);
  });
});

describe("playSession", () => {
  const { queries, good } = TEXTS.en;

  it("keeps a response that the judge has no answer on, and goes on with the others", async () => {
    const { options } = cast("en", { responder: ["  ", "A leaf for the judge to choke on.", good] });
    const judge: TurnJudge = {
      ...codeJudge,
      verdicts: async (turn, signal) => {
        if (turn.response.includes("choke")) throw new ModelFailure("answer", "judge: no verdict");
        return codeJudge.verdicts(turn, signal);
      },
    };
    const session = await playSession({ ...options, judge, settings: { ...DIALOGUE_SETTINGS, turns: 1 } });
    expect(session.turns[0]?.samples.map(({ failure }) => failure)).toEqual([
      "the response is blank",
      "judge: no verdict",
      null,
    ]);
    expect(session.turns[0]?.best).toBe("s3");
  });

  it("keeps its turns when a model has no usable answer later on", async () => {
    const { options } = cast("en", { user: [queries[0], "", "", ""] });
    const session = await playSession(options);
    expect(session.turns).toHaveLength(1);
    expect(session.end).toMatchObject({ reason: "failure", turn: 2, cause: expect.stringMatching(/no usable query/) });
  });

  it.each(["key", "rate", "network"] as const)("does not take a failure of kind %s for an end", async (kind) => {
    let count = 0;
    const { options } = cast("en", {
      responder: () => {
        if (count++ < 3) return good;
        throw new ModelFailure(kind, "down");
      },
    });
    await expect(playSession(options)).rejects.toThrow("down");
  });

  it("fails where not even the first turn can be had", async () => {
    const { options } = cast("en", { user: [""] });
    await expect(playSession(options)).rejects.toThrow(/no usable query in 3 answers/);
  });

  it("goes on where a critic has no usable answer", async () => {
    const { options } = cast("en", { responder: ["nothing"], critic: [""] });
    const session = await playSession(options);
    expect(session.end).toMatchObject({ reason: "rate", rate: 0.5 });
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const { options, user } = cast("en", {
      responder: () => {
        stop.abort(new Error("enough"));
        return good;
      },
    });
    await expect(playSession({ ...options, signal: stop.signal })).rejects.toThrow("enough");
    expect(user.requests).toHaveLength(1);
  });

  it("asks no judge where no constraint binds", async () => {
    const { options } = cast("en", { responder: ["Whatever."] });
    const judge: TurnJudge = {
      triggered: async () => [],
      verdicts: () => {
        throw new Error("asked");
      },
    };
    const session = await playSession({ ...options, judge });
    expect(session.turns.map(({ samples }) => samples[0]?.rate)).toEqual([1, 1, 1, 1, 1]);
  });
});
