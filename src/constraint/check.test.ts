import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryConstraint, arbitraryText, PLAIN_MEANS } from "./arbitrary.ts";
import { check } from "./check.ts";
import { render } from "./wording/render.ts";

describe("check", () => {
  it("gives verdict, reverse and the verdict of the reverse", () => {
    expect(check({ constraint: "The response must contain at most 3 words.", response: "One two three four" })).toEqual(
      {
        recognised: { must: { measure: "words", in: [[0, 3]] } },
        verdict: "fail",
        reversed: "The response must contain at least 4 words.",
        reversed_verdict: "pass",
      },
    );
  });

  it("leaves to a judge what the rules do not understand", () => {
    expect(check({ constraint: "Sound like a sea captain.", response: "Ahoy" })).toEqual({
      recognised: null,
      verdict: null,
      reversed: null,
      reversed_verdict: null,
    });
  });

  it("is na where the query does not trigger it, and without verdict where there is no query", () => {
    const constraint = "If the user's message contains “refund”, then the response must contain no emoji.";
    expect(check({ constraint, query: "Hello", response: "😀" })).toMatchObject({
      verdict: "na",
      reversed_verdict: "na",
    });
    expect(check({ constraint, query: "A refund!", response: "😀" })).toMatchObject({
      verdict: "fail",
      reversed_verdict: "pass",
    });
    expect(check({ constraint, response: "😀" })).toMatchObject({ verdict: null, reversed_verdict: null });
  });

  it("holds the laws for whatever constraint is written out", () => {
    fc.assert(
      fc.property(
        arbitraryConstraint(false),
        fc.constantFrom("en", "zh"),
        arbitraryText,
        arbitraryText,
        (c, language, query, response) => {
          const result = check({ constraint: render(c, language), query, response, means: PLAIN_MEANS });
          if (result.reversed === null) return; // a random phrase may look like a safety clause
          const back = check({ constraint: result.reversed, query, response, means: PLAIN_MEANS });
          expect(back.recognised).not.toBeNull();
          expect(back.verdict).toBe(result.reversed_verdict);
          expect(back.reversed_verdict).toBe(result.verdict);
          expect([result.verdict, back.verdict].sort()).toEqual(
            result.verdict === "na" ? ["na", "na"] : ["fail", "pass"],
          );
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("says what a measure lacks that needs more than the text", () => {
    const request = { constraint: "The response must be in Swahili as langdetect tells it.", response: "Habari" };
    expect(() => check(request)).toThrow("rpo eval tables --pull");
    expect(check({ ...request, means: { detectLanguage: () => "sw" } })).toMatchObject({
      verdict: "pass",
      reversed: "The response must not be in Swahili as langdetect tells it.",
      reversed_verdict: "fail",
    });
  });

  it("never throws on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (constraint, response) => {
        check({ constraint, response });
      }),
    );
  });
});
