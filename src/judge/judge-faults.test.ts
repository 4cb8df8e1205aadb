// The judge asked through answers that go wrong in every way: each response ends with all its verdicts, the right ones, or with a
// cause; no verdict ever lands on another constraint.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Verdict } from "../constraint/verdict.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { scriptedModel } from "../model/scripted-model.ts";
import { seededRandom } from "../preference/seed.ts";
import { llmVerdicts } from "./llm-judge.ts";
import { readQuestion } from "./scripted-judge.ts";

interface Entry {
  id: string;
  reason: string;
  verdict: string;
}
const OTHER: Readonly<Record<string, string>> = { pass: "fail", fail: "na", na: "pass" };

/** Ways to spoil an answer; those that change no meaning come back right at once. */
const SPOILED: Readonly<Record<string, (entries: Entry[], random: () => number) => string>> = {
  missing: (entries) => JSON.stringify({ verdicts: entries.slice(1) }),
  doubled: (entries) =>
    JSON.stringify({ verdicts: [...entries, { ...entries[0]!, verdict: OTHER[entries[0]!.verdict] }] }),
  unknown: (entries) => JSON.stringify({ verdicts: [...entries.slice(1), { ...entries[0]!, id: "c99" }] }),
  reordered: (entries) => JSON.stringify({ verdicts: [...entries].reverse() }),
  truncated: (entries, random) => {
    const text = JSON.stringify({ verdicts: entries });
    return text.slice(0, Math.floor(random() * text.length));
  },
  "no JSON": () => "All of them are met, as far as I can see.",
  "in a fence": (entries) => `Here:\n\`\`\`json\n${JSON.stringify({ verdicts: entries }, null, 2)}\n\`\`\``,
  "single quotes": (entries) => JSON.stringify({ verdicts: entries }).replaceAll('"', "'"),
  "another verdict": (entries) =>
    JSON.stringify({ verdicts: [{ ...entries[0]!, verdict: "maybe" }, ...entries.slice(1)] }),
  "a bare list": (entries) => JSON.stringify(entries),
  empty: () => "",
};

const rightOf = (requirement: string): Verdict => (["pass", "fail", "na"] as const)[requirement.charCodeAt(0) % 3]!;

it("gives the right verdicts or a cause, whatever goes wrong with the answers", async () => {
  const ends = { right: 0, failed: 0 };
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.constantFrom(..."abcdefghijklm"), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(1, 3),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      async (constraints, perCall, votes, share, seed) => {
        let asked = 0;
        const model = scriptedModel(({ messages }) => {
          asked += 1;
          const random = seededRandom("judge-faults", seed, JSON.stringify(messages));
          const entries = readQuestion(messages).requirements.map(({ id, requirement }) => ({
            id,
            reason: `it's about ${requirement}`,
            verdict: rightOf(requirement),
          }));
          if (random() >= share) return JSON.stringify({ verdicts: entries });
          const names = Object.keys(SPOILED);
          const name = names[Math.floor(random() * names.length)]!;
          seen.add(name);
          return SPOILED[name]!(entries, random);
        });
        const item = { history: [], query: "q", response: "r", language: seed % 2 === 0 ? "en" : "zh" } as const;
        const end = await llmVerdicts(item, constraints, { model, seed, perCall, votes }).catch(
          (error: unknown) => error,
        );
        // Three answers together, then three alone for each constraint, in every vote: never more.
        expect(asked).toBeLessThanOrEqual(
          votes * (3 * Math.ceil(constraints.length / perCall) + 3 * constraints.length),
        );
        if (end instanceof ModelFailure) {
          expect(end.kind).toBe("answer");
          ends.failed += 1;
        } else {
          expect((end as { verdict: Verdict }[]).map(({ verdict }) => verdict)).toEqual(constraints.map(rightOf));
          ends.right += 1;
        }
      },
    ),
    { numRuns: 400 },
  );
  expect(seen.size).toBe(Object.keys(SPOILED).length);
  expect(ends.right).toBeGreaterThan(0);
  expect(ends.failed).toBeGreaterThan(0);
});
