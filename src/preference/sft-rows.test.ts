import { describe, expect, it } from "vitest";
import type { Drops } from "./drops.ts";
import { seededRandom } from "./seed.ts";
import { sftRows } from "./sft-rows.ts";
import type { Turn, VerdictVector } from "./turn.ts";

const [t, f, na] = [true, false, null];

const turnOf = (vectors: readonly VerdictVector[]): Turn => ({
  id: "turn-1",
  profile: "cook",
  messages: [{ role: "user", content: "Soup?" }],
  constraints: (vectors[0] ?? []).map((_, index) => ({ id: `c${index}`, text: `Rule ${index}.` })),
  responses: vectors.map((verdicts, index) => ({ id: `r${index}`, text: `response ${index}`, verdicts })),
  verdictSource: "judge",
});

describe("sftRows", () => {
  it("gives the response with the largest share of satisfied constraints, under the original prompt", () => {
    const turn = turnOf([
      [t, f, f],
      [t, t, f],
      [t, na, na],
    ]);
    expect([...sftRows(turn, { random: seededRandom("test") }, {})]).toEqual([
      {
        kind: "completion",
        prompt: turn.messages,
        completion: "response 2",
        desirable: true,
        provenance: {
          method: "sft",
          turn: "turn-1",
          profile: "cook",
          chosen: { response: "r2", merged: ["r2"] },
          reversed: [],
          differ: [],
          verdictSource: "judge",
        },
      },
    ]);
  });

  it("draws between equally good ones by the seed", () => {
    const turn = turnOf([
      [t, f],
      [f, t],
      [f, f],
    ]);
    const drawn = (seed: number): string | undefined =>
      [...sftRows(turn, { random: seededRandom(seed) }, {})][0]?.completion;
    const all = Array.from({ length: 40 }, (_, seed) => drawn(seed));
    expect(new Set(all)).toEqual(new Set(["response 0", "response 1"]));
    expect(drawn(3)).toBe(drawn(3));
  });

  it("gives nothing where no response has both a text and a verdict", () => {
    const drops: Drops = {};
    const turn = turnOf([[na], [t]]);
    const [first, second] = turn.responses;
    const mute = { ...turn, responses: [first!, { ...second!, text: null }] };
    expect([...sftRows(mute, { random: seededRandom("test") }, drops)]).toEqual([]);
    expect(drops).toEqual({ unjudged: 1, no_text: 1 });
  });
});
