import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { type TrainingPoint, trainingSvg } from "./training-chart.ts";

/** A training that goes as one should, without chance. */
function course(steps: number): TrainingPoint[] {
  return Array.from({ length: steps }, (_, index) => index + 1).flatMap((step) => {
    const part = step / steps;
    const wave = Math.sin(step * 1.7) * 0.02;
    const train: TrainingPoint = {
      step,
      kind: "step",
      loss: 0.74 - 0.25 * part + wave,
      rewardMargin: 0.9 * part - wave,
      margin: 0.12 + wave,
      rewardAccuracy: 0.5 + 0.4 * part + wave,
      marginAccuracy: 0.3 + 0.5 * part + wave,
    };
    if (step % 10 !== 0) return [train];
    const validation = {
      ...train,
      kind: "validation" as const,
      loss: train.loss + 0.03,
      rewardAccuracy: 0.5 + 0.3 * part,
    };
    return [train, validation];
  });
}

const opened = (svg: string) => parseHTML(`<html><body>${svg}</body></html>`).document;
const texts = (svg: string, selector: string): string[] =>
  [...opened(svg).querySelectorAll(selector)].map((node: { textContent: string }) => node.textContent);

describe("trainingSvg", () => {
  it("is the same text each time, as it was when the picture was approved", async () => {
    const svg = await trainingSvg(course(60));
    expect(await trainingSvg(structuredClone(course(60)))).toBe(svg);
    await expect(svg).toMatchFileSnapshot("training-chart.golden.svg");
  });

  it("shows loss, margin against γg, and accuracies, for training and validation", async () => {
    const svg = await trainingSvg(course(60));
    expect(texts(svg, ".heading text")).toEqual(["Loss", "Reward margin", "Accuracy"]);
    expect(texts(svg, ".label text")).toEqual([
      ...["training", "validation"],
      ...["γg", "training", "validation"],
      ...["> 0", "> 0, validation", "> γg", "> γg, validation"],
    ]);
    expect(texts(svg, "desc")[0]).toMatch(/^60 steps\. Loss training: 0\.\d+ to 0\.\d+; Loss validation: /);
  });

  it("puts larger values higher, and the steps from left to right", async () => {
    const svg = await trainingSvg(course(20));
    const path = opened(svg).querySelector(".rewardMargin path")?.getAttribute("d") ?? "";
    const places = [...path.matchAll(/[ML]([\d.]+),([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(places).toHaveLength(20);
    expect(places.at(-1)![0]).toBeGreaterThan(places[0]![0]);
    expect(places.at(-1)![1]).toBeLessThan(places[0]![1]);
  });

  it("draws only what there are figures for", async () => {
    const bare = { rewardMargin: null, margin: null, rewardAccuracy: null, marginAccuracy: null };
    const sft = await trainingSvg([
      { step: 1, kind: "step", loss: 3, ...bare },
      { step: 2, kind: "step", loss: 2.5, ...bare },
    ]);
    expect(texts(sft, ".heading text")).toEqual(["Loss"]);
    for (const points of [[], course(1), course(1).map((point) => ({ ...point, loss: Number.NaN }))])
      expect(await trainingSvg(points)).not.toMatch(/NaN|undefined|Infinity|⚠/);
  });

  it("thins long trainings and keeps their course", async () => {
    const svg = await trainingSvg(course(5000));
    const path = opened(svg).querySelector(".loss path")?.getAttribute("d") ?? "";
    expect([...path.matchAll(/[ML]/g)].length).toBeLessThanOrEqual(180);
    expect(svg).not.toMatch(/\d\.\d{3}/);
  });

  it("is named, described and made for light and dark", async () => {
    const root = opened(await trainingSvg(course(3))).querySelector("svg");
    expect(root?.getAttribute("role")).toBe("img");
    expect(root?.getAttribute("aria-label")).toBe("Course of the training");
    expect(root?.querySelector("style")?.textContent).toContain("prefers-color-scheme:dark");
  });
});
