import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Turn } from "../preference/turn.ts";
import { NO_REVERSALS, type Reversals, readReversals } from "./reversal-file.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-reversals-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function reversalsOf(rows: readonly unknown[]): Promise<Reversals> {
  const path = join(dir, "reversals.jsonl");
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  return await readReversals(path);
}

const turn = (id: string, constraints: Turn["constraints"]): Turn => ({
  id,
  profile: "p",
  messages: [{ role: "user", content: "q" }],
  constraints,
  responses: [],
  verdictSource: "code",
});

describe("readReversals", () => {
  it("finds a reversal by text, by id, and by turn and id, the closest first", async () => {
    const reversals = await reversalsOf([
      { text: "A", reversed: "not A by text" },
      { text: "Refuse X", reversed: null },
      { id: "b", reversed: "not B by id" },
      { turn: "t2", id: "b", reversed: "not B in t2" },
    ]);
    expect(reversals.find("t1", { id: "a", text: "A" })).toBe("not A by text");
    expect(reversals.find("t1", { id: "a", text: "Refuse X" })).toBeNull();
    expect(reversals.find("t1", { id: "b", text: "A" })).toBe("not B by id");
    expect(reversals.find("t2", { id: "b", text: "A" })).toBe("not B in t2");
    expect(reversals.find("t1", { id: "c", text: "C" })).toBeUndefined();
    expect(NO_REVERSALS.find("t1", { id: "a", text: "A" })).toBeUndefined();
  });

  it("ignores rows that are not filled in, also beside filled ones, as in two lists put together", async () => {
    const reversals = await reversalsOf([
      { text: "A" },
      { text: "A", reversed: "not A" },
      { text: "B" },
      { text: "B" },
      { id: "no turn's" },
    ]);
    expect(reversals.find("t1", { id: "a", text: "A" })).toBe("not A");
    expect(reversals.find("t1", { id: "b", text: "B" })).toBeUndefined();
    expect(() => reversals.finish()).not.toThrow();
  });

  it("says which id no turn has", async () => {
    const rows = [
      { id: "a", reversed: "x" },
      { id: "nope", reversed: "x" },
    ];
    const reversals = await reversalsOf(rows);
    reversals.meet(turn("t1", [{ id: "a", text: "A" }]));
    expect(() => reversals.finish()).toThrow(/reversals\.jsonl:2: id: no turn has a constraint "nope"/);
    const inTurn = await reversalsOf([{ turn: "t9", id: "a", reversed: "x" }]);
    inTurn.meet(turn("t1", [{ id: "a", text: "A" }]));
    expect(() => inTurn.finish()).toThrow(/:1: id: there is no turn "t9" with a constraint "a"/);
    const known = await reversalsOf([
      { id: "a", reversed: "x" },
      { text: "in no turn", reversed: "x" },
    ]);
    known.meet(turn("t1", [{ id: "a", text: "A" }]));
    expect(() => known.finish()).not.toThrow();
  });

  it("refuses an id that stands for different texts, unless its turn is given", async () => {
    const first = turn("t1", [{ id: "1", text: "A" }]);
    const second = turn("t2", [{ id: "1", text: "B" }]);
    const reversals = await reversalsOf([{ id: "1", reversed: "x" }]);
    reversals.meet(first);
    expect(() => reversals.meet(second)).toThrow(/"1" stands for different texts.*t2/);
    const precise = await reversalsOf([{ turn: "t1", id: "1", reversed: "x" }]);
    precise.meet(first);
    precise.meet(second);
    expect(() => precise.finish()).not.toThrow();
  });

  it.each<[string, unknown[], RegExp]>([
    [
      "a text twice",
      [
        { text: "A", reversed: "x" },
        { text: "A", reversed: "y" },
      ],
      /:2: text: is reversed on line 1 already/,
    ],
    [
      "an id twice",
      [
        { id: "a", reversed: "x" },
        { id: "a", reversed: "y" },
      ],
      /:2: id: is reversed on line 1 already/,
    ],
    ["the constraint itself", [{ text: "A", reversed: "A" }], /:1: reversed: is the constraint itself/],
    ["a blank reversal", [{ text: "A", reversed: " " }], /:1: reversed: must not be blank/],
    ["an unknown field", [{ text: "A", reversed: "x", note: 1 }], /:1: row: Unrecognized key: "note"/],
    ["no object", ["A"], /:1: row: /],
  ])("names line and field: %s", async (_name, rows, expected) => {
    await expect(reversalsOf(rows)).rejects.toThrow(expected);
  });
});
