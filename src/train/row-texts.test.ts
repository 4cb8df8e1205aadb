import { describe, expect, it } from "vitest";
import { METHODS, type Method } from "../preference/training-row.ts";
import { isRefusal, rowTexts } from "./row-texts.ts";

const prompt = [{ role: "user", content: "q" }] as const;
const pair = { kind: "preference", prompt, chosen: "c", rejected: "r", margin: 2 };
const single = { kind: "completion", prompt, completion: "c", desirable: true };

function refusal(value: unknown, method: Method): string {
  const row = rowTexts(value, method);
  return isRefusal(row) ? `${row.kind}: ${row.field}: ${row.reason}` : "none";
}

describe("rowTexts", () => {
  it("takes pairs for rpo with their margin, for dpo without", () => {
    const texts = { prompt, completions: ["c", "r"], fields: ["chosen", "rejected"], margin: 2, desirable: true };
    expect(rowTexts(pair, "rpo")).toEqual(texts);
    expect(rowTexts(pair, "dpo")).toEqual({ ...texts, margin: 0 });
    expect(rowTexts({ ...pair, margin: undefined }, "dpo")).toEqual({ ...texts, margin: 0 });
    expect(rowTexts({ ...pair, margin: 0 }, "rpo")).toEqual({ ...texts, margin: 0 });
  });

  it("takes single completions for kto, desirable or not, and the desirable ones for sft", () => {
    const texts = { prompt, completions: ["c"], fields: ["completion"], margin: 0, desirable: true };
    expect(rowTexts(single, "kto")).toEqual(texts);
    expect(rowTexts({ ...single, desirable: false }, "kto")).toEqual({ ...texts, desirable: false });
    expect(rowTexts(single, "sft")).toEqual(texts);
    expect(refusal({ ...single, desirable: false }, "sft")).toMatch(/^undesirable: desirable/);
  });

  it("takes the chosen half of a pair for sft", () => {
    const texts = { prompt, completions: ["c"], fields: ["chosen"], margin: 0, desirable: true };
    expect(rowTexts(pair, "sft")).toEqual(texts);
  });

  it.each(["rpo", "dpo"] as const)("refuses a single completion for %s", (method) => {
    expect(refusal(single, method)).toBe(
      `wrongKind: kind: the row has one completion; a pair is needed: make the data set with \`rpo pairs --method ${method}\`, ` +
        "or train by another method",
    );
  });

  it("refuses a pair for kto", () => {
    expect(refusal(pair, "kto")).toMatch(/^wrongKind: kind: the row is a preference pair/);
  });

  it.each([
    [undefined, "but is missing"],
    [null, "not null"],
    [Number.NaN, "not null"],
    ["2", 'not "2"'],
    [-1, "not -1"],
    [1.5, "not 1.5"],
    [2 ** 53, "not 9007199254740992"],
  ])("refuses the margin %s for rpo", (margin, found) => {
    expect(refusal({ ...pair, margin }, "rpo")).toContain(
      `badMargin: margin: must be a whole number of constraints, ${found};`,
    );
  });

  it("takes a pair that has no field margin for dpo, and says what rpo misses in it", () => {
    const { margin: _, ...rest } = pair;
    const texts = { prompt, completions: ["c", "r"], fields: ["chosen", "rejected"], margin: 0, desirable: true };
    expect(rowTexts(rest, "dpo")).toEqual(texts);
    expect(refusal(rest, "rpo")).toMatch(/^badMargin: margin: must be a whole number of constraints, but is missing;/);
  });

  it("refuses a kto row that does not say whether it is desirable", () => {
    const { desirable: _, ...rest } = single;
    expect(refusal(rest, "kto")).toBe("malformed: desirable: must be true or false");
    expect(refusal({ ...single, desirable: 1 }, "kto")).toBe("malformed: desirable: must be true or false");
  });

  it.each(METHODS)("names what is wrong with any other row, for %s", (method) => {
    const row = method === "rpo" || method === "dpo" ? pair : single;
    for (const value of [null, 3, "x", [], {}, { ...row, kind: "other" }])
      expect(refusal(value, method)).toMatch(/^malformed: kind: /);
    expect(refusal({ ...row, prompt: [] }, method)).toBe("malformed: prompt: has no message");
    expect(refusal({ ...row, prompt: "q" }, method)).toMatch(/^malformed: prompt: /);
    expect(refusal({ ...row, prompt: [{ role: "tool", content: "" }] }, method)).toMatch(
      /^malformed: prompt\[0\]\.role: /,
    );
    expect(refusal({ ...row, chosen: 1, completion: 1 }, method)).toMatch(/^malformed: (chosen|completion): /);
  });
});
