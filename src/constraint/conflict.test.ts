import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryConstraint, arbitraryText, PLAIN_MEANS } from "./arbitrary.ts";
import { findConflict, NEVER_ABOVE } from "./conflict.ts";
import { measureNamed } from "./measure.ts";
import { verdictOn, viewOf } from "./verdict.ts";
import { render } from "./wording/render.ts";

describe("findConflict", () => {
  it.each([
    [["The response must be exactly “Yes”.", "The response must contain “Venus”."]],
    [["The response must contain at most 2 sentences.", "The response must contain at least 3 sentences."]],
    [["The response must be valid JSON.", "The response must contain at least 2 bold passages."]],
    [["回复必须包含至少200个汉字。", "回复必须包含至多150个字符。"]],
    [["The response must start with “Ahoy”.", "The response must not contain “ahoy”."]],
    [["The response must start with “Ahoy”.", "The response must start with “Hello”."]],
    [["The response must end with “bye”.", "The response must end with “cheers!”."]],
    [["The response must be in French.", "The response must be in German."]],
    [
      [
        "If the user's message contains “a”, then the response must contain no emoji.",
        "The response must contain at least 1 emoji.",
      ],
    ],
  ])("proves %j contradictory", (texts) => {
    expect(findConflict(["Be kind.", ...texts])).toMatchObject({ first: 1, second: 2 });
  });

  it.each([
    [["The response must contain at least 2 sentences.", "The response must contain at most 3 sentences."]],
    [["The response must start with “Ahoy”.", "The response must start with “Ahoy there”."]],
    [
      [
        "The response must contain no emoji; or the response must contain at least 3 words.",
        "The response must contain at least 1 emoji.",
      ],
    ],
    [
      [
        "If the user's message contains “a”, then the response must contain no emoji.",
        "If the user's message contains “b”, then the response must contain at least 1 emoji.",
      ],
    ],
    [["The response must end with “bye”.", "The response must end with “!”."]],
    [["回复必须以“加油”结尾。", "回复必须以“就到这里，加油！”结尾。"]],
    [["The response must start with “Ahoy”.", "The response must start with “**”."]],
    [["Be kind.", "Be cruel."]],
    [["The response must be exactly “ahoy”.", "The response must be entirely in capital letters."]],
    [["The response must start with “Version 3.”.", "The response must contain no full stops."]],
  ])("reports nothing for %j", (texts) => {
    expect(findConflict(texts)).toBeNull();
  });

  it("passes over what the query does not trigger", () => {
    const texts = [
      "If the user's message contains “a”, then the response must contain no emoji.",
      "The response must contain at least 1 emoji.",
    ];
    expect(findConflict(texts, "bcd")).toBeNull();
    expect(findConflict(texts, "abc")).not.toBeNull();
  });

  it("rests on measures of which one is never above the other", () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        const view = viewOf(text);
        const arg = { set: ["😀", "🌹"] };
        for (const [small, large] of NEVER_ABOVE)
          expect(measureNamed(small).of(view, arg), `${small} ≤ ${large}`).toBeLessThanOrEqual(
            measureNamed(large).of(view, arg),
          );
      }),
      { numRuns: 10_000 },
    );
  });

  it("never calls contradictory what one text satisfies", () => {
    fc.assert(
      fc.property(
        arbitraryConstraint(false),
        arbitraryConstraint(false),
        arbitraryText,
        arbitraryText,
        (a, b, response, query) => {
          const view = (text: string) => viewOf(text, PLAIN_MEANS);
          fc.pre([a, b].every((c) => verdictOn(c, view(response), view(query)) === "pass"));
          // Layout may stand inside JSON strings; that pair is called contradictory by decision.
          fc.pre(!JSON.stringify([a, b]).includes('"json"'));
          expect(findConflict([render(a, "en"), render(b, "en")], query)).toBeNull();
        },
      ),
      { numRuns: 1_000, maxSkipsPerRun: 1_000 },
    );
  });
});
