import { describe, expect, it } from "vitest";
import { scriptedModel } from "../model/scripted-model.ts";
import { generateUserProfile, userProfileSchema } from "./user-profile.ts";

const TEXT = {
  en: "Ada is fifty-one and keeps bees on a flat roof in Leeds with a neighbour who is afraid of them. She writes in bursts, complains of the post, and thanks nobody.\n\nHer hives are failing.",
  zh: "阿达五十一岁，在城里一栋旧楼的楼顶养蜂，和一个怕蜂的邻居合住。她写消息想到哪写到哪，先抱怨快递，再问正事，很少道谢。最近两箱蜂不肯上蜜，她急得睡不好，又不肯听内行的劝。",
};

describe.each(["en", "zh"] as const)("generateUserProfile in %s", (language) => {
  const persona = { id: "p1", text: "  I keep\nbees. " };

  it("gives the persona traits of three kinds, by seed, and keeps the text on one line", async () => {
    const writer = scriptedModel([TEXT[language]]);
    const user = await generateUserProfile(writer, persona, { language, seed: 1, maxTokens: 300 });
    expect(userProfileSchema.parse(JSON.parse(JSON.stringify(user)))).toEqual(user);
    expect(user).toMatchObject({ id: `p1-${language}`, persona: "I keep bees.", model: "scripted" });
    expect(user.text).toBe(TEXT[language].replace(/\s+/g, " "));
    const asked = writer.requests[0]?.messages.at(-1)?.content ?? "";
    expect(user.traits).toHaveLength(3);
    for (const trait of user.traits) expect(asked).toContain(trait);
    const other = await generateUserProfile(writer, persona, { language, seed: 2, maxTokens: 300 });
    expect(other.traits).not.toEqual(user.traits);
  });

  it("asks again where the answer is too short or in another language, and makes do in the end", async () => {
    const wrong = language === "en" ? TEXT.zh : TEXT.en;
    const writer = scriptedModel(["…", wrong, TEXT[language]]);
    const written = await generateUserProfile(writer, persona, { language, seed: 1, maxTokens: 300 });
    expect(written).toMatchObject({ mended: false, text: TEXT[language].replace(/\s+/g, " ") });
    expect(writer.requests).toHaveLength(3);
    const stranger = await generateUserProfile(scriptedModel([wrong.repeat(2)]), persona, {
      language,
      seed: 1,
      maxTokens: 300,
    });
    expect(stranger).toMatchObject({ mended: true, text: expect.stringContaining(wrong.slice(0, 20)) });
    const silent = await generateUserProfile(scriptedModel([""]), persona, { language, seed: 1, maxTokens: 300 });
    expect(silent.mended).toBe(true);
    for (const part of ["I keep bees.", ...silent.traits]) expect(silent.text).toContain(part);
  });

  it("ends a text that is too long with a sentence", async () => {
    const writer = scriptedModel([`${TEXT[language].replace(/\s+/g, " ")} `.repeat(20)]);
    const { text } = await generateUserProfile(writer, persona, { language, seed: 1, maxTokens: 9999 });
    expect(text.length).toBeLessThanOrEqual(2000);
    expect(text).toMatch(/[.。]$/);
  });
});
