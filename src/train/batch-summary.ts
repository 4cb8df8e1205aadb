// What rows of a batch, or of a validation set, gave together: mean loss, rewards, how many pairs are ordered as they should
// be. Pure. Rewards are the implicit ones, β(log π − log π_ref), as spec/engines.md asks: a margin never shifts them.
import { evaluateRowLoss, impliedRewards, marginTerm, type Objective } from "./objective.ts";
import type { RowLoss } from "./row-loss.ts";
import type { TokenRow } from "./token-row.ts";

/** One row's log-probabilities with what its loss was made of. */
export interface RowOutcome {
  readonly row: TokenRow;
  readonly rowLoss: RowLoss;
  /** Of the adapted model. */
  readonly logprobs: readonly number[];
  /** Of the frozen model; null in SFT. */
  readonly reference: readonly number[] | null;
}

/** Means over rows; null where the method, or the batch, has none to take a mean of. */
export interface BatchSummary {
  /** In double precision, from the log-probabilities. */
  readonly loss: number;
  /** Mean γg; null but in RPO. */
  readonly margin: number | null;
  /** Mean β(Δ − Δref) of pairs; in KTO the desirable rows' mean reward less the undesirable ones'. */
  readonly rewardMargin: number | null;
  /** Share of pairs whose reward margin exceeds their γg. */
  readonly marginAccuracy: number | null;
  /** Share of pairs whose reward margin is above 0. */
  readonly rewardAccuracy: number | null;
  /** Mean reward of chosen completions, or of KTO's desirable ones. */
  readonly chosenReward: number | null;
  readonly rejectedReward: number | null;
  /** Mean log-probability sum of chosen completions, of KTO's desirable ones, of SFT's. */
  readonly chosenLogprob: number | null;
  readonly rejectedLogprob: number | null;
  readonly rows: number;
  /** Tokens that went through the model: each prompt once, and the completions. */
  readonly tokens: number;
}

export function summarise(objective: Objective, outcomes: readonly RowOutcome[]): BatchSummary {
  const chosenRewards: number[] = [];
  const rejectedRewards: number[] = [];
  const chosenLogprobs: number[] = [];
  const rejectedLogprobs: number[] = [];
  const margins: number[] = [];
  const rewardMargins: number[] = [];
  let loss = 0;
  let tokens = 0;
  for (const { row, rowLoss, logprobs, reference } of outcomes) {
    loss += evaluateRowLoss(rowLoss, logprobs).loss;
    tokens += row.completions.reduce((sum, completion) => sum + completion.length, row.prompt.length);
    const rewards = reference === null ? [] : impliedRewards(objective.beta, logprobs, reference);
    // An undesirable row's one completion stands where a pair has its rejected one.
    const isRejected = (k: number): boolean => k === 1 || (objective.method === "kto" && !row.desirable);
    logprobs.forEach((logprob, k) => {
      (isRejected(k) ? rejectedLogprobs : chosenLogprobs).push(logprob);
    });
    rewards.forEach((reward, k) => {
      (isRejected(k) ? rejectedRewards : chosenRewards).push(reward);
    });
    const [chosen, rejected] = rewards;
    if (chosen === undefined || rejected === undefined) continue;
    rewardMargins.push(chosen - rejected);
    margins.push(marginTerm(objective, row));
  }
  const chosenReward = mean(chosenRewards);
  const rejectedReward = mean(rejectedRewards);
  return {
    loss: loss / outcomes.length,
    margin: objective.method === "rpo" ? mean(margins) : null,
    rewardMargin: chosenReward === null || rejectedReward === null ? null : chosenReward - rejectedReward,
    marginAccuracy: mean(rewardMargins.map((reward, i) => (reward > (margins[i] as number) ? 1 : 0))),
    rewardAccuracy: mean(rewardMargins.map((reward) => (reward > 0 ? 1 : 0))),
    chosenReward,
    rejectedReward,
    chosenLogprob: mean(chosenLogprobs),
    rejectedLogprob: mean(rejectedLogprobs),
    rows: outcomes.length,
    tokens,
  };
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
