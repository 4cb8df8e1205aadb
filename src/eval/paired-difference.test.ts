import { describe, expect, it } from "vitest";
import { seededRandom } from "../preference/seed.ts";
import { comparePaired, NotComparable } from "./paired-difference.ts";
import { pairedJson, pairedText, pText } from "./paired-text.ts";
import type { Outcome, ScoredItem, ScoredRun } from "./scored-run.ts";

/** Sessions of five rounds; a round passes with a chance that its session and the model have. */
function run(name: string, skill: number, { seed = 1, sessions = 40 } = {}): ScoredRun {
  const items = Array.from({ length: sessions }, (_, session) => {
    const ease = seededRandom("ease", session)();
    const random = seededRandom(name, seed, session);
    let unbroken = true;
    return [1, 2, 3, 4, 5].map((round): ScoredItem => {
      const passed = random() < 0.5 * ease + skill ? 1 : 0;
      unbroken &&= passed === 1;
      return {
        id: `${session}/${round}`,
        cluster: String(session),
        outcomes: { CSR: [passed + 1, 2], ISR: [passed, 1], SSR: [unbroken ? 1 : 0, 1] },
        shown: { prompt: `${session} ${round}` },
      };
    });
  }).flat();
  return { benchmark: "sysbench", mode: "parity", run: name, items };
}
const options = { seed: 1, resamples: 400 };
const measure = (comparison: ReturnType<typeof comparePaired>, name: string) =>
  comparison.measures.find((one) => one.measure === name)!;

describe("comparePaired", () => {
  it("gives the difference of each measure, the average's too, and what it shows", () => {
    const comparison = comparePaired(run("weak", 0.2), run("strong", 0.45), options);
    expect(comparison).toMatchObject({ items: 200, clusters: 40, onlyInA: 0, onlyInB: 0, a: "weak", b: "strong" });
    expect(comparison.measures.map((one) => one.measure)).toEqual(["CSR", "ISR", "SSR", "average"]);
    for (const { a, b, difference, finding } of comparison.measures) {
      expect(difference.value).toBeCloseTo(b.value - a.value, 12);
      expect([difference.low < difference.value, difference.value < difference.high]).toEqual([true, true]);
      expect(finding).toBe("better");
    }
    const values = ["CSR", "ISR", "SSR"].map((name) => measure(comparison, name).a.value);
    expect(measure(comparison, "average").a.value).toBeCloseTo((values[0]! + values[1]! + values[2]!) / 3, 12);
    const back = comparePaired(run("strong", 0.45), run("weak", 0.2), options);
    expect(measure(back, "ISR").finding).toBe("worse");
    expect(measure(back, "ISR").difference.value).toBeCloseTo(-measure(comparison, "ISR").difference.value, 12);
  });

  it("tests what is of whole items, by cluster where items hang together", () => {
    const comparison = comparePaired(run("weak", 0.2), run("strong", 0.45), options);
    expect(measure(comparison, "CSR").mcnemar).toBeNull();
    expect(measure(comparison, "average").mcnemar).toBeNull();
    expect(measure(comparison, "ISR").mcnemar).toMatchObject({ variant: "clustered" });
    const single = (name: string, passes: (index: number) => boolean): ScoredRun => ({
      ...{ benchmark: "ifeval", mode: "parity", run: name },
      items: Array.from({ length: 60 }, (_, index) => ({
        id: String(index),
        cluster: String(index),
        outcomes: { prompt_strict: [passes(index) ? 1 : 0, 1] as Outcome },
      })),
    });
    const few = comparePaired(
      single("a", (index) => index < 35),
      single("b", (index) => index >= 5 && index < 47),
      options,
    );
    expect(few.measures[0]!.mcnemar).toEqual({ onlyA: 5, onlyB: 12, variant: "exact", p: 18_804 / 131_072 });
  });

  it("rarely sees a difference between models that have none, and none of a run with itself", () => {
    const trials = 60;
    let found = 0;
    for (let seed = 0; seed < trials; seed += 1) {
      const comparison = comparePaired(run("a", 0.3, { seed }), run("b", 0.3, { seed }), { seed, resamples: 200 });
      if (measure(comparison, "ISR").finding !== "no difference shown") found += 1;
    }
    expect(found).toBeLessThan(10);
    const same = comparePaired(run("a", 0.3), run("a", 0.3), options);
    for (const { difference, finding } of same.measures) {
      expect(difference.value).toBe(0);
      expect(finding).toBe("no difference shown");
    }
  });

  it("takes the items that both have and says how many it leaves out", () => {
    const comparison = comparePaired(run("a", 0.2), run("b", 0.4, { sessions: 30 }), options);
    expect(comparison).toMatchObject({ items: 150, onlyInA: 50, onlyInB: 0 });
    expect(pairedText(comparison)).toContain("left out, being in one run only: 50 items of A, 0 items of B");
  });

  it("says what the two differ in beside the model", () => {
    const a = { ...run("a", 0.2), setting: { judge: "one", history: "own" } };
    const b = { ...run("b", 0.4), setting: { judge: "other", history: "own" } };
    const comparison = comparePaired(a, b, options);
    expect(comparison.settings).toEqual([{ name: "judge", a: "one", b: "other" }]);
    expect(pairedText(comparison)).toContain("not of the models alone: judge is one in A, other in B");
    expect(comparePaired(a, run("b", 0.4), options).settings).toHaveLength(2);
    expect(pairedText(comparePaired(a, a, options))).not.toContain("not of the models alone");
  });

  it("refuses what is not of the same benchmark, mode and data", () => {
    const a = run("a", 0.2);
    const change = (other: Partial<ScoredRun>) => () => comparePaired(a, { ...a, ...other }, options);
    expect(change({ mode: "fixed" })).toThrow("one run is of mode parity, the other of fixed");
    expect(change({ benchmark: "ifeval" })).toThrow(NotComparable);
    expect(change({ items: [] })).toThrow(/no item in common/);
    expect(change({ items: a.items.map((item) => ({ ...item, shown: { prompt: "another" } })) })).toThrow(
      /the item "0\/1" of one run is another one in the other/,
    );
  });
});

describe("words for it", () => {
  const comparison = comparePaired(run("weak", 0.2), run("strong\u001b[31m", 0.45), options);

  it("are a table of the main measures with mode, models and the variant of the test", () => {
    const text = pairedText(comparison);
    expect(text).toMatch(/^SysBench, mode parity: A weak, B strong·\[31m; 200 items in 40 clusters/);
    expect(text).toMatch(/^ISR +\d+\.\d% \[.*\] +\+\d+\.\d \[\+.*\] +better +(<0\.001|0\.0\d\d) \(\d+ : \d+\)$/m);
    expect(text).toContain("average of CSR, ISR and SSR");
    expect(text).toContain("McNemar: χ² of clustered pairs (Durkalski et al. 2003).");
  });

  it("are JSON with every measure", () => {
    const object = JSON.parse(pairedJson(comparison)) as { measures: { mcnemar: { variant: string } | null }[] };
    expect(object.measures[1]!.mcnemar!.variant).toBe("χ² of clustered pairs (Durkalski et al. 2003)");
    expect(object.measures[0]!.mcnemar).toBeNull();
  });

  it("never call a p-value nothing", () => {
    expect([0.0004, 0.0321, 1].map(pText)).toEqual(["<0.001", "0.032", "1.000"]);
  });
});
