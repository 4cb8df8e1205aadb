import { describe, expect, it } from "vitest";
import { compareLosses, type DumpedBatch, recomputedLoss } from "./recomputed-loss.ts";

const batch: DumpedBatch = {
  step: 0,
  margins: [0, 1, 3],
  chosen_logps: [-100, -200, -300],
  rejected_logps: [-110, -190, -310],
  ref_chosen_logps: [-100, -200, -300],
  ref_rejected_logps: [-110, -190, -310],
  loss: (Math.LN2 + 0.974077 + 1.701413) / 3,
  beta: 0.1,
  gamma: 0.5,
  label_smoothing: 0,
  nll: 0,
};

describe("recomputedLoss", () => {
  it("is mean softplus(γg) where policy and reference agree", () => {
    expect(recomputedLoss(batch)).toBeCloseTo(batch.loss, 6);
  });

  it("takes each pair's own reference and margin", () => {
    const moved = { ...batch, chosen_logps: [-99, -203, -295], margins: [3, 0, 1] };
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    const expected = (softplus(1.5 - 0.1) + softplus(0.3) + softplus(0.5 - 0.5)) / 3;
    expect(recomputedLoss(moved)).toBeCloseTo(expected, 12);
  });
});

describe("recomputedLoss, smoothed and with a likelihood", () => {
  it("takes a share of the pairs for reversed, and the likelihood as a mean over the chosen completion's tokens", () => {
    const both = { ...batch, label_smoothing: 0.1, nll: 0.3, chosen_tokens: [10, 40, 50] };
    const smoothed = batch.loss - (0.1 * (0 + 0.5 + 1.5)) / 3; // softplus(z) − softplus(−z) = z
    expect(recomputedLoss(both)).toBeCloseTo(smoothed + (0.3 * (10 + 5 + 6)) / 3, 6);
    expect(() => recomputedLoss({ ...batch, nll: 0.3 })).toThrow("chosen_tokens: missing");
  });
});

describe("compareLosses", () => {
  it("finds the batch that is off, and counts those after the steps asked for", () => {
    const late = { ...batch, step: 5 };
    expect(compareLosses([batch, late], 5)).toMatchObject({ batches: 2, late: 1 });
    expect(compareLosses([batch, late], 5).worst).toBeLessThan(1e-6);
    // Stock DPO on the same pairs.
    expect(compareLosses([batch, { ...late, loss: Math.LN2 }], 5).worst).toBeGreaterThan(0.4);
    expect(compareLosses([{ ...batch, loss: Number.NaN }], 5).worst).toBeNaN();
    // Losses of pairs that have changed places, so that their mean is right.
    expect(compareLosses([{ ...batch, losses: [0.974077, Math.LN2, 1.701413] }], 5).worst).toBeGreaterThan(0.2);
    expect(compareLosses([{ ...batch, losses: [Math.LN2, 0.974077, 1.701413, 0] }], 5).worst).toBeNaN();
  });
});
