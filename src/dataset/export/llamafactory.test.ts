import { describe, expect, it } from "vitest";
import type { CompletionRow, PreferenceRow } from "../../preference/training-row.ts";
import { datasetInfo, sharegptObjection, sharegptRow } from "./llamafactory.ts";

const pair: PreferenceRow = {
  kind: "preference",
  prompt: [
    { role: "system", content: "Rules." },
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
    { role: "user", content: "Go on" },
  ],
  chosen: "yes",
  rejected: "no",
  margin: 3,
  provenance: {
    method: "rpo",
    turn: "t1",
    profile: "p1",
    chosen: { response: "r1", merged: ["r1", "r4"], model: "m" },
    rejected: { response: "r2", merged: ["r2"] },
    reversed: ["c1"],
    differ: ["c1", "c2", "c3"],
    verdictSource: "code",
  },
};

const completion: CompletionRow = {
  kind: "completion",
  prompt: [{ role: "user", content: "Hi" }],
  completion: "bad",
  desirable: false,
  provenance: {
    method: "kto",
    turn: "t1",
    profile: "p1",
    rejected: { response: "r2", merged: ["r2"] },
    reversed: [],
    differ: [],
    verdictSource: "code",
  },
};

describe("sharegptRow", () => {
  it("writes a pair in sharegpt's tags, with margin, sid, tid and provenance", () => {
    expect(sharegptRow(pair)).toEqual({
      conversations: [
        { from: "system", value: "Rules." },
        { from: "human", value: "Hi" },
        { from: "gpt", value: "Hello" },
        { from: "human", value: "Go on" },
      ],
      chosen: { from: "gpt", value: "yes" },
      rejected: { from: "gpt", value: "no" },
      margin: 3,
      sid: "p1",
      tid: "t1",
      provenance: {
        method: "rpo",
        turn: "t1",
        profile: "p1",
        chosen: "r1",
        chosen_model: "m",
        chosen_merged: ["r1", "r4"],
        rejected: "r2",
        rejected_model: "",
        rejected_merged: ["r2"],
        reversed: ["c1"],
        differ: ["c1", "c2", "c3"],
        verdict_source: "code",
      },
    });
  });

  it("ends a KTO or SFT conversation with the response; only KTO has a tag", () => {
    const conversations = [
      { from: "human", value: "Hi" },
      { from: "gpt", value: "bad" },
    ];
    expect(sharegptRow(completion)).toMatchObject({ conversations, kto_tag: false, provenance: { response: "r2" } });
    const sft: CompletionRow = {
      ...completion,
      desirable: true,
      provenance: { ...completion.provenance, method: "sft" },
    };
    expect(sharegptRow(sft)).toMatchObject({ conversations });
    expect(sharegptRow(sft)).not.toHaveProperty("kto_tag");
  });
});

describe("sharegptObjection", () => {
  const roles = (...names: ("system" | "user" | "assistant")[]) => names.map((role) => ({ role, content: "x" }));

  it("takes an optional system turn and an odd number of alternating turns", () => {
    expect(sharegptObjection(roles("user"))).toBeNull();
    expect(sharegptObjection(roles("system", "user"))).toBeNull();
    expect(sharegptObjection(roles("system", "user", "assistant", "user"))).toBeNull();
  });

  it("says which turn LLaMA-Factory would drop the row for", () => {
    expect(sharegptObjection(roles("user", "user"))).toMatch(/turn 2 .*"user"/);
    expect(sharegptObjection(roles("system", "assistant", "user"))).toMatch(/turn 1 .*"assistant"/);
    expect(sharegptObjection(roles("user", "assistant", "system", "user"))).toMatch(/turn 3 .*"system"/);
    expect(sharegptObjection(roles("user", "assistant"))).toMatch(/does not end with a user turn/);
    expect(sharegptObjection(roles("system"))).toMatch(/does not end with a user turn/);
  });
});

describe("datasetInfo", () => {
  const columns = { messages: "conversations", chosen: "chosen", rejected: "rejected", margin: "margin" };

  it("registers an RPO set for stock code and, apart, for the converter that keeps the margin", () => {
    expect(datasetInfo("rpo", { train: "train.jsonl", validation: "validation.jsonl" })).toEqual({
      rpo: { file_name: "train.jsonl", formatting: "sharegpt", ranking: true, columns },
      rpo_validation: { file_name: "validation.jsonl", formatting: "sharegpt", ranking: true, columns },
      rpo_margin: { file_name: "train.jsonl", formatting: "rpo_sharegpt", ranking: true, columns },
      rpo_margin_validation: { file_name: "validation.jsonl", formatting: "rpo_sharegpt", ranking: true, columns },
    });
  });

  it("registers only the files that are there, and unpaired sets without ranking", () => {
    expect(datasetInfo("kto", { train: "train.jsonl" })).toEqual({
      kto: {
        file_name: "train.jsonl",
        formatting: "sharegpt",
        columns: { messages: "conversations", kto_tag: "kto_tag" },
      },
    });
    expect(Object.keys(datasetInfo("dpo", { validation: "validation.jsonl" }))).toEqual(["dpo_validation"]);
    expect(datasetInfo("sft", { train: "a" }).sft?.columns).toEqual({ messages: "conversations" });
  });
});
