import { describe, expect, it } from "vitest";
import type { Provenance, TrainingRow } from "../preference/training-row.ts";
import { jsonLine } from "./jsonl.ts";
import { TrainingRowEncoder } from "./training-row-line.ts";

const provenance = (turn: string): Provenance => ({
  method: "rpo",
  turn,
  profile: "p",
  chosen: { response: "a", merged: ["a", "字"], model: "m" },
  reversed: ["c"],
  differ: [],
  verdictSource: "code",
});

describe("TrainingRowEncoder", () => {
  it("gives the bytes of jsonLine, for rows that share prompts and texts and rows that do not", () => {
    const prompt = [{ role: "user" as const, content: 'Soup "now"?\n汤 😀' }];
    const other = [{ role: "user" as const, content: "Half an emoji \ud83d" }];
    const rows: TrainingRow[] = [
      { kind: "preference", prompt, chosen: "x", rejected: "y\u0007", margin: 3, provenance: provenance("1") },
      { kind: "preference", prompt, chosen: "y\u0007", rejected: "\udc00z", margin: 0, provenance: provenance("1") },
      { kind: "preference", prompt: other, chosen: "x", rejected: "", margin: 12, provenance: provenance("2\ud83d") },
      { kind: "completion", prompt, completion: "x", desirable: true, provenance: provenance("2") },
      { kind: "completion", prompt: other, completion: "字", desirable: false, provenance: provenance("3") },
    ];
    const encoder = new TrainingRowEncoder();
    for (const row of rows) {
      const bytes = Buffer.concat(encoder.encode(row));
      expect(bytes.toString("utf8")).toBe(jsonLine(row));
    }
  });
});
