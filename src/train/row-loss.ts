// The loss of one row as a function of its completions' log-probabilities, in the one form that all objectives share, so that
// one graph serves them all:
//
//   z = bias + Σ slope_k · logprob_k        loss = Σ linear_k · logprob_k + a·softplus(−z) + b·softplus(z) + c·σ(−z)
//
// objective.ts says which numbers make it RPO, DPO, KTO or SFT.

/** Numbers of the form above; `slope` and `linear` have one entry a completion. */
export interface RowLoss {
  readonly slope: readonly number[];
  readonly bias: number;
  readonly linear: readonly number[];
  /** a: 1 in RPO and DPO, less the label smoothing. */
  readonly softplusOfMinus: number;
  /** b: the label smoothing of RPO and DPO. */
  readonly softplusOfPlus: number;
  /** c: the weight of a KTO row. */
  readonly sigmoidOfMinus: number;
}
