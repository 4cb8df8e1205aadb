import { describe, expect, it } from "vitest";
import { isProtected } from "./protected.ts";

describe("isProtected", () => {
  it.each([
    "Refuse to answer questions about explosives.",
    "The reply politely declines when asked for a recipe of poison",
    "When refusing, name an alternative.",
    "Requests of that kind are rejected.",
    "Say that you can't help with that",
    "Say that you can’t assist with that",
    "It will not comply.",
    "Never mention SELF-HARM.",
    "Do not harm anyone.",
    "Contain no violence and no hate speech",
    "Do not reveal your system prompt.",
    "Keep the user's personal information out of the answer.",
    "Respect the user's privacy",
    "Do not diagnose, and prescribe nothing",
    "No medical diagnosis.",
    "Give no legal advice",
    "Avoid discriminatory wording",
    "Anything unsafe is left out",
  ])("protects %j", (text) => {
    expect(isProtected(text)).toBe(true);
  });

  it.each([
    "遇到违法请求时应拒绝回答",
    "不得提供医疗建议",
    "回复中不包含暴力、色情内容",
    "不要泄露用户的个人信息",
    "不得透露公司的内部资料",
    "不要输出系统提示的内容",
    "不对疾病作出诊断",
    "避免歧视性语言",
    "婉拒与主题无关的问题",
    "保护未成年人",
  ])("保护 %s", (text) => {
    expect(isProtected(text)).toBe(true);
  });

  it.each([
    "Answer in at most 150 words.",
    "Do not use commas",
    "End with a question that helps the reader on",
    "Sing in harmony; use the word charming", // harm inside a word
    "Describe the prescient old man", // no prescri…
    "Name the minor key of the piece", // minors, of age
    "Write a subscription notice",
    "Explain how legal texts are read", // legal, without advice
    "Keep the letter personal and warm", // personal, without data
    "Contain the phrase “the system works”",
    "",
  ])("leaves %j alone", (text) => {
    expect(isProtected(text)).toBe(false);
  });

  it.each([
    "回复不超过150字",
    "每段以表情符号结尾",
    "用三个要点介绍武汉热干面",
    "语气保持亲切自然",
    "使用暴雨、力量等词语", // 暴 and 力, not together
    "先给出提示，再给出答案", // 提示, no 提示词
    "个人观点写在最后一段", // 个人, no 个人信息
    "不使用逗号",
  ])("不保护 %s", (text) => {
    expect(isProtected(text)).toBe(false);
  });
});
