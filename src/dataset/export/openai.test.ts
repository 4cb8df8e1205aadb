import { describe, expect, it } from "vitest";
import type { CompletionRow, PreferenceRow } from "../../preference/training-row.ts";
import { openaiExample, openaiObjection, openaiProvenance } from "./openai.ts";

const provenance = {
  turn: "t1",
  profile: "p1",
  chosen: { response: "r1", merged: ["r1"] },
  rejected: { response: "r2", merged: ["r2"] },
  reversed: ["c2"],
  differ: ["c1", "c2"],
  verdictSource: "human",
};

const pair: PreferenceRow = {
  kind: "preference",
  prompt: [
    { role: "system", content: "Rules." },
    { role: "user", content: "Hi" },
  ],
  chosen: "yes",
  rejected: "no",
  margin: 2,
  provenance: { ...provenance, method: "rpo" },
};

const sft: CompletionRow = {
  kind: "completion",
  prompt: [{ role: "user", content: "Hi" }],
  completion: "yes",
  desirable: true,
  provenance: { ...provenance, method: "sft" },
};

describe("openaiExample", () => {
  it("has the documented fields of a preference example and no other", () => {
    expect(openaiExample(pair)).toEqual({
      input: { messages: pair.prompt, tools: [], parallel_tool_calls: true },
      preferred_output: [{ role: "assistant", content: "yes" }],
      non_preferred_output: [{ role: "assistant", content: "no" }],
    });
  });

  it("makes an SFT row a supervised example", () => {
    expect(openaiExample(sft)).toEqual({
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "yes" },
      ],
    });
  });
});

describe("openaiProvenance", () => {
  it("holds what the example cannot: margin and provenance", () => {
    expect(openaiProvenance(pair)).toMatchObject({
      margin: 2,
      turn: "t1",
      chosen: "r1",
      rejected: "r2",
      reversed: ["c2"],
      verdict_source: "human",
    });
    expect(openaiProvenance(sft)).toMatchObject({ response: "r1" });
    expect(openaiProvenance(sft)).not.toHaveProperty("margin");
  });
});

describe("openaiObjection", () => {
  it("has no place for KTO rows, nor for a prompt that nobody asks", () => {
    expect(openaiObjection(pair)).toBeNull();
    expect(openaiObjection(sft)).toBeNull();
    expect(openaiObjection({ ...sft, provenance: { ...provenance, method: "kto" } })).toMatch(/unpaired \(KTO\)/);
    expect(openaiObjection({ ...sft, prompt: [{ role: "system", content: "Rules." }] })).toMatch(/user message/);
  });
});
