import { describe, expect, it } from "vitest";
import type { Drops } from "./drops.ts";
import { ACCEPTED_SHARE, ktoRows } from "./kto-rows.ts";
import type { Turn, VerdictVector } from "./turn.ts";

const [t, f, na] = [true, false, null];

const turnOf = (vectors: readonly VerdictVector[]): Turn => ({
  id: "turn-1",
  profile: "cook",
  messages: [{ role: "user", content: "Soup?" }],
  constraints: (vectors[0] ?? []).map((_, index) => ({ id: `c${index}`, text: `Rule ${index}.` })),
  responses: vectors.map((verdicts, index) => ({ id: `r${index}`, text: `response ${index}`, verdicts })),
  verdictSource: "code",
});

describe("ktoRows", () => {
  it("gives every response, desirable from the share wanted of its judged constraints", () => {
    const drops: Drops = {};
    const turn = turnOf([
      [t, t, t, f],
      [t, t, f, f],
      [t, na, na, na],
      [na, na, na, na],
    ]);
    const rows = [...ktoRows(turn, { desirable: 0.75 }, drops)];
    expect(rows.map((row) => [row.completion, row.desirable])).toEqual([
      ["response 0", true],
      ["response 1", false],
      ["response 2", true],
    ]);
    expect(drops).toEqual({ unjudged: 1 });
    expect(rows[0]?.prompt).toEqual(turn.messages);
    expect(rows[0]?.provenance).toEqual({
      method: "kto",
      turn: "turn-1",
      profile: "cook",
      chosen: { response: "r0", merged: ["r0"] },
      reversed: [],
      differ: [],
      verdictSource: "code",
    });
    expect(rows[1]?.provenance).toMatchObject({ rejected: { response: "r1" } });
    expect(rows[1]?.provenance.chosen).toBeUndefined();
  });

  it("accepts from 0.7 as the method does", () => {
    const tenth = (satisfied: number): VerdictVector => Array.from({ length: 10 }, (_, index) => index < satisfied);
    const rows = [...ktoRows(turnOf([tenth(7), tenth(6)]), { desirable: ACCEPTED_SHARE }, {})];
    expect(rows.map((row) => row.desirable)).toEqual([true, false]);
  });

  it("leaves out responses without text", () => {
    const turn = turnOf([[t]]);
    const drops: Drops = {};
    const silent = { ...turn, responses: turn.responses.map((response) => ({ ...response, text: null })) };
    expect([...ktoRows(silent, { desirable: 0.7 }, drops)]).toEqual([]);
    expect(drops).toEqual({ no_text: 1 });
  });
});
