import { describe, expect, it } from "vitest";
import { stated, takenOver } from "./constraint-draft.ts";
import { gather } from "./constraint-list.ts";
import { forbiddenKind } from "./forbidden-kind.ts";

describe("stated", () => {
  it.each([
    ["en", "always", "Use at most 120 words", "In every reply, use at most 120 words.", "always"],
    ["en", "Always.", "Never use the word “just”.", "Never use the word “just”.", "always"],
    [
      "en",
      "the user mentions a city",
      "1. End with a question",
      "When the user mentions a city, end with a question.",
      "When the user mentions a city",
    ],
    [
      "en",
      "If the user's message contains “help”",
      "if the user's message contains “help”, then give exactly 3 numbered steps.",
      "If the user's message contains “help”, give exactly 3 numbered steps.",
      "If the user's message contains “help”",
    ],
    ["en", "in all situations", "JSON only", "In every reply, JSON only.", "always"],
    ["zh", "始终", "不超过120字", "每次回复，不超过120字。", "always"],
    ["zh", "always", "始终不得使用表情符号。", "始终不得使用表情符号。", "always"],
    ["zh", "用户提到某个城市", "以一个问题结尾。", "当用户提到某个城市时，以一个问题结尾。", "当用户提到某个城市时"],
    [
      "zh",
      "当用户询问价格时，",
      "当用户询问价格时，列出三个选项",
      "当用户询问价格时，列出三个选项。",
      "当用户询问价格时",
    ],
  ] as const)("%s: %s + %s", (language, when, must, text, trigger) => {
    expect(stated({ when, must }, language)).toEqual({ text, trigger });
  });

  it("knows when somebody else's constraint is unconditional", () => {
    expect(takenOver("- Output bullets only", "en")).toEqual({ text: "Output bullets only.", trigger: "always" });
    expect(takenOver("If asked for sources, name two.", "en")).toEqual({ text: "If asked for sources, name two." });
    expect(takenOver("当用户询问来源时，列出两个。", "zh")).toEqual({ text: "当用户询问来源时，列出两个。" });
  });
});

describe("forbiddenKind", () => {
  it.each([
    ["en", "Reply within 5 seconds.", "time"],
    ["en", "Say good evening at night.", "time"],
    ["en", "When the user is rude, stay silent.", "silence"],
    ["en", "In your first message, introduce yourself.", "turn"],
    ["en", "Every third reply, tell a joke.", "turn"],
    ["en", "Attach a picture of the dish.", "medium"],
    ["en", "Mention your cat from time to time.", "now and then"],
    ["zh", "在5秒内回复。", "time"],
    ["zh", "晚上回复时道晚安。", "time"],
    ["zh", "用户骂人时保持沉默。", "silence"],
    ["zh", "第一次回复时自我介绍。", "turn"],
    ["zh", "每隔三轮讲一个笑话。", "turn"],
    ["zh", "附上一张图片。", "medium"],
    ["zh", "偶尔提到你的猫。", "now and then"],
  ] as const)("%s: %s is about %s", (language, text, kind) => {
    expect(forbiddenKind(text, language)?.kind).toBe(kind);
  });

  it.each([
    ["en", "In every reply, use at most 120 words."],
    ["en", "Do not use the word “sometimes” or “picture”."],
    ["en", "When the user asks about a recipe, list the ingredients first."],
    ["en", "Answer every question with a question."],
    ["en", "Each “gold” must be immediately followed by “pieces”."],
    ["zh", "每次回复，不超过120字。"],
    ["zh", "不得出现“偶尔”或“图片”。"],
    ["zh", "当用户询问做法时，先列出食材。"],
    ["zh", "只安排下一次训练，不排更远的计划。"],
    ["zh", "以一个与时令有关的词结尾。"],
  ] as const)("%s: %s may be asked", (language, text) => {
    expect(forbiddenKind(text, language)).toBeNull();
  });
});

describe("gather", () => {
  const always = (text: string) => ({ text, trigger: "always" });
  const reasons = (offered: readonly { text: string; trigger?: string }[], language: "en" | "zh" = "en") =>
    gather([], offered, { language, most: 12 }).refused.map(({ reason }) => reason);

  it("takes what is good, in order, up to the number wanted", () => {
    const offered = ["Use at most 120 words.", "Close with “Sleep well.”", "Name one tea.", "Name one cup."].map(
      always,
    );
    expect(gather([], offered, { language: "en", most: 3 })).toEqual({ taken: offered.slice(0, 3), refused: [] });
  });

  it("refuses a demand that says nothing but when it holds", () => {
    const short = "it is too short to say what the reply must do";
    expect(
      reasons([always("In every reply, ."), always("In every reply, }}, {."), always("In every reply, be kind.")]),
    ).toEqual([short, short]);
    expect(reasons([always("每次回复，……。"), always("每次回复，用诗。")], "zh")).toEqual([
      "它太短，看不出回复要做到什么",
    ]);
  });

  it("refuses a twin, and one of two that no reply could keep", () => {
    expect(reasons([always("Use at most 120 words."), always("use at most  120 words")])[0]).toMatch(
      /same as “Use at most/,
    );
    expect(reasons([always("Use at most 50 words."), always("Write more than 80 words in total.")])[0]).toMatch(
      /no reply could keep it and also “Use at most 50 words.”/,
    );
    expect(reasons([always("Give at least 3 examples of it."), always("Give at least 5 examples of it.")])[0]).toMatch(
      /no reply/,
    );
    expect(reasons([always("每次回复，不超过50字。"), always("每次回复，多于100字。")], "zh")[0]).toMatch(/没有回复/);
  });

  it("lets opposite demands stand at different triggers", () => {
    expect(
      reasons([
        { text: "When the user's message contains “short”, use at most 50 words.", trigger: "x user" },
        { text: "When the user's message contains “long”, use more than 80 words.", trigger: "y user" },
      ]),
    ).toEqual([]);
  });

  it.each([
    ["en", "Be kind.", "always", /too short/],
    ["en", "When the user mentions a city, always.", "When the user mentions a city", /too short/],
    ["en", `Name ${"one tea, ".repeat(40)}`, "always", /too long/],
    ["en", "每次回复都要提到一种茶。", "always", /not in English/],
    ["en", "Would the user like some tea?", "always", /question/],
    ["en", "When the user asks for tea, the user needs to choose one.", "When the user asks for tea", /of the user/],
    ["zh", "当用户要茶时，用户需要选一种茶。", "当用户要茶时", /对用户的要求/],
    ["en", "When it rains, mention umbrellas.", "When it rains", /not about the user/],
    ["zh", "Mention one tea in every reply.", "always", /不是用中文/],
    ["zh", "下雨时，提到雨伞就好。", "下雨时", /与用户无关/],
  ] as const)("%s: refuses %s", (language, text, trigger, reason) => {
    expect(reasons([{ text, trigger }], language)).toEqual([expect.stringMatching(reason)]);
  });
});
