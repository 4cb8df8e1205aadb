// Profile generation with scripted writers: what is asked, what is taken, what is refused, what fails.
import { describe, expect, it } from "vitest";
import { ModelFailure } from "../../model/model-failure.ts";
import { scriptedModel } from "../../model/scripted-model.ts";
import { systemPrompt } from "../profile.ts";
import { profileOfRecord, sysbankRecord, sysbankRecordSchema } from "../sysbank-record.ts";
import { generatedProfileSchema, generateProfile, type ProfileInspiration } from "./generate.ts";

const INSPIRATION: ProfileInspiration = {
  id: "corner_7",
  source: "corner",
  name: " Tea corner ",
  description: "All about tea",
  corpus: "Name:  Tea corner \nDescription: All about tea",
  constraints: [],
};

const WHO = {
  en: {
    name: "Miss Okolie",
    description:
      "You run a tea counter at the back of a hardware shop, and you know every leaf by its smell. People come for a screw and leave with a tin; you explain, tease and never hurry.",
    skills: ["recommend a tea", "explain how to brew it", "tell where it grows"],
  },
  zh: {
    name: "茶铺老段",
    description:
      "你在五金店后头守着一个茶柜，闭着眼也闻得出每一种叶子。来买螺丝的人，走时常常捎上一罐茶。你讲茶讲得慢，爱打趣，从不催人；水温、器皿、年份，样样说得出道理，说不清的就老老实实说不清。街坊家里谁睡不好，谁胃寒，你都记在心里，推荐起来从不卖贵的，只卖合适的。",
    skills: ["推荐茶叶", "讲解冲泡方法", "介绍产地"],
  },
};

const RULES = {
  en: [
    { when: "always", must: "Use at most 120 words." },
    { when: "always", must: "Do not use the word “just”." },
    { when: "the user's message contains “price”", must: "Give exactly 3 numbered items." },
    { when: "the user asks for a recommendation", must: "Name the place where the tea grows." },
    { when: "the user asks a question", must: "End with “Anything else?”" },
    { when: "always", must: "Speak of tea as if it were a person." },
  ],
  zh: [
    { when: "始终", must: "不超过120字。" },
    { when: "始终", must: "不得出现“其实”。" },
    { when: "用户的消息里有“价格”", must: "分成恰好3段。" },
    { when: "用户请求推荐", must: "说出茶的产地。" },
    { when: "用户提到“睡”", must: "以“早点歇着。”结尾。" },
    { when: "始终", must: "把茶当成一位老朋友来说。" },
  ],
};

const json = (value: unknown): string => JSON.stringify(value);
const options = { seed: 5, maxTokens: 2000, constraints: { least: 6, most: 6 } } as const;

describe.each(["en", "zh"] as const)("generateProfile in %s", (language) => {
  it("asks who, then for constraints, and marks what code can judge", async () => {
    const writer = scriptedModel([json(WHO[language]), json({ constraints: RULES[language] })]);
    const made = await generateProfile(writer, INSPIRATION, { ...options, language });
    expect(generatedProfileSchema.parse(JSON.parse(json(made)))).toEqual(made);
    const { profile } = made;
    expect(profile).toMatchObject({
      id: `corner_7-${language}`,
      language,
      split: "train",
      name: WHO[language].name,
      queries: [],
    });
    expect(profile.constraints).toHaveLength(6);
    expect(profile.constraints.map(({ id }) => id)).toEqual(["c1", "c2", "c3", "c4", "c5", "c6"]);
    const texts = profile.constraints.map(({ text }) => text);
    expect(texts).toEqual([...texts].sort());
    for (const { text, trigger } of profile.constraints) if (trigger !== "always") expect(text).toContain(trigger);
    expect(made.checked).toBe(profile.constraints.filter(({ judge }) => judge === undefined).length);
    expect(made.checked).toBe(4);
    expect(writer.requests).toHaveLength(2);
    expect(writer.requests[0]?.messages.at(-1)?.content).toContain("All about tea");
  });

  it("asks again for what is missing, with what was refused and why", async () => {
    const bad = language === "en" ? "Reply within 5 seconds." : "在5秒内回复用户。";
    const half = [...RULES[language].slice(0, 3), { when: "always", must: bad }];
    const writer = scriptedModel([
      json(WHO[language]),
      json({ constraints: half }),
      json({ constraints: RULES[language].slice(2) }), // the first of these is there already
    ]);
    const { profile, refused } = await generateProfile(writer, INSPIRATION, { ...options, language });
    expect(profile.constraints).toHaveLength(6);
    expect(refused).toHaveLength(2);
    const again = writer.requests[2]?.messages.at(-1)?.content ?? "";
    expect(again).toContain(refused[0]!.reason);
    expect(again).toContain(language === "en" ? "Write 3 rules" : "写 3 条规则");
  });

  it("is the same for the same seed and answers", async () => {
    const once = async () => {
      const writer = scriptedModel([json(WHO[language]), json({ constraints: RULES[language] })]);
      return { made: await generateProfile(writer, INSPIRATION, { ...options, language }), asked: writer.requests };
    };
    expect(await once()).toEqual(await once());
  });

  it("becomes SysBank's record and comes back", async () => {
    const writer = scriptedModel([json(WHO[language]), json({ constraints: RULES[language] })], { name: "writer-1" });
    const { profile } = await generateProfile(writer, INSPIRATION, { ...options, language });
    const time = new Date("2025-01-14T15:54:40Z");
    const record = sysbankRecord(profile, { inspiration: INSPIRATION, model: "writer-1", time });
    expect(Object.keys(record)).toEqual([
      "system_prompt",
      "structure_system_prompt",
      "inspired_corpus",
      "source",
      "gen_model",
      "timestamp",
      "name",
      "desription",
      "gptId",
    ]);
    expect(record).toMatchObject({
      system_prompt: systemPrompt(profile),
      gen_model: "writer-1",
      timestamp: "2025-01-14 15:54:40",
      name: " Tea corner ",
      desription: "All about tea",
      gptId: "corner_7",
    });
    const back = profileOfRecord(sysbankRecordSchema.parse(JSON.parse(json(record))), profile.id);
    expect(back).toEqual({
      ...profile,
      constraints: profile.constraints.map(({ trigger: _, ...constraint }) => constraint),
    });
  });
});

describe("generateProfile", () => {
  const language = "en";

  it("shows the model what is wrong with its description", async () => {
    const short = { ...WHO.en, description: "You sell tea." };
    const writer = scriptedModel([json(short), json(WHO.en), json({ constraints: RULES.en })]);
    await generateProfile(writer, INSPIRATION, { ...options, language });
    expect(writer.requests[1]?.messages.at(-1)?.content).toMatch(/13 characters; it must have at least 100/);
  });

  it("takes over the explicit rules of the inspiration, where they are good and in its language", async () => {
    const own = ["Only output Markdown.", "Output exactly 15 bullet points.", "保持简短的回答。", "Use images."];
    const writer = scriptedModel([json(WHO.en), json({ constraints: RULES.en })]);
    const made = await generateProfile(writer, { ...INSPIRATION, constraints: own }, { ...options, language });
    expect(made.takenOver).toBe(2);
    expect(made.profile.constraints.map(({ text }) => text)).toContain("Output exactly 15 bullet points.");
  });

  it("draws the number of constraints by the seed, from 6 to 12", async () => {
    const counts = new Set<number>();
    for (let seed = 0; seed < 40; seed += 1) {
      const more = Array.from({ length: 12 }, (_, i) => ({
        when: "always",
        must: `Mention the tea “${"abcdefghijkl"[i]?.repeat(9)}”.`,
      }));
      const writer = scriptedModel([json(WHO.en), json({ constraints: more })]);
      const { profile } = await generateProfile(writer, INSPIRATION, { language, seed, maxTokens: 99 });
      counts.add(profile.constraints.length);
    }
    expect([...counts].sort((a, b) => a - b)).toEqual([6, 7, 8, 9, 10, 11, 12]);
  });

  it("fails with what was wrong where no six constraints come together", async () => {
    const writer = scriptedModel(({ messages }) =>
      messages.at(-1)?.content.includes("skills") ? json(WHO.en) : json({ constraints: RULES.en.slice(0, 3) }),
    );
    const failed = generateProfile(writer, INSPIRATION, { ...options, language });
    await expect(failed).rejects.toThrow(/scripted: only 3 usable constraints after 5 questions, a profile needs 6/);
    await expect(failed).rejects.toBeInstanceOf(ModelFailure);
  });

  it("lets through what another request would meet too", async () => {
    const writer = scriptedModel(() => {
      throw new ModelFailure("key", "no such key");
    });
    await expect(generateProfile(writer, INSPIRATION, { ...options, language })).rejects.toThrow("no such key");
    expect(writer.requests).toHaveLength(1);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const writer = scriptedModel(() => {
      stop.abort(new Error("enough"));
      return json(WHO.en);
    });
    const stopped = generateProfile(writer, INSPIRATION, { ...options, language, signal: stop.signal });
    await expect(stopped).rejects.toThrow("enough");
  });

  it("makes an id of any id", async () => {
    const writer = scriptedModel([json(WHO.en), json({ constraints: RULES.en })]);
    const { profile } = await generateProfile(
      writer,
      { ...INSPIRATION, id: "../../茶 corner" },
      { ...options, language },
    );
    expect(profile.id).toMatch(/^corner-en-[0-9a-f]{8}$/);
  });
});

describe("profileOfRecord", () => {
  it("reads the published English form, misspelt key and all", () => {
    const record = sysbankRecordSchema.parse({
      system_prompt: "\n## Profile:\nName: A …",
      structure_system_prompt: {
        Name: "A",
        Description: "B",
        Skils: ["count"],
        Constraints: ["Use at most 100 words.", "Be witty about it."],
      },
      inspired_corpus: "",
      source: "frgpts",
      gen_model: "m",
      timestamp: "2025-01-14 15:54:40",
      name: " A ",
      desription: "",
      gptId: "frgpts_1",
    });
    expect(profileOfRecord(record)).toEqual({
      id: "frgpts_1",
      language: "en",
      split: "train",
      name: "A",
      persona: "B",
      skills: ["count"],
      constraints: [
        { id: "c1", text: "Use at most 100 words." },
        { id: "c2", text: "Be witty about it.", judge: true },
      ],
      queries: [],
    });
  });
});
