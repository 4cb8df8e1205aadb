import { expect, it } from "vitest";
import {
  addTallies,
  EMPTY_TALLY,
  type JudgedResponses,
  satisfactionByProfile,
  satisfactionOf,
  tallyOf,
} from "./satisfaction.ts";

it("counts pass over pass and fail, and a response as satisfied when it fails nothing", () => {
  const tallies = [["pass", "fail", "na"] as const, ["pass", "na", null] as const, ["na", null] as const].map(tallyOf);
  expect(tallies).toEqual([
    { passed: 1, judged: 2, satisfied: 0, responses: 1 },
    { passed: 1, judged: 1, satisfied: 1, responses: 1 },
    EMPTY_TALLY, // nothing was asked of it: it is no success
  ]);
  expect(satisfactionOf(tallies.reduce(addTallies))).toEqual({ constraintSatisfaction: 2 / 3, allSatisfied: 1 / 2 });
  expect(satisfactionOf(EMPTY_TALLY)).toEqual({ constraintSatisfaction: Number.NaN, allSatisfied: Number.NaN });
});

it("tells profiles apart, both forms together", () => {
  const turn = (profile: string, form: "original" | "reversed", ...verdicts: ("pass" | "fail")[]): JudgedResponses => ({
    id: `${profile}/q1/${form}`,
    profile,
    question: `${profile}/q1`,
    form,
    samples: [{ sample: 0, verdicts }],
  });
  expect(
    satisfactionByProfile([
      turn("a", "original", "pass", "pass"),
      turn("a", "reversed", "fail", "pass"),
      turn("b", "original", "fail"),
    ]),
  ).toEqual({
    a: { constraintSatisfaction: 3 / 4, allSatisfied: 1 / 2 },
    b: { constraintSatisfaction: 0, allSatisfied: 0 },
  });
});
