import { describe, expect, it } from "vitest";
import { verdictOn, viewOf } from "../constraint/verdict.ts";
import type { Profile } from "../profile/profile.ts";
import { readProfiles, SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { heldOutTurns } from "./held-out.ts";

const profile = (id: string, constraints: readonly string[], split: Profile["split"] = "held-out"): Profile => ({
  id,
  language: "en",
  split,
  name: "Pilot",
  persona: "A pilot.",
  constraints: constraints.map((text, i) => ({ id: `c${i + 1}`, text })),
  queries: ["The tide?", "No."],
});

describe("heldOutTurns", () => {
  it("asks every question in both forms, the reversed one with reversed text and check, and nothing else changed", () => {
    const { turns, leftOut } = heldOutTurns(
      [
        profile("a", [
          "The response must contain at most 2 words.",
          "If the user's message contains “tide”, then the response must start with “Aye”.",
        ]),
        profile("b", ["No emoji."], "train"),
      ],
      2,
    );
    expect(leftOut).toEqual([]);
    expect(turns.map(({ id, question, form }) => [id, question, form])).toEqual([
      ["a/q1/original", "a/q1", "original"],
      ["a/q1/reversed", "a/q1", "reversed"],
      ["a/q2/original", "a/q2", "original"],
      ["a/q2/reversed", "a/q2", "reversed"],
    ]);
    const [original, reversed] = turns;
    expect(original!.messages[0]!.content).toContain("1. The response must contain at most 2 words.");
    expect(reversed!.messages[0]!.content).toBe(
      original!.messages[0]!.content.replace("at most 2 words", "at least 3 words").replace(
        "the response must start with “Aye”",
        "the response must not start with “Aye”",
      ),
    );
    expect(reversed!.messages[1]).toEqual(original!.messages[1]);
    expect(reversed!.constraints[0]).toMatchObject({
      id: "c1",
      text: "The response must contain at least 3 words.",
      reversed: "The response must contain at most 2 words.",
    });
  });

  it("leaves safety clauses as they are, and judge's constraints out", () => {
    const { turns } = heldOutTurns(
      [profile("a", ["Do not use the word “password”.", "No emoji.", "Be as warm as a stove."])],
      1,
    );
    const [original, reversed] = turns;
    expect(reversed!.constraints.map(({ text }) => text)).toEqual([
      "Do not use the word “password”.",
      "The response must contain at least 1 emoji.",
    ]);
    expect(reversed!.constraints[0]).toEqual(original!.constraints[0]);
  });

  it("leaves out what has no second form, or one that nothing could follow", () => {
    const { turns, leftOut } = heldOutTurns(
      [
        profile("a", ["Do not use the word “password”."]),
        // Reversed: at least 11 words, and at most 4.
        profile("b", ["The response must contain at most 10 words.", "The response must contain at least 5 words."]),
      ],
      1,
    );
    expect(turns).toEqual([]);
    expect(leftOut.map(({ question, reason }) => [question, reason.split(":")[0]])).toEqual([
      ["a/q1", "none of its constraints has a reverse"],
      ["b/q1", "its constraints contradict one another"],
    ]);
  });

  it("makes verdicts of the two forms opposite on the sample profiles, or na in both", async () => {
    const { turns, leftOut } = heldOutTurns(await readProfiles(SAMPLE_PROFILES), 6);
    expect(leftOut).toEqual([]);
    expect(new Set(turns.map(({ profile }) => profile)).size).toBeGreaterThanOrEqual(8);
    const responses = ["", "Aye!", "- one\n- two, with **bold** words\n\nThe hands? 🍜", "stand by. ".repeat(40)];
    const seen = new Set<string>();
    for (let index = 0; index < turns.length; index += 2) {
      const [original, reversed] = [turns[index]!, turns[index + 1]!];
      expect([original.form, reversed.form, reversed.question]).toEqual(["original", "reversed", original.question]);
      for (const [place, { check, reversed: text }] of original.constraints.entries()) {
        if (text === null) continue;
        for (const response of responses) {
          const verdicts = [check, reversed.constraints[place]!.check].map((one) =>
            verdictOn(one, viewOf(response), viewOf(original.query)),
          );
          seen.add(verdicts.join());
        }
      }
    }
    expect([...seen].sort()).toEqual(["fail,pass", "na,na", "pass,fail"]);
  });
});
