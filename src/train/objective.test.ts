import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trainingNumbers } from "../../test/training-numbers.ts";
import {
  batchTerms,
  DEFAULT_OBJECTIVE,
  evaluateRowLoss,
  impliedRewards,
  type Objective,
  referenceCompatGamma,
  referencePoint,
  rowLoss,
  sigmoid,
  softplus,
} from "./objective.ts";
import type { RowLoss } from "./row-loss.ts";
import type { TokenRow } from "./token-row.ts";

const ALONE = { z0: 0, tokensPerRow: 1 };

const pair = (margin: number, tokens: readonly [number, number] = [3, 2]): TokenRow => ({
  id: "train.jsonl:7",
  prompt: Int32Array.of(1),
  completions: tokens.map((length) => new Int32Array(length)),
  margin,
  desirable: true,
});

const single = (desirable: boolean, tokens = 4): TokenRow => ({
  ...pair(0),
  completions: [new Int32Array(tokens)],
  desirable,
});

const objective = (method: Objective["method"], over: Partial<Objective> = {}): Objective => ({
  ...DEFAULT_OBJECTIVE,
  ...over,
  method,
});

const lossAt = (of: Objective, row: TokenRow, reference: readonly number[], logprobs: readonly number[]): number =>
  evaluateRowLoss(rowLoss(of, row, reference, ALONE), logprobs).loss;

describe("RPO", () => {
  const rpo = objective("rpo", { beta: 0.1, gamma: 0.5 });
  const reference = [-40.25, -61.5];

  it.each([
    [0, "0.693147"],
    [1, "0.974077"],
    [3, "1.701413"],
  ])("is softplus(γg) where the policy is the reference: g = %d", (margin, loss) => {
    expect(lossAt(rpo, pair(margin), reference, reference).toFixed(6)).toBe(loss);
    expect(softplus(0.5 * margin).toFixed(6)).toBe(loss);
  });

  it("is −log σ(β(Δ − Δref) − γg), with the margin outside β", () => {
    const z = 0.1 * (-38 - -66 - (-40.25 - -61.5)) - 0.5 * 2;
    expect(lossAt(rpo, pair(2), reference, [-38, -66])).toBeCloseTo(-Math.log(1 / (1 + Math.exp(-z))), 14);
  });

  it("is DPO with the chosen reference raised by γg/β", () => {
    const { beta, gamma } = rpo;
    const raised = [-40.25 + (gamma * 4) / beta, -61.5];
    expect(lossAt(rpo, pair(4), reference, [-38, -66])).toBeCloseTo(
      lossAt(objective("dpo"), pair(4), raised, [-38, -66]),
      13,
    );
  });

  it("has losses that permute with the margins", () => {
    const losses = (margins: readonly number[]) =>
      margins.map((margin) => lossAt(rpo, pair(margin), reference, [-38, -66]));
    const [a, b, c] = losses([1, 2, 6]);
    expect(losses([6, 1, 2])).toEqual([c, a, b]);
    expect(new Set([a, b, c]).size).toBe(3);
  });

  it("is DPO in loss and derivatives where γ = 0, and where g = 0; DPO ignores the margin", () => {
    const dpo = rowLoss(objective("dpo"), pair(0), reference, ALONE);
    expect(rowLoss({ ...rpo, gamma: 0 }, pair(5), reference, ALONE)).toEqual(dpo);
    expect(rowLoss(rpo, pair(0), reference, ALONE)).toEqual(dpo);
    expect(rowLoss(objective("dpo", { gamma: 0.5 }), pair(5), reference, ALONE)).toEqual(dpo);
  });

  it("has a gradient that is σ(γg)/0.5 times DPO's at step 0", () => {
    const of = (margin: number) => evaluateRowLoss(rowLoss(rpo, pair(margin), reference, ALONE), reference).derivatives;
    for (const margin of [1, 3, 12])
      for (const k of [0, 1])
        expect((of(margin)[k] as number) / (of(0)[k] as number)).toBeCloseTo(sigmoid(0.5 * margin) / 0.5, 12);
  });

  it("takes γ = 0.05 β for what the paper's code computes, β(Δ − 0.05 g)", () => {
    const beta = 0.3;
    const compat = objective("rpo", { beta, gamma: referenceCompatGamma(beta) });
    const z = beta * (-38 - -66 - (-40.25 - -61.5) - 0.05 * 4);
    expect(lossAt(compat, pair(4), reference, [-38, -66])).toBeCloseTo(Math.log1p(Math.exp(-z)), 14);
  });

  it("smooths labels as cDPO does", () => {
    const z = 0.1 * (-38 - -66 - (-40.25 - -61.5)) - 0.5 * 2;
    const smoothed = lossAt({ ...rpo, labelSmoothing: 0.2 }, pair(2), reference, [-38, -66]);
    expect(smoothed).toBeCloseTo(-0.8 * Math.log(sigmoid(z)) - 0.2 * Math.log(sigmoid(-z)), 13);
  });

  it("adds the chosen completion's mean negative log-likelihood", () => {
    const added = lossAt({ ...rpo, nllWeight: 0.6 }, pair(2, [8, 2]), reference, [-38, -66]);
    expect(added - lossAt(rpo, pair(2, [8, 2]), reference, [-38, -66])).toBeCloseTo((0.6 * 38) / 8, 12);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])("refuses a margin of %d, and says of which row", (margin) => {
    expect(() => rowLoss(rpo, pair(margin), reference, ALONE)).toThrow(/^train\.jsonl:7: margin: .*at least 0/);
  });

  it("refuses rows and references of the wrong number", () => {
    expect(() => rowLoss(rpo, single(true), reference, ALONE)).toThrow(/^train\.jsonl:7: 1 completions, and rpo/);
    expect(() => rowLoss(rpo, pair(1), [-1], ALONE)).toThrow(/^train\.jsonl:7: no usable reference/);
    expect(() => rowLoss(rpo, pair(1), [-1, Number.NaN], ALONE)).toThrow(/no usable reference/);
    expect(() => rowLoss(rpo, pair(1), null, ALONE)).toThrow(/no usable reference/);
  });
});

describe("KTO", () => {
  // A batch by hand: β = 0.1; log-ratios 3 and −5 of mismatched rows average below 0, 3 and 7 to 5.
  it("takes z0 as the mean log-ratio of mismatched rows, not below 0", () => {
    expect(referencePoint([3, -5])).toBe(0);
    expect(referencePoint([3, 7])).toBe(5);
  });

  it("is λ(1 − σ(β(r − z0))) for desirable rows and λ(1 − σ(β(z0 − r))) for undesirable ones", () => {
    const kto = objective("kto", { desirableWeight: 1.5, undesirableWeight: 0.5 });
    const at = (desirable: boolean): number =>
      evaluateRowLoss(rowLoss(kto, single(desirable), [-30], { z0: 5, tokensPerRow: 1 }), [-22]).loss;
    // r = 8, β(r − z0) = 0.3, σ(0.3) = 0.574442516811659.
    expect(at(true)).toBeCloseTo(1.5 * (1 - 0.574442516811659), 14);
    expect(at(false)).toBeCloseTo(0.5 * 0.574442516811659, 14);
  });

  it("is half the weight where nothing has moved", () => {
    expect(lossAt(objective("kto"), single(true), [-30], [-30])).toBe(0.5);
    expect(lossAt(objective("kto"), single(false), [-30], [-30])).toBe(0.5);
  });
});

describe("TRL", () => {
  const beta = 0.1;
  const kto = {
    desirableWeight: 1.5,
    undesirableWeight: 0.5,
    chosen: [-22, -40, -7],
    chosenReference: [-30, -35, -7],
    rejected: [-50, -18],
    rejectedReference: [-44, -60],
    mismatched: [-90, -80, -70, -60, -50],
    mismatchedReference: [-98, -83, -69, -70, -50],
  };
  const chosen = [-38, -700, -3];
  const rejected = [-66, -20, -3];
  const chosenReference = [-40.25, -300, -4];
  const rejectedReference = [-61.5, -300, -2];

  it("gives the same losses and gradients: KTO; DPO with label smoothing; RPO by its raised references", async () => {
    const margins = [2, 6, 1];
    const rpo = objective("rpo", { beta, gamma: 0.5, labelSmoothing: 0.15 });
    const raised = chosenReference.map((value, i) => value + (rpo.gamma * (margins[i] as number)) / beta);
    const dpo = { labelSmoothing: 0.15, chosen, rejected, chosenReference: raised, rejectedReference };
    const theirs = await trainingNumbers("losses", { beta, kto, dpo });

    margins.forEach((margin, i) => {
      const loss = rowLoss(rpo, pair(margin), [chosenReference[i] as number, rejectedReference[i] as number], ALONE);
      const ours = evaluateRowLoss(loss, [chosen[i] as number, rejected[i] as number]);
      expect(ours.loss).toBeCloseTo(theirs.dpo.losses[i] as number, 12);
      for (const k of [0, 1] as const)
        expect(ours.derivatives[k]).toBeCloseTo(theirs.dpo.gradients[k][i] as number, 12);
    });

    const z0 = referencePoint(kto.mismatched.map((value, i) => value - (kto.mismatchedReference[i] as number)));
    expect(z0).toBeCloseTo(theirs.kto.kl, 12);
    expect(z0).toBeGreaterThan(0);
    const sides = [
      { desirable: true, logprobs: kto.chosen, references: kto.chosenReference, at: 0 },
      { desirable: false, logprobs: kto.rejected, references: kto.rejectedReference, at: kto.chosen.length },
    ];
    sides.forEach(({ desirable, logprobs, references, at }, k) => {
      logprobs.forEach((logprob, i) => {
        const loss = rowLoss(objective("kto", { ...kto, beta }), single(desirable), [references[i] as number], {
          z0,
          tokensPerRow: 1,
        });
        const ours = evaluateRowLoss(loss, [logprob]);
        expect(ours.loss).toBeCloseTo(theirs.kto.losses[at + i] as number, 12);
        expect(ours.derivatives[0]).toBeCloseTo(theirs.kto.gradients[k]?.[i] as number, 12);
      });
    });
  });
});

describe("SFT", () => {
  it("averages over a batch's tokens, not over its rows", () => {
    const rows = [single(true, 2), single(true, 10)];
    const terms = batchTerms(objective("sft"), rows, null);
    const losses = rows.map(
      (row, i) => evaluateRowLoss(rowLoss(objective("sft"), row, null, terms), [[-3], [-9]][i] as number[]).loss,
    );
    expect(((losses[0] as number) + (losses[1] as number)) / 2).toBeCloseTo((3 + 9) / 12, 14);
  });
});

describe("evaluateRowLoss", () => {
  const number = fc.double({ min: -4, max: 4, noNaN: true });
  const arbitraryLoss: fc.Arbitrary<RowLoss> = fc.record({
    slope: fc.tuple(number, number),
    bias: number,
    linear: fc.tuple(number, number),
    softplusOfMinus: number,
    softplusOfPlus: number,
    sigmoidOfMinus: number,
  });

  it("gives derivatives that finite differences agree with", () => {
    fc.assert(
      fc.property(arbitraryLoss, fc.tuple(number, number), (loss, logprobs) => {
        const { derivatives } = evaluateRowLoss(loss, logprobs);
        const h = 1e-5;
        for (const k of [0, 1]) {
          const moved = (by: number) => logprobs.map((value, i) => (i === k ? value + by : value));
          const difference = evaluateRowLoss(loss, moved(h)).loss - evaluateRowLoss(loss, moved(-h)).loss;
          expect(derivatives[k]).toBeCloseTo(difference / (2 * h), 5);
        }
      }),
    );
  });

  it.each([1e5, -1e5, 800, -800])("stays finite and exact at z = %d", (z) => {
    const loss = { slope: [1], bias: 0, linear: [0], softplusOfMinus: 1, softplusOfPlus: 0, sigmoidOfMinus: 0 };
    const at = evaluateRowLoss(loss, [z]);
    expect(at.loss).toBeCloseTo(Math.max(0, -z), 9);
    expect(at.derivatives[0]).toBeCloseTo(z > 0 ? 0 : -1, 9);
    const kto = evaluateRowLoss({ ...loss, softplusOfMinus: 0, sigmoidOfMinus: 2 }, [z]);
    expect(kto.loss).toBeCloseTo(z > 0 ? 0 : 2, 9);
    expect(kto.derivatives[0]).toBeCloseTo(0, 9);
  });

  it("keeps small results, which 1 − σ and log(1 + x) lose", () => {
    expect(softplus(-40)).toBeCloseTo(Math.exp(-40), 30);
    expect(softplus(-40) / Math.exp(-40)).toBeCloseTo(1, 12);
    expect(sigmoid(-40) / Math.exp(-40)).toBeCloseTo(1, 12);
    expect(softplus(0)).toBe(Math.LN2);
    expect(sigmoid(0)).toBe(0.5);
  });

  it("refuses another number of log-probabilities", () => {
    const loss = rowLoss(objective("dpo"), pair(0), [-1, -2], ALONE);
    expect(() => evaluateRowLoss(loss, [-1])).toThrow(RangeError);
  });
});

it("rewards by β times the log-ratio", () => {
  const [chosen, rejected] = impliedRewards(0.1, [-38, -66], [-40, -61]);
  expect(chosen).toBeCloseTo(0.2, 14);
  expect(rejected).toBeCloseTo(-0.5, 14);
});
