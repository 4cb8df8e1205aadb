import { expect, it } from "vitest";
import { beforeAfter } from "./before-after.ts";
import type { JudgedResponses } from "./satisfaction.ts";

/** Turns of five constraints, by how many of them each sample satisfies. */
const turns = (passes: readonly (readonly number[])[]): JudgedResponses[] =>
  passes.map((samples, index) => ({
    id: `t${index}`,
    profile: "p",
    question: `t${index}`,
    form: "original",
    samples: samples.map((count, sample) => ({
      sample,
      verdicts: Array.from({ length: 5 }, (_, place) => (place < count ? ("pass" as const) : ("fail" as const))),
    })),
  }));
const base = turns([
  [2, 2],
  [2, 2],
  [2, 2],
  [2, 2],
]);

it("shows the largest gain and the largest loss, and one by lot", () => {
  const shown = beforeAfter(
    base,
    turns([
      [2, 3],
      [5, 2],
      [2, 0],
      [1, 2],
    ]),
    { seed: 1, count: 3 },
  );
  expect(shown.slice(0, 2)).toEqual([
    { turn: "t1", sample: 0, change: 3, reason: "largest gain" },
    { turn: "t2", sample: 1, change: -2, reason: "largest loss" },
  ]);
  expect(shown).toHaveLength(3);
  expect(shown[2]!.reason).toBe("drawn by lot");
});

it("hides no loss where there is no gain, and leaves all to the lot where nothing changed", () => {
  const worse = beforeAfter(
    base,
    turns([
      [2, 2],
      [2, 2],
      [2, 1],
      [2, 2],
    ]),
    { seed: 1, count: 3 },
  );
  expect(worse[0]).toEqual({ turn: "t2", sample: 1, change: -1, reason: "largest loss" });
  const same = beforeAfter(base, base, { seed: 1, count: 3 });
  expect(same.map(({ reason }) => reason)).toEqual(Array(3).fill("drawn by lot"));
  expect(new Set(same.map(({ turn, sample }) => `${turn}/${sample}`)).size).toBe(3);
});

it("depends on the seed alone, not on the order of the turns", () => {
  const tuned = turns([
    [3, 3],
    [3, 3],
    [3, 3],
    [3, 3],
  ]);
  const shown = (seed: number) => beforeAfter(base.toReversed(), tuned, { seed, count: 3 });
  expect(shown(1)).toEqual(beforeAfter(base, tuned.toReversed(), { seed: 1, count: 3 }));
  expect(new Set([1, 2, 3, 4, 5].map((seed) => JSON.stringify(shown(seed)))).size).toBeGreaterThan(1);
});

it("shows only what both have", () => {
  expect(beforeAfter(base, turns([[2]]), { seed: 1, count: 3 })).toHaveLength(1);
  expect(beforeAfter(base, [], { seed: 1, count: 3 })).toEqual([]);
});
