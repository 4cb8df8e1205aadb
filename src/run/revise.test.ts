import { expect, test } from "vitest";
import { atom } from "../constraint/expression.ts";
import { atMost, SOME } from "../constraint/interval.ts";
import type { JudgedTurn } from "./judge.ts";
import { reviseTurn, samplesAlone } from "./revise.ts";
import { turnRow } from "./turn-rows.ts";

const startsWith = (phrase: string) => ({ must: atom("starts-with", SOME, { phrase }) });
const constraint = (id: string, check: JudgedTurn["constraints"][number]["check"]) => ({
  id,
  text: id,
  check,
  reversed: null,
});

function turn(
  ...samples: readonly (readonly [text: string, verdicts: readonly ("pass" | "fail" | "na")[]])[]
): JudgedTurn {
  return {
    id: "p/q1",
    profile: "p",
    language: "en",
    query: "Which way?",
    messages: [{ role: "user", content: "Which way?" }],
    constraints: [
      constraint("c1", startsWith("Right then,")),
      constraint("c2", { must: atom("characters", atMost(30)) }),
      constraint("c3", { must: atom("language", SOME, { language: "de" }) }),
    ],
    request: "r",
    samples: samples.map(([text, verdicts], sample) => ({ sample, text, verdicts, finishReason: "stop", tokens: 9 })),
  };
}

test("beside each sample stands an edit that satisfies one constraint more and breaks none", () => {
  const revised = reviseTurn(
    turn(["Go left.", ["fail", "pass", "fail"]], ["Right then, left.", ["pass", "pass", "fail"]]),
    1,
  );
  expect(revised.samples).toHaveLength(3);
  expect(revised.samples[2]).toMatchObject({
    sample: 2,
    text: "Right then, Go left.",
    verdicts: ["pass", "pass", "fail"],
    revision: { of: 0, constraint: "c1" },
  });
  expect(samplesAlone(revised).samples).toHaveLength(2);
});

test("an edit that would break another constraint is not taken", () => {
  const revised = reviseTurn(turn(["Go left at the second gate.", ["fail", "pass", "fail"]]), 1);
  expect(revised.samples).toHaveLength(1);
});

test("the turn table names the sample, the constraint and the rule", () => {
  const { responses } = turnRow(reviseTurn(turn(["Go left.", ["fail", "pass", "fail"]]), 1), "tiny");
  expect(responses.map(({ id, model }) => [id, model])).toEqual([
    ["s1", "tiny"],
    ["s1+c1", "tiny, edited by rule"],
  ]);
});

test("the seed decides which constraint", () => {
  const long = turn(["Go left at the second gate.\nThen right.", ["fail", "fail", "fail"]]);
  const chosen = new Set(
    Array.from({ length: 20 }, (_, seed) => reviseTurn(long, seed).samples[1]?.revision?.constraint),
  );
  expect(chosen).toEqual(new Set(["c1", "c2"]));
  expect(reviseTurn(long, 3)).toEqual(reviseTurn(long, 3));
});
