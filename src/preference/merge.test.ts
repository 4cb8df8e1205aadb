import { describe, expect, it } from "vitest";
import { mergeEqual } from "./merge.ts";
import type { TurnResponse, VerdictVector } from "./turn.ts";

const response = (id: string, verdicts: VerdictVector): TurnResponse => ({ id, text: id, verdicts });

describe("mergeEqual", () => {
  it("groups equal vectors in the order of the input, null being a value of its own", () => {
    const groups = mergeEqual([
      response("a", [true, false]),
      response("b", [true, null]),
      response("c", [true, false]),
      response("d", [null, true]),
      response("e", [true, null]),
    ]);
    expect(groups.map((group) => group.responses.map(({ id }) => id))).toEqual([["a", "c"], ["b", "e"], ["d"]]);
    expect(groups.map((group) => group.verdicts)).toEqual([
      [true, false],
      [true, null],
      [null, true],
    ]);
  });

  it("gives nothing for nothing", () => {
    expect(mergeEqual([])).toEqual([]);
  });
});
