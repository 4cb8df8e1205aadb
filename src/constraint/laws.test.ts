// The two laws that the whole project stands on, and the third that keeps wording honest. Seeds are fast-check's own
// (printed on failure); RPO_LAW_RUNS raises the number of cases.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryConstraint, arbitraryText, PLAIN_MEANS } from "./arbitrary.ts";
import { complement, reverse } from "./complement.ts";
import { constraintSchema, needsJudge } from "./expression.ts";
import { verdictOn, viewOf as viewWith } from "./verdict.ts";
import { parse } from "./wording/parse.ts";
import { render } from "./wording/render.ts";

const viewOf = (text: string) => viewWith(text, PLAIN_MEANS);
const runs = Number(process.env.RPO_LAW_RUNS ?? 100_000);
/** A minute and a half on an idle core; none is timed. */
const LONG_MS = 900_000;

describe("the laws of reversal", { timeout: LONG_MS }, () => {
  it(`exactly one of c and R(c) passes, for every verdict other than na; R(R(c)) is c (${runs} cases)`, () => {
    let decided = 0;
    fc.assert(
      fc.property(arbitraryConstraint(false), arbitraryText, arbitraryText, (constraint, response, query) => {
        const reversed = reverse(constraint);
        const verdict = verdictOn(constraint, viewOf(response), viewOf(query));
        const opposite = verdictOn(reversed, viewOf(response), viewOf(query));
        if (verdict === "na") expect(opposite).toBe("na");
        else {
          decided += 1;
          expect([verdict, opposite].sort()).toEqual(["fail", "pass"]);
        }
        expect(reverse(reversed)).toEqual(constraint);
      }),
      { numRuns: runs },
    );
    expect(decided).toBeGreaterThan(runs / 2); // triggers must not have emptied the test
  });

  it("a part that waits for a judge leaves both unknown, or is decided by the rest alike", () => {
    fc.assert(
      fc.property(arbitraryConstraint(true), arbitraryText, (constraint, response) => {
        const verdict = verdictOn(constraint, viewOf(response), viewOf("?"));
        const opposite = verdictOn(reverse(constraint), viewOf(response), viewOf("?"));
        if (verdict === null || verdict === "na") expect(opposite).toBe(verdict);
        else expect([verdict, opposite].sort()).toEqual(["fail", "pass"]);
        if (verdict === null) expect(needsJudge(constraint.must) || needsJudge(constraint.when!)).toBe(true);
      }),
      { numRuns: runs / 5 },
    );
  });

  it(`what is rendered is read back as the same check, in English and Chinese (${runs} cases each)`, () => {
    fc.assert(
      fc.property(arbitraryConstraint(true), fc.constantFrom("en", "zh"), (constraint, language) => {
        expect(parse(render(constraint, language), language)).toEqual(constraint);
        expect(parse(render(reverse(constraint), language), language)?.must).toEqual(complement(constraint.must));
      }),
      { numRuns: runs },
    );
  });

  it("what the generator makes is what the schema takes, unchanged", () => {
    fc.assert(
      fc.property(arbitraryConstraint(true), (constraint) => {
        expect(constraintSchema.parse(JSON.parse(JSON.stringify(constraint)))).toEqual(constraint);
      }),
      { numRuns: 2_000 },
    );
  });
});
