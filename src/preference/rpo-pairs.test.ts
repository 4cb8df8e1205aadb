import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Drops } from "./drops.ts";
import { gap } from "./gap.ts";
import { mergeEqual } from "./merge.ts";
import { type RpoOptions, rpoPairs } from "./rpo-pairs.ts";
import { seededRandom } from "./seed.ts";
import type { PreferenceRow } from "./training-row.ts";
import type { Turn, VerdictVector } from "./turn.ts";

const [t, f, na] = [true, false, null];

/** A turn whose constraints are "Rule k." in the system message, one a line; the last one stands nowhere. */
function turnOf(vectors: readonly VerdictVector[]): Turn {
  const count = vectors[0]?.length ?? 0;
  const constraints = Array.from({ length: count }, (_, index) => ({ id: `c${index}`, text: `Rule ${index}.` }));
  return {
    id: "turn-1",
    profile: "cook",
    messages: [
      {
        role: "system",
        content: `You are a cook.\n${constraints
          .slice(0, -1)
          .map(({ text }) => `- ${text}`)
          .join("\n")}`,
      },
      { role: "user", content: "Soup?" },
    ],
    constraints,
    responses: vectors.map((verdicts, index) => ({ id: `r${index}`, text: `response ${index}`, model: "m", verdicts })),
    verdictSource: "code",
  };
}

const options = (changes: Partial<RpoOptions> = {}): RpoOptions => ({
  untriggered: "keep",
  minGap: 1,
  maxPairsPerTurn: null,
  prefer: "gap",
  reverse: ({ text }) => ({ text: `Never ${text.toLowerCase()}`, byRule: false }),
  findConflict: () => null,
  violates: () => false,
  isProtected: () => false,
  random: seededRandom("test"),
  ...changes,
});

function build(turn: Turn, changes: Partial<RpoOptions> = {}): { rows: PreferenceRow[]; drops: Drops } {
  const drops: Drops = {};
  return { rows: [...rpoPairs(turn, options(changes), drops)], drops };
}

describe("rpoPairs", () => {
  it("gives both directions, each under the prompt that its chosen response satisfies", () => {
    const { rows, drops } = build(
      turnOf([
        [t, f, t],
        [f, t, t],
      ]),
    );
    expect(drops).toEqual({});
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({
      kind: "preference",
      prompt: [
        {
          role: "system",
          content:
            "You are a cook.\n- Rule 0.\n- Never rule 1.\n\n" +
            "The following requirements hold. Where anything else differs from them, they prevail:\n1. Rule 2.",
        },
        { role: "user", content: "Soup?" },
      ],
      chosen: "response 0",
      rejected: "response 1",
      margin: 2,
      provenance: {
        method: "rpo",
        turn: "turn-1",
        profile: "cook",
        chosen: { response: "r0", merged: ["r0"], model: "m" },
        rejected: { response: "r1", merged: ["r1"], model: "m" },
        reversed: ["c1"],
        differ: ["c0", "c1"],
        verdictSource: "code",
      },
    });
    expect(rows[1]?.chosen).toBe("response 1");
    expect(rows[1]?.prompt[0]?.content).toContain("- Never rule 0.\n- Rule 1.");
    expect(rows[1]?.provenance.reversed).toEqual(["c0"]);
  });

  it("reverses a constraint that the chosen fails and the rejected has no verdict on, without counting it", () => {
    const { rows } = build(
      turnOf([
        [t, f],
        [f, na],
      ]),
    );
    const forward = rows.find((row) => row.chosen === "response 0");
    expect(forward?.margin).toBe(1);
    expect(forward?.provenance).toMatchObject({ reversed: ["c1"], differ: ["c0"] });
    expect(forward?.prompt[0]?.content).toContain("Never rule 1.");
  });

  it("lists a reverse by rule where the constraint stands inside a clause", () => {
    const turn = { ...turnOf([[t], [f]]), messages: [{ role: "user" as const, content: "Always Rule 0. Soup?" }] };
    const promptWith = (byRule: boolean): unknown =>
      build(turn, { reverse: () => ({ text: "Break it", byRule }) }).rows.find((row) => row.chosen === "response 1")
        ?.prompt;
    expect(promptWith(false)).toEqual([{ role: "user", content: "Always Break it Soup?" }]);
    expect(promptWith(true)).toEqual([
      { role: "system", content: expect.stringContaining("they prevail:\n1. Break it") },
      { role: "user", content: "Always Rule 0. Soup?" },
    ]);
  });

  it("leaves out a chosen response that code finds to violate a reverse by rule, and takes another of its group", () => {
    const turn = turnOf([
      [t, t],
      [f, t],
      [f, t],
    ]);
    const wanting = (responses: readonly string[], byRule = true): { rows: PreferenceRow[]; drops: Drops } =>
      build(turn, {
        reverse: ({ text }) => ({ text: `Never ${text}`, byRule }),
        violates: (text, query, response) => {
          expect([text, query]).toEqual(["Never Rule 0.", "Soup?"]);
          return responses.includes(response);
        },
      });
    const all = wanting(["response 1", "response 2"]);
    expect(all.rows.map((row) => row.chosen)).toEqual(["response 0"]);
    expect(all.drops).toEqual({ violated: 1 });
    const one = wanting(["response 1"]);
    expect(one.drops).toEqual({});
    expect(one.rows[1]).toMatchObject({ chosen: "response 2", provenance: { chosen: { merged: ["r1", "r2"] } } });
    expect(wanting(["response 1", "response 2"], false).rows).toHaveLength(2);
  });

  it("never reverses what is protected, whatever the reverse given, and asks for no reverse beside it", () => {
    const asked: string[] = [];
    const { rows, drops } = build(
      turnOf([
        [t, t],
        [f, f],
      ]),
      {
        isProtected: (text) => text === "Rule 1.",
        reverse: ({ id }) => {
          asked.push(id);
          return { text: "Reversed.", byRule: false };
        },
      },
    );
    expect(rows.map((row) => row.chosen)).toEqual(["response 0"]);
    expect(drops).toEqual({ protected: 1 });
    expect(asked).toEqual([]);
  });

  it("keeps or drops what is untriggered for the chosen", () => {
    const turn = turnOf([
      [t, na, t],
      [f, t, t],
    ]);
    const forward = (untriggered: "keep" | "drop"): string | undefined =>
      build(turn, { untriggered }).rows.find((row) => row.chosen === "response 0")?.prompt[0]?.content;
    expect(forward("keep")).toContain("- Rule 0.\n- Rule 1.");
    expect(forward("drop")).not.toContain("Rule 1.");
    expect(forward("drop")).toContain("- Rule 0.");
  });

  it("merges equal vectors, draws the one that stands for them, and names them all", () => {
    const turn = turnOf([
      [t, t],
      [f, t],
      [t, t],
      [t, t],
      [f, t],
    ]);
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      const { rows } = build(turn, { random: seededRandom(seed) });
      expect(rows).toHaveLength(2);
      for (const row of rows) seen.add(`${row.chosen} > ${row.rejected}`);
      const up = rows.find((row) => row.provenance.reversed.length === 0);
      expect(up?.provenance.chosen?.merged).toEqual(["r0", "r2", "r3"]);
      expect(up?.provenance.rejected?.merged).toEqual(["r1", "r4"]);
    }
    expect(seen.size).toBe(12); // 3 × 2 in either direction
    expect(build(turn).rows).toEqual(build(turn).rows);
  });

  it("leaves out the direction whose chosen fails what cannot be reversed", () => {
    const { rows, drops } = build(
      turnOf([
        [t, t, f],
        [f, t, t],
      ]),
      {
        reverse: ({ id }) => (id === "c0" ? null : { text: "Reversed.", byRule: false }),
      },
    );
    expect(rows.map((row) => row.chosen)).toEqual(["response 0"]);
    expect(drops).toEqual({ irreversible: 1 });
  });

  it("leaves out prompts that contradict themselves, shown all texts in force", () => {
    const shown: (readonly string[])[] = [];
    const { rows, drops } = build(
      turnOf([
        [t, t, na],
        [f, t, na],
      ]),
      {
        untriggered: "drop",
        findConflict: (texts) => {
          shown.push(texts);
          return texts.includes("Never rule 0.") ? { reason: "0 and 1" } : null;
        },
      },
    );
    expect(rows.map((row) => row.chosen)).toEqual(["response 0"]);
    expect(drops).toEqual({ conflict: 1 });
    expect(shown).toEqual([
      ["Rule 0.", "Rule 1."],
      ["Never rule 0.", "Rule 1."],
    ]);
  });

  it("counts a constraint listed twice with different verdicts as a conflict", () => {
    const turn = turnOf([
      [t, t],
      [t, f],
    ]);
    const twice = { ...turn, constraints: turn.constraints.map(({ id }) => ({ id, text: "Rule 0." })) };
    expect(build(twice).drops).toEqual({ conflict: 1 });
  });

  it("leaves out small gaps, responses without text, and equal texts", () => {
    const vectors = [
      [t, t, t],
      [t, t, f],
      [f, f, f],
    ];
    expect(build(turnOf(vectors), { minGap: 2 }).rows.map((row) => row.margin)).toEqual([3, 3, 2, 2]);
    expect(build(turnOf(vectors), { minGap: 2 }).drops).toEqual({ min_gap: 2 });
    const turn = turnOf(vectors);
    const [first, second, third] = turn.responses;
    const silent = { ...turn, responses: [first!, { ...second!, text: null }, { ...third!, text: first!.text }] };
    expect(build(silent)).toEqual({ rows: [], drops: { no_text: 1, same_text: 2 } });
  });

  it("makes couples of the responses most alike, and keeps those couples, where asked", () => {
    const text = "Take the causeway before noon.";
    const texts = ["Quite another answer.", text, `Right then, ${text}`, "No."];
    const turn = turnOf([
      [f, t],
      [f, t],
      [t, t],
      [t, f],
    ]);
    const written = { ...turn, responses: turn.responses.map((response, i) => ({ ...response, text: texts[i]! })) };
    const { rows, drops } = build(written, { prefer: "likeness", maxPairsPerTurn: 2 });
    expect(rows.map(({ chosen, rejected }) => [chosen, rejected]).sort()).toEqual([
      [texts[2], texts[1]],
      [texts[1], texts[2]],
    ]);
    expect(drops).toEqual({ max_pairs_per_turn: 4 });
  });

  it("has the same two responses in both directions of a couple, side by side", () => {
    const vectors: VerdictVector[] = [t, t, f, f, na].flatMap((one) => [f, t].map((other) => [one, other, t]));
    const { rows } = build(turnOf([...vectors, ...vectors]));
    expect(rows.length).toBeGreaterThan(20);
    for (let i = 0; i < rows.length; i += 2) {
      expect(rows[i]!.chosen).toBe(rows[i + 1]!.rejected);
      expect(rows[i]!.rejected).toBe(rows[i + 1]!.chosen);
    }
  });

  it("keeps the largest gaps of a turn that has too many pairs, by lot within a gap", () => {
    const turn = turnOf([
      [t, t, t],
      [t, t, f],
      [t, f, f],
      [f, f, f],
    ]);
    const gaps = (maxPairsPerTurn: number | null, seed = 1): number[] =>
      build(turn, { maxPairsPerTurn, random: seededRandom(seed) }).rows.map((row) => row.margin);
    expect(gaps(null).sort()).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3]);
    expect(gaps(3)).toEqual([3, 3, 2]);
    expect(build(turn, { maxPairsPerTurn: 3 }).drops).toEqual({ max_pairs_per_turn: 9 });
    const third = (seed: number): string | undefined => {
      const row = build(turn, { maxPairsPerTurn: 3, random: seededRandom(seed) }).rows[2];
      return `${row?.chosen} > ${row?.rejected}`;
    };
    expect(new Set(Array.from({ length: 40 }, (_, seed) => third(seed))).size).toBe(4);
    expect(third(7)).toBe(third(7));
  });

  it("holds for any verdicts: the chosen is perfect, the rejected fails the margin, both directions are there", () => {
    const vectors = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 })).chain(([n, count]) => {
      const vector = fc.array(fc.constantFrom(t, f, na), { minLength: n, maxLength: n });
      return fc.array(vector, { minLength: count, maxLength: count });
    });
    fc.assert(
      fc.property(vectors, fc.constantFrom("keep" as const, "drop" as const), (matrix, untriggered) => {
        const turn = turnOf(matrix);
        const { rows } = build(turn, { untriggered });
        const groups = mergeEqual(turn.responses);
        let expected = 0;
        for (const a of groups) for (const b of groups) if (gap(a.verdicts, b.verdicts) > 0) expected += 1;
        expect(rows).toHaveLength(expected);
        const groupOf = (side: "chosen" | "rejected", row: PreferenceRow): string =>
          row.provenance[side]?.merged[0] ?? "";
        const directions = new Set(rows.map((row) => `${groupOf("chosen", row)} ${groupOf("rejected", row)}`));
        expect(directions.size).toBe(expected);
        for (const row of rows) {
          const verdictsOf = (text: string): VerdictVector => matrix[Number(text.split(" ")[1])] ?? [];
          const [chosen, rejected] = [verdictsOf(row.chosen), verdictsOf(row.rejected)];
          expect(directions).toContain(`${groupOf("rejected", row)} ${groupOf("chosen", row)}`);
          let failed = 0;
          for (const [index, { id, text }] of turn.constraints.entries()) {
            const prompt = row.prompt.map(({ content }) => content).join("\n");
            const reversed = row.provenance.reversed.includes(id);
            const kept = prompt.includes(text);
            expect(prompt.includes(`Never ${text.toLowerCase()}`)).toBe(reversed);
            expect(reversed).toBe(chosen[index] === false);
            if (reversed) expect(kept).toBe(false);
            else expect(kept).toBe(chosen[index] === true || untriggered === "keep");
            const judged = chosen[index] !== null && rejected[index] !== null;
            if (judged && (rejected[index] === true) === reversed) failed += 1;
          }
          expect(failed).toBe(row.margin);
          expect(row.provenance.differ).toHaveLength(row.margin);
        }
      }),
      { numRuns: 500 },
    );
  });
});
