import { describe, expect, it } from "vitest";
import { scriptedModel } from "../model/scripted-model.ts";
import { readQuestion } from "./scripted-judge.ts";
import { type Applies, triggerByCode, triggersOf } from "./triggered.ts";

/** A judge that says of each requirement what is written for it. */
const judgeSaying = (applies: Readonly<Record<string, Applies>>) =>
  scriptedModel(({ messages }) =>
    JSON.stringify({
      constraints: readQuestion(messages).requirements.map(({ id, requirement }) => ({
        id,
        condition: "…",
        applies: applies[requirement],
      })),
    }),
  );

describe("triggerByCode", () => {
  it("decides what the rules recognise, by the query alone", () => {
    expect(triggerByCode("Use no commas.", "anything")).toMatchObject({ triggered: true, applies: "always" });
    const when = 'When the user\'s message contains "price", use no commas.';
    expect(triggerByCode(when, "What is the price?")).toMatchObject({ triggered: true, applies: "met" });
    expect(triggerByCode(when, "Hello")).toMatchObject({ triggered: false, applies: "unmet" });
    expect(triggerByCode("Be kind to everybody.", "Hello")).toBeNull();
  });
});

describe("triggersOf", () => {
  it.each([
    [
      "en",
      "Hello",
      "Use no commas.",
      ["Be kind.", "When thanked, joke.", "When praised, bow.", "When you list things, rhyme.", "Now and then, sing."],
    ],
    [
      "zh",
      "你好",
      "不要使用逗号。",
      ["语气亲切。", "被感谢时开玩笑。", "被称赞时鞠躬。", "列清单时押韵。", "偶尔唱歌。"],
    ],
  ] as const)(
    "asks about the rest in one question, and reads how each stands (%s)",
    async (language, query, byCode, free) => {
      const applies = Object.fromEntries(
        free.map((text, i) => [text, (["always", "met", "unmet", "reply", "sometimes"] as const)[i]!]),
      );
      const model = judgeSaying(applies);
      const constraints = [free[0], byCode, ...free.slice(1)].map((text) => ({ text: text! }));
      const triggers = await triggersOf(constraints, { history: [], query, language }, { model, seed: 1 });
      expect(triggers.map(({ source }) => source)).toEqual(["judge", "code", "judge", "judge", "judge", "judge"]);
      expect(triggers.map(({ triggered }) => triggered)).toEqual([true, true, true, false, true, false]);
      expect(model.requests).toHaveLength(1);
      expect(readQuestion(model.requests[0]!.messages).requirements.map(({ requirement }) => requirement)).toEqual(
        free,
      );
    },
  );

  it("asks nobody where code can tell all, and the judge where a profile says so", async () => {
    const model = judgeSaying({ "Use no commas.": "always" });
    const question = { history: [], query: "Hello", language: "en" } as const;
    await triggersOf([{ text: "Use no commas." }], question, { model, seed: 1 });
    expect(model.requests).toHaveLength(0);
    const [asked] = await triggersOf([{ text: "Use no commas.", judge: true }], question, { model, seed: 1 });
    expect(asked).toMatchObject({ triggered: true, source: "judge" });
    const [said] = await triggersOf([{ text: "Be kind.", trigger: "always" }], question, { model, seed: 1 });
    expect(said).toMatchObject({ triggered: true, applies: "always", source: "code" });
    expect(model.requests).toHaveLength(1);
  });
});
