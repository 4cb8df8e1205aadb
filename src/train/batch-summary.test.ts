import { describe, expect, it } from "vitest";
import { type RowOutcome, summarise } from "./batch-summary.ts";
import { batchTerms, DEFAULT_OBJECTIVE, type Objective, rowLoss } from "./objective.ts";
import type { TokenRow } from "./token-row.ts";

const RPO: Objective = { ...DEFAULT_OBJECTIVE, method: "rpo", beta: 0.1, gamma: 0.5 };

const row = (completions: readonly number[], margin = 0, desirable = true): TokenRow => ({
  id: "r",
  prompt: new Int32Array(10),
  completions: completions.map((length) => new Int32Array(length)),
  margin,
  desirable,
});

function outcomes(
  objective: Objective,
  rows: readonly { row: TokenRow; logprobs: readonly number[]; reference: readonly number[] | null }[],
): RowOutcome[] {
  const terms = batchTerms(
    objective,
    rows.map((of) => of.row),
    objective.method === "kto" ? 2 : null,
  );
  return rows.map((of) => ({ ...of, rowLoss: rowLoss(objective, of.row, of.reference, terms) }));
}

describe("summarise", () => {
  // Reward margins 0.6, 0.2 and −0.3 against γg of 0.5, 1 and 0.5.
  const pairs = [
    { row: row([3, 4], 1), logprobs: [-20, -36], reference: [-22, -32] },
    { row: row([5, 1], 2), logprobs: [-20, -32], reference: [-20, -30] },
    { row: row([2, 2], 1), logprobs: [-25, -32], reference: [-22, -32] },
  ];

  it("tells rewards without the margin, and shares of pairs above 0 and above γg", () => {
    const summary = summarise(RPO, outcomes(RPO, pairs));
    expect(summary.margin).toBeCloseTo((0.5 + 1 + 0.5) / 3, 12);
    expect(summary.rewardMargin).toBeCloseTo((0.6 + 0.2 - 0.3) / 3, 12);
    expect(summary.marginAccuracy).toBeCloseTo(1 / 3, 12);
    expect(summary.rewardAccuracy).toBeCloseTo(2 / 3, 12);
    expect(summary.chosenReward).toBeCloseTo((0.2 + 0 - 0.3) / 3, 12);
    expect(summary.rejectedReward).toBeCloseTo((-0.4 - 0.2 + 0) / 3, 12);
    expect(summary.chosenLogprob).toBeCloseTo(-65 / 3, 12);
    expect(summary.rejectedLogprob).toBeCloseTo(-100 / 3, 12);
    expect(summary.rows).toBe(3);
    expect(summary.tokens).toBe(30 + 17);
    const z = [0.1, -0.8, -0.8];
    expect(summary.loss).toBeCloseTo(z.reduce((sum, value) => sum + Math.log1p(Math.exp(-value)), 0) / 3, 12);
  });

  it("has no margin in DPO, where both shares are the same", () => {
    const dpo: Objective = { ...RPO, method: "dpo" };
    const summary = summarise(dpo, outcomes(dpo, pairs));
    expect(summary.margin).toBeNull();
    expect(summary.marginAccuracy).toBe(summary.rewardAccuracy);
  });

  it("tells KTO's desirable rows as chosen ones", () => {
    const kto: Objective = { ...RPO, method: "kto" };
    const rows = [
      { row: row([3], 0, true), logprobs: [-20], reference: [-25] },
      { row: row([3], 0, false), logprobs: [-30], reference: [-28] },
    ];
    const summary = summarise(kto, outcomes(kto, rows));
    expect(summary.chosenReward).toBeCloseTo(0.5, 12);
    expect(summary.rejectedReward).toBeCloseTo(-0.2, 12);
    expect(summary.rewardMargin).toBeCloseTo(0.7, 12);
    expect(summary.rewardAccuracy).toBeNull();
    const onlyDesirable = summarise(kto, outcomes(kto, rows.slice(0, 1)));
    expect(onlyDesirable.rejectedReward).toBeNull();
    expect(onlyDesirable.rewardMargin).toBeNull();
  });

  it("tells only loss and log-probability in SFT", () => {
    const sft: Objective = { ...RPO, method: "sft" };
    const rows = [
      { row: row([2]), logprobs: [-3], reference: null },
      { row: row([10]), logprobs: [-9], reference: null },
    ];
    const summary = summarise(sft, outcomes(sft, rows));
    expect(summary.loss).toBeCloseTo(1, 12);
    expect(summary.chosenLogprob).toBe(-6);
    expect([summary.chosenReward, summary.rewardMargin, summary.margin, summary.rejectedLogprob]).toEqual(
      Array(4).fill(null),
    );
  });
});
