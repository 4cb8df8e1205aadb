import { describe, expect, it } from "vitest";
import { wordingFault } from "./wording-fault.ts";

describe("wordingFault", () => {
  it.each([
    ["Be kind.", "Do not be kind."],
    ["Say what the user may do.", "Do not say what the user may do."],
    ["语气亲切。", "语气不得亲切。"],
    ["When the user says “谢谢”, be kind.", "When the user says “谢谢”, do not be kind."],
    ["Use at least three emoji.", "Use at most two emoji."],
  ])("finds none in %j → %j", (text, reversed) => {
    expect(wordingFault(text, reversed)).toBeNull();
  });

  it.each([
    ["Be kind.", " ", /empty/],
    ["Be kind.", "be kind", /says the same/],
    ["Be kind.", "不要亲切。", /in the language of the requirement/],
    ["Never mention the price.", "You may mention the price.", /"may" allows something/],
    ["Be kind.", "You don't have to be kind.", /"don't have to" allows/],
    ["Be kind.", `Do not be kind. ${"Really. ".repeat(100)}`, /longer than 600/],
    ["Use at least three emoji.", "Use at most three emoji.", /no exact opposite: both hold where emoji is 3/],
    ["绝不提及价格。", "可以不提及价格。", /“可以不”只是许可/],
    ["语气亲切。", "语气，亲切", /一回事/],
  ])("says what is wrong with %j → %j", (text, reversed, fault) => {
    expect(wordingFault(text, reversed)).toMatch(fault);
  });
});
