import { describe, expect, it } from "vitest";
import type { CompletionRow, PreferenceRow } from "../../preference/training-row.ts";
import { trlRow } from "./trl.ts";

const provenance = {
  turn: "t1",
  profile: "p1",
  chosen: { response: "r1", merged: ["r1"] },
  rejected: { response: "r2", merged: ["r2"] },
  reversed: [],
  differ: ["c1"],
  verdictSource: "judge",
};

describe("trlRow", () => {
  it("gives DPOTrainer an explicit prompt and each response as one assistant message", () => {
    const pair: PreferenceRow = {
      kind: "preference",
      prompt: [{ role: "user", content: "Hi" }],
      chosen: "yes",
      rejected: "no",
      margin: 0,
      provenance: { ...provenance, method: "dpo" },
    };
    expect(trlRow(pair)).toMatchObject({
      prompt: [{ role: "user", content: "Hi" }],
      chosen: [{ role: "assistant", content: "yes" }],
      rejected: [{ role: "assistant", content: "no" }],
      margin: 0,
      provenance: { turn: "t1", chosen: "r1", rejected: "r2", differ: ["c1"], verdict_source: "judge" },
    });
  });

  it("labels KTO rows, and SFT rows not: SFTTrainer would take a label for nothing", () => {
    const row: CompletionRow = {
      kind: "completion",
      prompt: [{ role: "user", content: "Hi" }],
      completion: "yes",
      desirable: true,
      provenance: { ...provenance, method: "kto" },
    };
    expect(trlRow(row)).toMatchObject({ completion: [{ role: "assistant", content: "yes" }], label: true });
    expect(trlRow({ ...row, provenance: { ...provenance, method: "sft" } })).not.toHaveProperty("label");
  });

  it("writes the same keys whatever a row lacks, so that no loader's column types depend on the first rows", () => {
    const bare: CompletionRow = {
      kind: "completion",
      prompt: [{ role: "user", content: "Hi" }],
      completion: "no",
      desirable: false,
      provenance: {
        method: "kto",
        turn: "t",
        profile: "p",
        rejected: { response: "r", merged: ["r"] },
        reversed: [],
        differ: [],
        verdictSource: "code",
      },
    };
    const full: CompletionRow = {
      ...bare,
      desirable: true,
      provenance: { ...provenance, method: "kto", chosen: { response: "r1", merged: ["r1"], model: "m" } },
    };
    const keysAndTypes = (row: CompletionRow) =>
      Object.entries(trlRow(row).provenance).map(([key, value]) => [key, Array.isArray(value) ? "list" : typeof value]);
    expect(keysAndTypes(bare)).toEqual(keysAndTypes(full));
  });
});
