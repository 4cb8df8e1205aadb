// The embedded trainer, TRL and LLaMA-Factory make the same training of the same model, pairs, order and first adapter: loss,
// rewards, gradient and rate agree step by step. The picture in docs/ is drawn of the same run (bench/engine-curves.ts).
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepRecord } from "../src/train/training-record.ts";
import {
  ALLOWED_DIFFERENCE,
  CURVE_STEPS,
  type CurveEngine,
  type CurveName,
  type EngineCurves,
  engineCurves,
} from "./engine-curves.ts";

/** Importing TRL and LLaMA-Factory takes tens of seconds of a core that other tests share. */
const TRAININGS_MS = 1_200_000;

let home = "";
let cacheBefore: string | undefined;
let curves: EngineCurves;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "rpo-engine-curves-"));
  cacheBefore = process.env.RPO_CACHE;
  process.env.RPO_CACHE = join(home, "rpo-cache");
  curves = await engineCurves(home);
}, TRAININGS_MS);

afterAll(async () => {
  if (cacheBefore === undefined) delete process.env.RPO_CACHE;
  else process.env.RPO_CACHE = cacheBefore;
  await rm(home, { recursive: true, force: true });
});

const of = (engine: CurveEngine, figure: keyof StepRecord, name: CurveName = "plain"): number[] =>
  curves[name][engine].map((step) => Number(step[figure]));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const furthest = (engine: CurveEngine, figure: keyof StepRecord, name: CurveName = "plain"): number => {
  const wanted = of("embedded", figure, name);
  return Math.max(...of(engine, figure, name).map((value, at) => Math.abs(value - (wanted[at] as number))));
};

describe("one training by three engines", () => {
  it("is one that learns: the losses fall, the reward margin rises", () => {
    expect(of("embedded", "step")).toEqual(Array.from({ length: CURVE_STEPS }, (_, index) => index + 1));
    const losses = of("embedded", "loss");
    const rewards = of("embedded", "rewardMargin");
    // Steps 1 to 4 are the first epoch, the last four another one of the same batches.
    expect(mean(losses.slice(-4))).toBeLessThan(mean(losses.slice(0, 4)) - 0.2);
    expect(mean(rewards.slice(-4))).toBeGreaterThan(0.3);
    expect(rewards[0]).toBe(0);
    expect(new Set(of("embedded", "margin")).size).toBeGreaterThan(2);
  });

  it.each(["trl", "llamafactory"] as const)("%s agrees with the embedded trainer step by step", (engine) => {
    expect(of(engine, "step")).toEqual(of("embedded", "step"));
    expect(of(engine, "rows")).toEqual(of("embedded", "rows"));
    expect(furthest(engine, "loss")).toBeLessThan(ALLOWED_DIFFERENCE);
    expect(furthest(engine, "rewardMargin")).toBeLessThan(ALLOWED_DIFFERENCE);
    expect(furthest(engine, "gradientNorm")).toBeLessThan(ALLOWED_DIFFERENCE);
    expect(furthest(engine, "chosenLogprob")).toBeLessThan(1e-3); // sums of hundreds, in fp32
    expect(furthest(engine, "rejectedLogprob")).toBeLessThan(1e-3);
    expect(furthest(engine, "margin")).toBeLessThan(1e-9);
    expect(furthest(engine, "learningRate")).toBeLessThan(1e-9);
    expect(of(engine, "marginAccuracy")).toEqual(of("embedded", "marginAccuracy"));
    expect(of(engine, "rewardAccuracy").slice(1)).toEqual(of("embedded", "rewardAccuracy").slice(1));
  });

  it.each(["trl", "llamafactory"] as const)("%s does with label smoothing and a likelihood term too", (engine) => {
    expect(of(engine, "step", "shaped")).toEqual(of("embedded", "step", "shaped"));
    const [shaped = 0] = of("embedded", "loss", "shaped");
    const [plain = 0] = of("embedded", "loss");
    const [margin = 0] = of("embedded", "margin"); // ε takes ε·γg off the first loss; the likelihood adds to it
    expect(shaped).toBeGreaterThan(plain - 0.1 * margin + 0.1);
    for (const figure of ["loss", "rewardMargin", "gradientNorm"] as const)
      expect([figure, furthest(engine, figure, "shaped") < ALLOWED_DIFFERENCE]).toEqual([figure, true]);
    expect(furthest(engine, "chosenLogprob", "shaped")).toBeLessThan(1e-3);
  });

  it("is what the picture in docs/ shows", async () => {
    const picture = await readFile(new URL("../docs/engine-curves.svg", import.meta.url), "utf8");
    const [, steps, trl, llamafactory] =
      /<desc>(\d+) steps\. .* embedded: TRL ([\d.e-]+), LLaMA-Factory ([\d.e-]+);/.exec(picture) ?? [];
    expect(Number(steps)).toBe(CURVE_STEPS);
    expect(Number(trl)).toBeLessThan(ALLOWED_DIFFERENCE);
    expect(Number(llamafactory)).toBeLessThan(ALLOWED_DIFFERENCE);
  });
});
