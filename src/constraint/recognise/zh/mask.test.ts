import { describe, expect, it } from "vitest";
import { mask, unmask } from "./mask.ts";

const phrasesOf = (text: string): string[] | null => {
  const masked = mask(text);
  return masked === null ? null : [...masked.phrases.values()];
};

describe("mask", () => {
  it.each([
    ["包含“你好”和「再见」", ["你好", "再见"]],
    ['包含"你好"', ["你好"]],
    ["包含“你好“", ["你好"]],
    ["包含”你好”、『天』", ["你好", "天"]],
    ["以😊🌟结尾", ["😊🌟"]],
    ["以“，。”结尾", ["，。"]],
    ["加上“ 空 格 ”", ["空 格"]],
  ])("finds the phrases of %s", (text, phrases) => {
    expect(phrasesOf(text)).toEqual(phrases);
  });

  it.each(["包含“你好", "以“尊敬的XX”开头", "使用“___”", "回复“他说“好””", "私用\ue000字"])("refuses %s", (text) => {
    expect(mask(text)).toBeNull();
  });

  it("leaves an empty pair of marks as it stands, for what is to be wrapped in it", () => {
    expect(mask("用“”括起来")?.text).toBe("用“”括起来");
  });

  it("brings the rest to one spelling and puts the phrases back", () => {
    const masked = mask("不少于１,０００ 字, 以“A, B”结尾;")!;
    expect(masked.text).toMatch(/^不少于1000字，以.结尾；$/u);
    expect(unmask(masked.text, masked.phrases)).toBe("不少于1000字，以“A, B”结尾；");
  });
});
