// A model of a few hundred numbers that stands in for a real one in the tests of the training loop: the next token depends on
// the last one alone (a bigram softmax), and adapters act on its logits as they act on a linear layer. Double precision,
// gradients by hand, dropout included.
//
//   logits(t) = W e_t + (alpha / rank) Σ_layers B (A (d ⊙ e_t))      e_t the unit vector of token t, d the dropout's mask
import { seededRandom } from "../preference/seed.ts";
import type { Architecture } from "../weights/architecture.ts";
import type { Engine } from "./engine.ts";
import type { LoraPair, LoraWeights } from "./lora-weights.ts";
import { evaluateRowLoss } from "./objective.ts";
import type { TokenRow } from "./token-row.ts";

/** Tokens that the tiny model knows. */
export const TINY_VOCABULARY = 12;

/** An architecture whose attention layers are all [TINY_VOCABULARY, TINY_VOCABULARY], one block: target those only. */
export const TINY_BIGRAM: Architecture = {
  family: "llama",
  hidden: TINY_VOCABULARY,
  heads: 1,
  kvHeads: 1,
  headDim: TINY_VOCABULARY,
  feedForward: TINY_VOCABULARY,
  vocabulary: TINY_VOCABULARY,
  contextLength: 64,
  normEpsilon: 1e-5,
  normOffset: 0,
  attentionScale: 1,
  qkvBias: false,
  qkNorm: false,
  postNorms: false,
  activation: "silu",
  embeddingScale: 1,
  tiedEmbeddings: true,
  layers: [{ window: null, ropeTheta: 10_000, ropeFactors: null }],
};

/** Spread of the frozen logits: some tokens likelier than others, none certain. */
const LOGIT_SPREAD = 2;

/** What the next token is predicted from: the token before it, and which layers' inputs are dropped or scaled up. */
interface Position {
  readonly previous: number;
  readonly target: number;
  /** By layer: 0, or 1 / (1 − dropout). */
  readonly mask: ReadonlyMap<string, number>;
}

/** An engine over the tiny model whose frozen weights are drawn from the seed. */
export function tinyEngine(seed: number): Engine {
  const V = TINY_VOCABULARY;
  const random = seededRandom("tiny-engine", seed);
  const frozen = Float64Array.from({ length: V * V }, () => LOGIT_SPREAD * (random() - 0.5));

  const positionsOf = (row: TokenRow, lora: LoraWeights | null, dropoutSeed: number | null): Position[][] => {
    const draw = seededRandom("tiny-engine-dropout", dropoutSeed ?? 0);
    const dropout = dropoutSeed === null ? 0 : (lora?.config.dropout ?? 0);
    return row.completions.map((completion) =>
      [...completion].map((target, i) => ({
        previous: (i === 0 ? row.prompt.at(-1) : completion[i - 1]) as number,
        target,
        mask: new Map([...(lora?.pairs.keys() ?? [])].map((name) => [name, draw() < dropout ? 0 : 1 / (1 - dropout)])),
      })),
    );
  };

  /** Probabilities of all next tokens. */
  const softmax = ({ previous, mask }: Position, lora: LoraWeights | null): Float64Array => {
    const logits = Float64Array.from({ length: V }, (_, v) => frozen[v * V + previous] as number);
    for (const [name, pair] of lora?.pairs ?? []) {
      const hidden = hiddenOf(pair, previous, mask.get(name) ?? 1, lora as LoraWeights);
      const rank = hidden.length;
      for (let v = 0; v < V; v += 1)
        for (let r = 0; r < rank; r += 1)
          logits[v] = (logits[v] as number) + (pair.B[v * rank + r] as number) * (hidden[r] as number);
    }
    const largest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  };

  /** scale · A (d ⊙ e) of one layer, [rank]. */
  const hiddenOf = (pair: LoraPair, previous: number, mask: number, { config }: LoraWeights): Float64Array =>
    Float64Array.from(
      { length: config.rank },
      (_, r) => (config.alpha / config.rank) * mask * (pair.A[r * V + previous] as number),
    );

  const sum = (positions: readonly Position[], lora: LoraWeights | null): number =>
    positions.reduce((total, at) => total + Math.log(softmax(at, lora)[at.target] as number), 0);

  return {
    async logprobs(row, lora) {
      return positionsOf(row, lora, null).map((positions) => sum(positions, lora));
    },

    async step(row, lora, loss, dropoutSeed) {
      const completions = positionsOf(row, lora, dropoutSeed);
      const logprobs = completions.map((positions) => sum(positions, lora));
      const value = evaluateRowLoss(loss, logprobs);
      const gradients = new Map<string, { A: Float64Array; B: Float64Array }>();
      for (const [name, { A, B }] of lora.pairs)
        gradients.set(name, { A: new Float64Array(A.length), B: new Float64Array(B.length) });
      const { rank, alpha } = lora.config;
      completions.forEach((positions, k) => {
        for (const at of positions) {
          const byLogit = softmax(at, lora).map(
            (p, v) => (value.derivatives[k] as number) * ((v === at.target ? 1 : 0) - p),
          );
          for (const [name, pair] of lora.pairs) {
            const mask = at.mask.get(name) ?? 1;
            const hidden = hiddenOf(pair, at.previous, mask, lora);
            const gradient = gradients.get(name) as { A: Float64Array; B: Float64Array };
            for (let r = 0; r < rank; r += 1) {
              let byHidden = 0;
              for (let v = 0; v < V; v += 1) {
                byHidden += (byLogit[v] as number) * (pair.B[v * rank + r] as number);
                const b = v * rank + r;
                gradient.B[b] = (gradient.B[b] as number) + (byLogit[v] as number) * (hidden[r] as number);
              }
              const a = r * V + at.previous;
              gradient.A[a] = (gradient.A[a] as number) + (alpha / rank) * mask * byHidden;
            }
          }
        }
      });
      const rounded = [...gradients].map(
        ([name, { A, B }]) => [name, { A: Float32Array.from(A), B: Float32Array.from(B) }] as const,
      );
      return { loss: value.loss, logprobs, gradients: new Map(rounded) };
    },

    async release() {},
  };
}

/** A data set drawn from the seed: pairs, or unpaired rows that are desirable and undesirable by turns. */
export function tinyRows(kind: "pairs" | "unpaired", count: number, seed: number): TokenRow[] {
  const random = seededRandom("tiny-rows", kind, seed);
  const draw = (length: number): Int32Array =>
    Int32Array.from({ length }, () => Math.floor(random() * TINY_VOCABULARY));
  const some = (most: number): number => 1 + Math.floor(random() * most);
  return Array.from({ length: count }, (_, i) => ({
    id: `tiny.jsonl:${i + 1}`,
    prompt: draw(some(4)),
    completions: kind === "pairs" ? [draw(some(5)), draw(some(5))] : [draw(some(5))],
    margin: kind === "pairs" ? some(6) : 0,
    desirable: i % 2 === 0,
  }));
}
