import { describe, expect, it } from "vitest";
import { dpoPairs } from "./dpo-pairs.ts";
import type { Drops } from "./drops.ts";
import { seededRandom } from "./seed.ts";
import type { PreferenceRow } from "./training-row.ts";
import type { Turn, VerdictVector } from "./turn.ts";

const [t, f, na] = [true, false, null];

const turnOf = (vectors: readonly VerdictVector[]): Turn => ({
  id: "turn-1",
  profile: "cook",
  messages: [
    { role: "system", content: "Rule 0. Rule 1." },
    { role: "user", content: "Soup?" },
  ],
  constraints: (vectors[0] ?? []).map((_, index) => ({ id: `c${index}`, text: `Rule ${index}.` })),
  responses: vectors.map((verdicts, index) => ({ id: `r${index}`, text: `response ${index}`, verdicts })),
  verdictSource: "code",
});

function build(
  turn: Turn,
  { minGap = 1, maxPairsPerTurn = null }: { minGap?: number; maxPairsPerTurn?: number | null } = {},
): { rows: PreferenceRow[]; drops: Drops } {
  const drops: Drops = {};
  return { rows: [...dpoPairs(turn, { minGap, maxPairsPerTurn, random: seededRandom("test") }, drops)], drops };
}

describe("dpoPairs", () => {
  it("chooses the higher score under the original prompt, with no margin", () => {
    const turn = turnOf([
      [f, f, t],
      [t, t, f],
    ]);
    expect(build(turn).rows).toEqual([
      {
        kind: "preference",
        prompt: turn.messages,
        chosen: "response 1",
        rejected: "response 0",
        margin: 0,
        provenance: {
          method: "dpo",
          turn: "turn-1",
          profile: "cook",
          chosen: { response: "r1", merged: ["r1"] },
          rejected: { response: "r0", merged: ["r0"] },
          reversed: [],
          differ: ["c0", "c1", "c2"],
          verdictSource: "code",
        },
      },
    ]);
  });

  it("drops ties, and leads under the minimum", () => {
    expect(
      build(
        turnOf([
          [t, f],
          [f, t],
          [f, f],
        ]),
      ),
    ).toMatchObject({ rows: { length: 2 }, drops: { ties: 1 } });
    const { rows, drops } = build(
      turnOf([
        [t, t, t],
        [t, f, f],
        [f, t, t],
      ]),
      { minGap: 2 },
    );
    expect(rows.map((row) => [row.chosen, row.rejected])).toEqual([["response 0", "response 1"]]);
    expect(drops).toEqual({ min_gap: 2 });
  });

  it("scores by the constraints that both have a verdict on", () => {
    const { rows } = build(
      turnOf([
        [t, t, na],
        [na, f, t],
      ]),
    );
    expect(rows.map((row) => row.chosen)).toEqual(["response 0"]);
    expect(
      build(
        turnOf([
          [t, t, na],
          [na, t, t],
        ]),
      ).drops,
    ).toEqual({ ties: 1 });
  });

  it("keeps the largest leads of a turn that has too many pairs", () => {
    const { rows, drops } = build(
      turnOf([
        [t, t, t],
        [t, t, f],
        [f, f, f],
      ]),
      { maxPairsPerTurn: 1 },
    );
    expect(rows.map((row) => [row.chosen, row.rejected])).toEqual([["response 0", "response 2"]]);
    expect(drops).toEqual({ max_pairs_per_turn: 2 });
  });

  it("leaves out responses without text and pairs of equal texts", () => {
    const turn = turnOf([
      [t, t],
      [t, f],
      [f, f],
    ]);
    const [first, second, third] = turn.responses;
    const silent = { ...turn, responses: [first!, { ...second!, text: null }, { ...third!, text: first!.text }] };
    expect(build(silent)).toEqual({ rows: [], drops: { no_text: 1, same_text: 1 } });
  });
});
