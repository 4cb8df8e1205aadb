// The objectives of training, each as the numbers of a RowLoss. Pure; knows nothing of tokens' texts, graphs or batches but
// for two numbers that a row's loss takes from its batch. Sources: RPO, spec/method.md ("The loss", Huang et al. 2025); DPO,
// Rafailov et al. 2023, with the label smoothing of cDPO (Mitchell 2023); KTO, Ethayarajh et al. 2024, equations 7 and 8.
//
// With Δ = log π(chosen) − log π(rejected), Δref the same of the frozen model, r = log π(y) − log π_ref(y) of an unpaired row,
// and every log π the SUM of token log-probabilities:
//
//   RPO   z = β(Δ − Δref) − γg               L = −(1 − ε) log σ(z) − ε log σ(−z) − (α / T_chosen) log π(chosen)
//   DPO   the same with γ = 0
//   KTO   z = ±β(r − z0), − if undesirable   L = λ (1 − σ(z))      z0 = max(0, mean of r over mismatched rows), a constant
//   SFT                                      L = −log π(y) · rows / T_batch
//
// ε is the label smoothing: a share ε of the pairs is taken to be the other way round. As in an engine for DPO that is given
// reference log-probs raised by γg/β (spec/engines.md), the margin stays inside z there. α weighs the chosen completion's mean
// negative log-likelihood over its T_chosen tokens (Pang et al. 2024; TRL's `rpo_alpha` averages over a batch's tokens
// instead, which is the same with one row a batch). SFT's mean over the rows of a batch is the mean over its T_batch tokens,
// as LLaMA-Factory and TRL train it: long rows count for more than short ones.
import { InputError } from "../dataset/input-error.ts";
import type { Method } from "../preference/training-row.ts";
import type { RowLoss } from "./row-loss.ts";
import type { TokenRow } from "./token-row.ts";

/** What is optimised. */
export interface Objective {
  readonly method: Method;
  /** β: how strongly the adapter is held to the frozen model. Above 0; of no meaning in SFT. */
  readonly beta: number;
  /** γ, outside β: the difference of rewards that each differing constraint asks for. RPO only. */
  readonly gamma: number;
  /** ε, 0 to 0.5. RPO and DPO. */
  readonly labelSmoothing: number;
  /** α, the weight of the chosen completion's likelihood. RPO and DPO. */
  readonly nllWeight: number;
  /** λ of desirable rows. KTO. */
  readonly desirableWeight: number;
  /** λ of undesirable rows. KTO. */
  readonly undesirableWeight: number;
}

/** β and γ of the paper; λ of KTO's authors for data with as many desirable as undesirable rows. */
export const DEFAULT_OBJECTIVE: Omit<Objective, "method"> = {
  beta: 0.1,
  gamma: 0.05,
  labelSmoothing: 0,
  nllWeight: 0,
  desirableWeight: 1,
  undesirableWeight: 1,
};

/** γ of the paper's public code, inside β there: it computes β(Δ − 0.05 g) (spec/method.md, "The loss"). */
const REFERENCE_CODE_GAMMA = 0.05;

/** The γ outside β that is what the paper's public code trains with: 0.05 β. */
export const referenceCompatGamma = (beta: number): number => REFERENCE_CODE_GAMMA * beta;

/** Whether rows of the method hold two completions. */
export const isPaired = (method: Method): boolean => method === "rpo" || method === "dpo";

/** Whether the method compares with the frozen model's log-probabilities. */
export const needsReference = (method: Method): boolean => method !== "sft";

/** What a row's loss takes from its batch. */
export interface BatchTerms {
  /** KTO's reference point, natural log, not below 0; 0 for the others. */
  readonly z0: number;
  /** Completion tokens of the batch over its rows; 1 where the method is not SFT. */
  readonly tokensPerRow: number;
}

/** What the rows of a batch take from it. @param z0 KTO's; null for the others */
export function batchTerms(objective: Objective, rows: readonly TokenRow[], z0: number | null): BatchTerms {
  const tokens = rows.reduce((sum, { completions }) => sum + (completions[0]?.length ?? 0), 0);
  return { z0: z0 ?? 0, tokensPerRow: objective.method === "sft" ? tokens / rows.length : 1 };
}

/** log π − log π_ref of a row's one completion. */
export const logRatio = (logprobs: readonly number[], reference: readonly number[]): number =>
  (logprobs[0] ?? Number.NaN) - (reference[0] ?? Number.NaN);

/** KTO's z0: how far the adapted model is from the frozen one on mismatched rows, natural log, not below 0. */
export const referencePoint = (logRatios: readonly number[]): number =>
  Math.max(0, logRatios.reduce((sum, ratio) => sum + ratio, 0) / logRatios.length);

/** @throws InputError where a number is outside its range or none */
export function checkObjective(objective: Objective): void {
  const { method, beta, gamma, labelSmoothing, nllWeight, desirableWeight, undesirableWeight } = objective;
  if (needsReference(method)) demand(beta > 0 && Number.isFinite(beta), "beta", beta, "a number above 0");
  for (const [name, value] of Object.entries({ gamma, nllWeight, desirableWeight, undesirableWeight }))
    demand(value >= 0 && Number.isFinite(value), name, value, "a number of at least 0");
  demand(labelSmoothing >= 0 && labelSmoothing <= 0.5, "labelSmoothing", labelSmoothing, "from 0 to 0.5");
}

function demand(holds: boolean, name: string, value: number, range: string): void {
  if (!holds) throw new InputError(`${name}: ${value} must be ${range}`);
}

/** γg of a row: 0 but in RPO. */
export function marginTerm(objective: Objective, row: Pick<TokenRow, "id" | "margin">): number {
  if (objective.method !== "rpo") return 0;
  if (!(row.margin >= 0 && Number.isFinite(row.margin)))
    throw new InputError(`${row.id}: margin: ${row.margin} is no margin; it must be a number of at least 0`);
  return objective.gamma * row.margin;
}

/**
 * The loss of a row.
 * @param reference log-probability sums of the row's completions under the frozen model; null in SFT.
 * @throws InputError, with the row's id, for a row that the method can't be trained on
 */
export function rowLoss(
  objective: Objective,
  row: TokenRow,
  reference: readonly number[] | null,
  batch: BatchTerms,
): RowLoss {
  const { method, beta, labelSmoothing, nllWeight } = objective;
  const wanted = isPaired(method) ? 2 : 1;
  if (row.completions.length !== wanted)
    throw new InputError(`${row.id}: ${row.completions.length} completions, and ${method} trains on ${wanted} a row`);
  if (method === "sft") {
    return { ...NOTHING, slope: [0], linear: [-1 / batch.tokensPerRow] };
  }
  if (reference === null || reference.length !== wanted || !reference.every(Number.isFinite))
    throw new InputError(`${row.id}: no usable reference log-probabilities (${reference?.join(", ") ?? "none"})`);
  const [first = 0, second = 0] = reference;
  if (method === "kto") {
    const sign = row.desirable ? 1 : -1;
    return {
      ...NOTHING,
      slope: [sign * beta],
      bias: -sign * beta * (first + batch.z0),
      linear: [0],
      sigmoidOfMinus: row.desirable ? objective.desirableWeight : objective.undesirableWeight,
    };
  }
  const chosenTokens = row.completions[0]?.length ?? 0;
  return {
    ...NOTHING,
    slope: [beta, -beta],
    bias: -beta * (first - second) - marginTerm(objective, row),
    linear: [nllWeight === 0 ? 0 : -nllWeight / chosenTokens, 0],
    softplusOfMinus: 1 - labelSmoothing,
    softplusOfPlus: labelSmoothing,
  };
}

const NOTHING = { bias: 0, softplusOfMinus: 0, softplusOfPlus: 0, sigmoidOfMinus: 0 } as const;

/** A RowLoss at a point. */
export interface RowLossValue {
  readonly loss: number;
  /** ∂loss / ∂logprob_k, one a completion. */
  readonly derivatives: readonly number[];
  readonly z: number;
}

/** The loss in double precision, and how it changes with each log-probability. Neither overflows, whatever z. */
export function evaluateRowLoss(rowLoss: RowLoss, logprobs: readonly number[]): RowLossValue {
  const { slope, bias, linear, softplusOfMinus: a, softplusOfPlus: b, sigmoidOfMinus: c } = rowLoss;
  if (logprobs.length !== slope.length || logprobs.length !== linear.length)
    throw new RangeError(`${logprobs.length} log-probabilities for a loss of ${slope.length} completions`);
  let z = bias;
  let loss = 0;
  logprobs.forEach((logprob, k) => {
    z += (slope[k] as number) * logprob;
    loss += (linear[k] as number) * logprob;
  });
  // A factor of 0 leaves its term out, which an infinite term times 0 would not.
  if (a !== 0) loss += a * softplus(-z);
  if (b !== 0) loss += b * softplus(z);
  if (c !== 0) loss += c * sigmoid(-z);
  const byZ = -a * sigmoid(-z) + b * sigmoid(z) - c * sigmoid(z) * sigmoid(-z);
  return { loss, z, derivatives: linear.map((weight, k) => weight + byZ * (slope[k] as number)) };
}

/** log(1 + eˣ), without overflow and without losing small results. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** 1 / (1 + e⁻ˣ); of a large negative x the small number, not 0. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** What each completion is implicitly rewarded with: β(log π − log π_ref). */
export const impliedRewards = (
  beta: number,
  logprobs: readonly number[],
  reference: readonly number[],
): readonly number[] => logprobs.map((logprob, k) => beta * (logprob - (reference[k] ?? Number.NaN)));
