import { describe, expect, it } from "vitest";
import { seededRandom } from "../../preference/seed.ts";
import { comparePaired } from "../paired-difference.ts";
import { byProfile, type JudgedProfileResponse, profileItems, questionOf } from "./profile-items.ts";
import { profileScore } from "./profile-score.ts";

const response = (id: string, verdicts: readonly (boolean | null)[], profile = "cook"): JudgedProfileResponse => ({
  ...{ id, profile, prompt: "How?", response: "So.", verdicts },
  constraints: verdicts.map((_, index) => ({ id: `c${index + 1}`, text: `constraint ${index + 1}` })),
});

describe("profile items", () => {
  it("count the constraints that bind a response, and whether it satisfies all of them", () => {
    const [item] = profileItems([response("cook/q1/reversed#2", [true, false, null])]);
    expect(item).toMatchObject({
      ...{ id: "cook/q1/reversed#2", cluster: "cook/q1" },
      outcomes: {
        satisfied: [1, 2],
        all_satisfied: [0, 1],
        "satisfied.reversed": [1, 2],
        "all_satisfied.reversed": [0, 1],
      },
      shown: { verdicts: [{ verdict: "pass" }, { verdict: "fail" }, { id: "c3", verdict: "not triggered" }] },
    });
    expect(profileItems([response("x", [null, null]), response("y", [])])).toEqual([]);
    expect(profileItems([response("x", [true])])[0]!.outcomes).toEqual({ satisfied: [1, 1], all_satisfied: [1, 1] });
  });

  it("know question and form by the id", () => {
    expect(questionOf("a/b/q1/mixed")).toEqual({ question: "a/b/q1", form: "mixed" });
    expect(questionOf("a/q1#3")).toEqual({ question: "a/q1", form: null });
    expect(questionOf("original")).toEqual({ question: "original", form: null });
  });

  it("come to shares by profile", () => {
    const responses = [
      response("a/q1", [true, true], "a"),
      response("a/q2", [true, false], "a"),
      response("b/q1", [null], "b"),
    ];
    expect(byProfile(responses)).toEqual([{ profile: "a", satisfied: 0.75, all_satisfied: 0.5, responses: 2 }]);
  });
});

describe("the score", () => {
  /** Satisfies a constraint with this probability, whatever the form says; or by the original form alone. */
  const model = (skill: number, heeds: boolean, seed: number): JudgedProfileResponse[] =>
    Array.from({ length: 40 }, (_, index) =>
      (["original", "reversed"] as const).map((form) => {
        const random = seededRandom("model", skill, seed, index, heeds ? form : "any");
        const verdicts = Array.from({ length: 5 }, () => {
          const does = random() < skill;
          return heeds ? does : does === (form === "original");
        });
        return response(`p${index % 4}/q${index}/${form}`, verdicts, `p${index % 4}`);
      }),
    ).flat();
  const options = { seed: 1, resamples: 300 };

  it("is a half, without doubt, for a model that does the same whatever the prompt says", () => {
    const score = profileScore(model(0.8, false, 1), { ...options, run: "heedless" })!;
    const { measures } = score.json as { measures: Record<string, { value: number; low: number; high: number }> };
    expect(measures.satisfied!.value).toBe(0.5);
    expect(measures["satisfied.original"]!.value).toBeGreaterThan(0.7);
    expect(measures["satisfied.reversed"]!.value).toBeLessThan(0.3);
    expect(score.text).toMatch(/^heedless: 80 responses to 4 profiles$/m);
    expect(score.text).toMatch(/^constraints satisfied +50\.0%/m);
  });

  it("tells two models apart on the same questions", () => {
    const runOf = (responses: readonly JudgedProfileResponse[], run: string) =>
      profileScore(responses, { ...options, run })!.scored;
    const comparison = comparePaired(runOf(model(0.7, false, 1), "base"), runOf(model(0.8, true, 2), "tuned"), options);
    expect(comparison.measures.find(({ measure }) => measure === "satisfied")).toMatchObject({ finding: "better" });
    expect(comparison.clusters).toBe(40);
  });

  it("is none where nothing is judged", () => {
    expect(profileScore([response("a/q1", [null])], { ...options, run: "x" })).toBeNull();
  });
});
