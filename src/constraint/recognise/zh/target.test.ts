import { describe, expect, it } from "vitest";
import { atom } from "../../expression.ts";
import { atMost, SOME } from "../../interval.ts";
import { about, readings } from "./target.ts";

describe("readings", () => {
  it.each([
    ["第三段包含逗号", { kind: "part", segment: "paragraph", at: 3 }, "包含逗号"],
    ["最后一句话是问句", { kind: "part", segment: "sentence", at: -1 }, "是问句"],
    ["倒数第二行包含逗号", { kind: "part", segment: "line", at: -2 }, "包含逗号"],
    ["每个列表项都包含逗号", { kind: "every", segment: "item" }, "都包含逗号"],
    ["至少一段包含逗号", { kind: "some", segment: "paragraph" }, "包含逗号"],
    ["没有一个句子超过20个字", { kind: "every", segment: "sentence" }, "不超过20个字"],
  ])("%s", (clause, target, rest) => {
    expect(readings(clause)).toContainEqual({ target, explicit: true, rest });
  });

  it("does not take 句号 for a sentence or 段子 for a paragraph", () => {
    for (const clause of ["每个句号后加", "每个段子都", "所有行业"])
      expect(readings(clause).every(({ target }) => target.kind === "whole")).toBe(true);
  });
});

describe("about", () => {
  const every = { kind: "every", segment: "item" } as const;

  it("supposes a part where every part must have something, but not in an upper bound", () => {
    expect(about(every, atom("emoji", SOME))).toEqual({
      all: [atom("items", SOME), { every: "item", is: atom("emoji", SOME) }],
    });
    expect(about(every, atom("han", atMost(10)))).toEqual({ every: "item", is: atom("han", atMost(10)) });
  });

  it("speaks of one part by its place", () => {
    const part = { kind: "part", segment: "line", at: -1 } as const;
    expect(about(part, atom("emoji", SOME))).toEqual(atom("emoji", SOME, undefined, { segment: "line", at: -1 }));
  });

  it("lets a sentence that must be a phrase keep its stop", () => {
    const arg = { phrase: "你好" };
    expect(about({ kind: "part", segment: "sentence", at: 1 }, atom("equals", SOME, arg))).toEqual({
      all: [
        atom("starts-with", SOME, arg, { segment: "sentence", at: 1 }),
        atom("ends-with", SOME, arg, { segment: "sentence", at: 1 }),
      ],
    });
  });
});
