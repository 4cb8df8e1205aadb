import { describe, expect, it } from "vitest";
import { reverse } from "../constraint/complement.ts";
import type { Constraint } from "../constraint/expression.ts";
import { verdictOn, viewOf } from "../constraint/verdict.ts";
import { render } from "../constraint/wording/render.ts";
import { classify } from "../preference/case.ts";
import { gap } from "../preference/gap.ts";
import { EXAMPLE, workedExample } from "./worked-example.ts";

/** The example's constraints as expressions. */
const EXPRESSIONS: readonly Constraint[] = [
  { must: { measure: "words", in: [[0, 20]] } },
  { must: { measure: "occurrences", arg: { phrase: "umbrella" }, in: [[1, null]] } },
  { must: { measure: "marks", arg: { mark: "comma" }, in: [[0, 0]] } },
  { must: { measure: "ends-with", arg: { phrase: "Safe travels." }, in: [[1, null]] } },
];

describe("the worked example", () => {
  it("says what the code says", () => {
    for (const [index, constraint] of EXPRESSIONS.entries()) {
      const shown = EXAMPLE.constraints[index];
      expect(`The response must ${shown?.must}.`).toBe(render(constraint, "en"));
      expect(`The response must ${shown?.reversed}.`).toBe(render(reverse(constraint), "en"));
      for (const name of ["A", "B"] as const) {
        const response = viewOf(EXAMPLE.responses[name]);
        expect(verdictOn(constraint, response)).toBe(shown?.[name] ? "pass" : "fail");
        expect(verdictOn(reverse(constraint), response)).toBe(shown?.[name] ? "fail" : "pass");
      }
    }
  });

  it("is a tie with a gap of 2", () => {
    const vector = (name: "A" | "B"): boolean[] => EXAMPLE.constraints.map((constraint) => constraint[name]);
    expect(classify(vector("A"), vector("B"))).toBe(2);
    expect(gap(vector("A"), vector("B"))).toBe(2);
  });

  it("shows the chosen one perfect in both rewritten readings", () => {
    const [written, forA, forB] = workedExample().text.split('class="card reading"').slice(1);
    const passes = (part: string | undefined): number => part?.match(/class="sign pass"/g)?.length ?? 0;
    expect([written, forA, forB].map(passes)).toEqual([4, 6, 6]);
  });
});
