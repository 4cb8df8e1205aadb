import { describe, expect, it } from "vitest";
import type { Profile } from "../profile/profile.ts";
import { readQuestion, scriptedJudge } from "./scripted-judge.ts";
import { turnJudge } from "./turn-judge.ts";

const profile: Profile = {
  id: "cook",
  language: "en",
  split: "train",
  name: "Cook",
  persona: "You are a cook.",
  constraints: [
    { id: "commas", text: "Use no commas." },
    { id: "kind", text: "Be kind." },
    { id: "price", text: 'When the user\'s message contains "price", use no digits.' },
    { id: "judged", text: "Use no digits.", judge: true },
  ],
  queries: ["Hello"],
};
const settings = { seed: 1, perCall: 6, votes: 3 };

describe("turnJudge", () => {
  it("decides by code what the rules recognise, and asks for the rest", async () => {
    const model = scriptedJudge((text) => (text === "Be kind." ? "pass" : "fail"));
    const judge = turnJudge({ ...settings, model });
    const turn = { profile, history: [], query: "Hello", response: "Well, 3.", constraints: profile.constraints };
    expect(await judge.verdicts(turn)).toEqual([
      { id: "commas", verdict: "fail", source: "code", reason: null, votes: [] },
      { id: "kind", verdict: "pass", source: "judge", reason: "because of Be kind.", votes: ["pass", "pass", "pass"] },
      { id: "price", verdict: "na", source: "code", reason: null, votes: [] },
      {
        id: "judged",
        verdict: "fail",
        source: "judge",
        reason: "because of Use no digits.",
        votes: ["fail", "fail", "fail"],
      },
    ]);
    for (const { messages } of model.requests)
      expect(
        readQuestion(messages)
          .requirements.map(({ requirement }) => requirement)
          .sort(),
      ).toEqual(["Be kind.", "Use no digits."]);
  });

  it("asks about everything where code is not to decide", async () => {
    const model = scriptedJudge(() => "pass");
    const judge = turnJudge({ ...settings, votes: 1, model, code: false });
    const turn = { profile, history: [], query: "Hello", response: "Well, 3.", constraints: profile.constraints };
    const verdicts = await judge.verdicts(turn);
    expect(verdicts.map(({ verdict, source }) => [verdict, source])).toEqual(Array(4).fill(["pass", "judge"]));
  });

  it("names the triggered constraints by their ids, in the order of the profile", async () => {
    const model = scriptedJudge(() => "pass");
    const [request] = [{ profile, history: [], query: "What is the price?" }];
    const answering = {
      ...model,
      generate: async (...[asked]: Parameters<typeof model.generate>) => {
        const { requirements } = readQuestion(asked.messages);
        const constraints = requirements
          .map(({ id, requirement }) => ({
            id,
            condition: "-",
            applies: requirement === "Be kind." ? "sometimes" : "always",
          }))
          .reverse();
        const choice = {
          index: 0,
          text: JSON.stringify({ constraints }),
          finishReason: "stop",
          tokens: 1,
          seed: 1,
        } as const;
        return { choices: [choice], usage: { promptTokens: 1, completionTokens: 1 } };
      },
    };
    expect(await turnJudge({ ...settings, model: answering }).triggered(request)).toEqual([
      "commas",
      "price",
      "judged",
    ]);
  });
});
