import { describe, expect, it } from "vitest";
import { check } from "../../constraint/check.ts";
import type { Profile } from "../../profile/profile.ts";
import { readProfiles, SAMPLE_PROFILES } from "../../profile/profile-files.ts";
import { PROFILE_FORMS, profileTurns } from "./profile-turns.ts";

const profile = (id: string, texts: readonly string[]): Profile => ({
  ...{ id, language: "en", split: "held-out", name: "Cook", persona: "You are a cook.", queries: ["How?", "Why?"] },
  constraints: texts.map((text, index) => ({ id: `c${index + 1}`, text })),
});
const cook = profile("cook", ["Use no commas.", "Use at most 20 words.", "Be kind.", "Give at least two list items."]);
const options = { forms: PROFILE_FORMS, queries: 2, seed: 1 };

describe("profileTurns", () => {
  it("asks every question in all forms, with the constraints of code only", () => {
    const { turns, leftOut, notByCode } = profileTurns([cook], options);
    expect(turns.map(({ id }) => id)).toEqual([
      ...["cook/q1/original", "cook/q1/reversed", "cook/q1/mixed"],
      ...["cook/q2/original", "cook/q2/reversed", "cook/q2/mixed"],
    ]);
    expect([leftOut, notByCode]).toEqual([[], 1]);
    for (const { messages, constraints, question, query } of turns) {
      expect(question).toMatch(/^cook\/q[12]$/);
      expect(constraints).toHaveLength(3);
      expect(messages.map(({ role }) => role)).toEqual(["system", "user"]);
      for (const { text } of constraints) expect(messages[0]!.content).toContain(text);
      expect(messages[0]!.content).not.toContain("Be kind");
      expect(messages[1]!.content).toBe(query);
    }
  });

  it("reverses all, or by lot some and never all", async () => {
    const profiles = await readProfiles(SAMPLE_PROFILES);
    const { turns } = profileTurns(profiles, options);
    const byQuestion = Map.groupBy(turns, ({ question }) => question);
    expect(byQuestion.size).toBeGreaterThan(100);
    let [reversed, kept] = [0, 0];
    for (const [original, turned, mixed] of byQuestion.values()) {
      const reversible = original!.constraints.filter((constraint) => constraint.reversed !== null).length;
      const changed = (other: typeof original): number =>
        other!.constraints.filter(({ text }, index) => text !== original!.constraints[index]!.text).length;
      expect(changed(turned)).toBe(reversible);
      expect(changed(mixed)).toBeGreaterThan(0);
      if (reversible > 1) expect(changed(mixed)).toBeLessThan(reversible);
      reversed += changed(mixed);
      kept += reversible - changed(mixed);
    }
    expect(reversed / (reversed + kept)).toBeGreaterThan(0.4);
    expect(reversed / (reversed + kept)).toBeLessThan(0.6);
  });

  it("checks by what stands in the prompt: a response passes a constraint or its reverse", () => {
    const { turns } = profileTurns([cook], { ...options, queries: 1 });
    const [original, reversed] = turns;
    for (const [index, { text }] of original!.constraints.entries()) {
      const verdict = (constraint: string) => check({ constraint, query: "How?", response: "Cut it, fry it." }).verdict;
      expect([verdict(text), verdict(reversed!.constraints[index]!.text)].sort()).toEqual(["fail", "pass"]);
    }
  });

  it("draws the same for every model, another lot for another seed", () => {
    const mixed = (seed: number) =>
      profileTurns([cook], { forms: ["mixed"], queries: 2, seed }).turns.map(({ messages }) => messages[0]!.content);
    expect(mixed(1)).toEqual(mixed(1));
    expect(new Set([1, 2, 3, 4, 5, 6].map((seed) => mixed(seed).join())).size).toBeGreaterThan(1);
  });

  it("leaves out a question that can't be asked in all forms, and says why", () => {
    const safe = profile("safe", ["Do not use the word “password”."]);
    const contrary = profile("contrary", ["Use at most 20 words.", "Use at least 30 words."]);
    const { turns, leftOut } = profileTurns([cook, contrary, safe], { ...options, queries: 1 });
    expect(turns.map(({ profile: id }) => id)).toEqual(["cook", "cook", "cook"]);
    expect(leftOut.map(({ question }) => question)).toEqual(["contrary/q1", "safe/q1"]);
    expect(leftOut[0]!.reason).toMatch(/^its constraints contradict one another/);
    expect(leftOut[1]!.reason).toBe("none of its constraints has a reverse");
    expect(profileTurns([safe], { ...options, forms: ["original"] }).turns).toHaveLength(2);
  });
});
