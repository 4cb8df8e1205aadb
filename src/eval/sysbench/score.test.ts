import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { measuresOf, measureValues } from "../measures.ts";
import type { ScoreMode } from "../scored-run.ts";
import { type JudgedRound, readJudgedRounds } from "./rounds.ts";
import { otherVerdicts, sysbenchItems, sysbenchScores } from "./score.ts";

/** A session whose rounds have these verdicts, one letter each: y 是, n 否, x 不适用. */
const session = (id: number, rounds: readonly string[], dependent = true): JudgedRound[] =>
  rounds.map((verdicts, index) => ({
    session: id,
    round: index + 1,
    dependent,
    alignment: index === 4 ? "misaligned" : "aligned",
    criteria: [...verdicts].map((letter, place) => ({
      id: String(place + 1),
      type: place === 0 ? "action" : "style",
      verdict: { y: "是", n: "否", x: "不适用" }[letter]!,
    })),
  }));
const valuesOf = (rounds: readonly JudgedRound[], mode: ScoreMode): Record<string, number> =>
  measureValues({ benchmark: "sysbench", items: sysbenchItems(rounds, mode) });

describe("SysBench's scores", () => {
  const rounds = [...session(1, ["yy", "y", "yn", "y", "yy"]), ...session(2, ["y", "y", "y", "y", "y"], false)];

  it("are micro over criteria, shares of rounds, and the mean leading run", () => {
    const values = valuesOf(rounds, "parity");
    expect(values.CSR).toBe(12 / 13);
    expect(values["CSR.action"]).toBe(1);
    expect(values["CSR.style"]).toBe(2 / 3);
    expect(values.ISR).toBe(9 / 10);
    expect(values["ISR.aligned"]).toBe(7 / 8);
    expect(values["ISR.misaligned"]).toBe(1);
    expect(values.SSR).toBe((2 / 5 + 1) / 2);
    expect(values["SSR.dependent"]).toBe(2 / 5);
    expect([1, 2, 3, 4, 5].map((round) => values[`R${round}`])).toEqual([1, 1, 0.5, 0.5, 0.5]);
    expect(values["ISR.dependent.3"]).toBe(0);
  });

  it("keep the official fault in parity: another answer fails in CSR, passes in ISR and SSR", () => {
    const other = session(1, ["y", "x", "y", "yx", "y"]);
    expect(valuesOf(other, "parity")).toMatchObject({ CSR: 4 / 6, ISR: 1, SSR: 1 });
    expect(valuesOf(other, "fixed")).toMatchObject({ CSR: 4 / 6, ISR: 3 / 5, SSR: 1 / 5 });
    expect(otherVerdicts(other)).toEqual({ 不适用: 2 });
  });

  it("have intervals over sessions, and no certainty where all sessions are alike", () => {
    const some = Array.from({ length: 12 }, (_, index) =>
      session(index, index % 3 === 0 ? ["y", "n", "y", "y", "y"] : ["y", "y", "y", "y", "y"]),
    ).flat();
    const measures = measuresOf(
      { benchmark: "sysbench", items: sysbenchItems(some, "parity") },
      { seed: 1, resamples: 500 },
    );
    const { value, low, high, of } = measures.SSR!;
    expect(value).toBeCloseTo((4 / 5 + 8) / 12);
    expect([low < value, value < high, of]).toEqual([true, true, 60]);
    expect(measures.R1).toMatchObject({ value: 1, high: 1 });
    expect(measures.R1!.low).toBeCloseTo(0.025 ** (1 / 12));
  });
});

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const published = join(shared, "data", "sysbench");
const there = existsSync(join(published, "expected.json"));
if (!there) console.warn(`no SysBench in ${published}: scores are checked on small sessions only`);

describe.skipIf(!there)("the published SysBench runs", () => {
  const expected = there
    ? (JSON.parse(readFileSync(join(published, "expected.json"), "utf8")) as Record<string, object>)
    : {};

  /** Every number by its path; the official counts of rounds are no scores. */
  function numbers(value: unknown, path = ""): [string, number][] {
    if (typeof value === "number") return [[path, value]];
    return Object.entries(value as object).flatMap(([key, inner]) =>
      key === "counts_dep_par" ? [] : numbers(inner, `${path}/${key}`),
    );
  }

  it("are twelve", () => expect(Object.keys(expected)).toHaveLength(12));

  it.each(Object.keys(expected))("%s has the official scores", async (run) => {
    const rounds = await readJudgedRounds({
      verdicts: join(published, "verdicts", `${run}.jsonl.gz`),
      sessions: join(published, "sessions.jsonl.gz"),
    });
    expect(rounds).toHaveLength(2500);
    const values = measureValues({ benchmark: "sysbench", items: sysbenchItems(rounds, "parity") });
    const ours = new Map(numbers(sysbenchScores((name) => values[name]!)));
    const official = numbers(expected[run]);
    expect(official.length).toBeGreaterThanOrEqual(33);
    for (const [path, value] of official) expect(Math.abs(ours.get(path)! - value), path).toBeLessThanOrEqual(1e-12);
  });
});
