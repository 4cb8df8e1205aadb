import { describe, expect, it } from "vitest";
import { type Random, seededRandom } from "../preference/seed.ts";
import { compare, findingOf } from "./comparison.ts";
import { comparisonSentence, comparisonText, points } from "./comparison-text.ts";
import { FORMS, type Form } from "./held-out.ts";
import type { JudgedResponses } from "./satisfaction.ts";

const CONSTRAINTS = 6;

/** A model that satisfies a constraint with this probability; one that heeds none has p and 1 − p. */
type Model = (form: Form, random: Random) => boolean;
const heedless: Model = (form, random) => random() < 0.7 === (form === "original");
const heedful: Model = (_, random) => random() < 0.8;

function responses(model: Model, { seed = 1, questions = 12, samples = 4 } = {}): JudgedResponses[] {
  return Array.from({ length: questions }, (_, index) => index).flatMap((index) =>
    FORMS.map((form) => {
      const question = `p${index % 4}/q${index}`;
      const id = `${question}/${form}`;
      const random = seededRandom(seed, id);
      const verdict = () => (model(form, random) ? ("pass" as const) : ("fail" as const));
      return {
        id,
        profile: `p${index % 4}`,
        question,
        form,
        samples: Array.from({ length: samples }, (_, sample) => ({
          sample,
          verdicts: Array.from({ length: CONSTRAINTS }, verdict),
        })),
      };
    }),
  );
}
const quick = { seed: 1, resamples: 500 };

describe("compare", () => {
  it("finds a heedless model at half of all constraints over both forms, whatever it satisfies by either", () => {
    const { base, counts } = compare(responses(heedless), responses(heedful, { seed: 2 }), quick);
    expect(base.original.constraintSatisfaction.value).toBeCloseTo(0.7, 1);
    expect(base.reversed.constraintSatisfaction.value).toBeCloseTo(0.3, 1);
    const { value, low, high } = base.both.constraintSatisfaction;
    expect([low < value, value < high, low < 0.5, 0.5 < high]).toEqual([true, true, true, true]);
    expect(counts).toEqual({ profiles: 4, questions: 12, turns: 24, responses: 96 });
  });

  it("says better, worse, and no more than it can", () => {
    const [one, other] = [responses(heedless), responses(heedful, { seed: 2 })];
    expect(compare(one, other, quick).finding).toBe("better");
    expect(compare(other, one, quick).finding).toBe("worse");
    expect(compare(one, responses(heedless, { seed: 3 }), quick).finding).toBe("no difference shown");
    expect(compare(one, one, quick)).toMatchObject({
      finding: "no difference shown",
      difference: { both: { constraintSatisfaction: { value: 0 } } },
    });
  });

  it("rarely sees a difference between models that have none", () => {
    const found = Array.from({ length: 100 }, (_, trial) =>
      compare(
        responses(heedless, { seed: 2 * trial, samples: 2 }),
        responses(heedless, { seed: 2 * trial + 1, samples: 2 }),
        {
          seed: trial,
          resamples: 200,
        },
      ),
    ).filter(({ finding }) => finding !== "no difference shown");
    expect(found.length).toBeLessThan(20);
  });

  it("claims no certainty where no response satisfies all", () => {
    const never: Model = () => false;
    const { base, difference } = compare(responses(never), responses(never), quick);
    expect(base.both.allSatisfied).toMatchObject({ value: 0, low: 0 });
    expect(base.both.allSatisfied.high).toBeCloseTo(1 - 0.025 ** (1 / 12));
    expect(difference.both.allSatisfied.low).toBe(-base.both.allSatisfied.high);
  });

  it("takes the responses that both have, by turn and sample", () => {
    const base = responses(heedful, { questions: 3, samples: 3 });
    const tuned = responses(heedful, { questions: 2, samples: 2 });
    expect(compare(base, tuned, quick).counts).toEqual({ profiles: 2, questions: 2, turns: 4, responses: 8 });
    expect(() => compare(base, [], quick)).toThrow(RangeError);
  });
});

describe("words for it", () => {
  it("calls a difference one only beside zero", () => {
    expect(findingOf({ value: 0.1, low: 0.001, high: 0.2 })).toBe("better");
    expect(findingOf({ value: 0.1, low: 0, high: 0.2 })).toBe("no difference shown");
    expect(findingOf({ value: Number.NaN, low: Number.NaN, high: Number.NaN })).toBe("no difference shown");
  });

  it("signs points, but not what rounds to none", () => {
    expect([0.0184, -0.0042, 0.0004, -0.0004, Number.NaN].map(points)).toEqual(["+1.8", "−0.4", "0.0", "0.0", "–"]);
  });

  it("gives the table, the sentence, and how to read it", () => {
    const text = comparisonText(compare(responses(heedless), responses(heedful, { seed: 2 }), quick));
    expect(text).toMatch(/^ {2}both +\d+\.\d% \[\d+\.\d, \d+\.\d\] +\d+\.\d% \[\d+\.\d, \d+\.\d\] +\+\d+\.\d \[\+/m);
    expect(text).toMatch(/^Better: with the adapter .* on 12 questions to 4 profiles/m);
    expect(text).toContain("about 50%");
    const none = comparisonSentence(compare(responses(heedless), responses(heedless, { seed: 3 }), quick));
    expect(none).toMatch(/^No difference shown: .*the interval holds 0/);
  });
});
