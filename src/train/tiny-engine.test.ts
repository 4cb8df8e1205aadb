import { describe, expect, it } from "vitest";
import { initialLora } from "./lora-init.ts";
import type { LoraWeights } from "./lora-weights.ts";
import { DEFAULT_OBJECTIVE, rowLoss } from "./objective.ts";
import { TINY_BIGRAM, tinyEngine, tinyRows } from "./tiny-engine.ts";
import type { TokenRow } from "./token-row.ts";

/** Small enough that the second-order error is below what is asked, large enough for fp32 weights to hold the difference. */
const STEP = 2 ** -10;

function trainedLora(dropout: number): LoraWeights {
  const config = { rank: 2, alpha: 4, dropout, targets: ["self_attn.q_proj", "self_attn.v_proj"] as const };
  const lora = initialLora(TINY_BIGRAM, config, 3);
  for (const { B } of lora.pairs.values()) for (let i = 0; i < B.length; i += 1) B[i] = Math.sin(i + 1) / 2;
  return lora;
}

describe("tinyEngine", () => {
  it.each([0, 0.4])("gives the gradient of its loss, dropout %d", async (dropout) => {
    const engine = tinyEngine(1);
    const lora = trainedLora(dropout);
    const row = tinyRows("pairs", 1, 5)[0] as TokenRow;
    const objective = { ...DEFAULT_OBJECTIVE, method: "rpo", gamma: 0.5, nllWeight: 0.3, labelSmoothing: 0.1 } as const;
    const loss = rowLoss(objective, row, [-9, -11], { z0: 0, tokensPerRow: 1 });
    const { gradients } = await engine.step(row, lora, loss, 77);
    let largest = 0;
    for (const [name, pair] of lora.pairs) {
      for (const matrix of ["A", "B"] as const) {
        const weights = pair[matrix];
        for (let i = 0; i < weights.length; i += 1) {
          const before = weights[i] as number;
          weights[i] = before + STEP;
          const above = weights[i] as number;
          const up = (await engine.step(row, lora, loss, 77)).loss;
          weights[i] = before - STEP;
          const below = weights[i] as number;
          const down = (await engine.step(row, lora, loss, 77)).loss;
          weights[i] = before;
          const gradient = gradients.get(name)?.[matrix][i] as number;
          expect(gradient).toBeCloseTo((up - down) / (above - below), 6);
          largest = Math.max(largest, Math.abs(gradient));
        }
      }
    }
    expect(largest).toBeGreaterThan(0.01); // else all of the above compares zeros
  });

  it("drops by its seed in a step, and never in log-probabilities", async () => {
    const engine = tinyEngine(1);
    const lora = trainedLora(0.5);
    const row = tinyRows("pairs", 1, 5)[0] as TokenRow;
    const loss = rowLoss({ ...DEFAULT_OBJECTIVE, method: "dpo" }, row, [-9, -11], { z0: 0, tokensPerRow: 1 });
    const stepped = async (seed: number) => (await engine.step(row, lora, loss, seed)).logprobs;
    expect(await stepped(1)).toEqual(await stepped(1));
    expect(await stepped(1)).not.toEqual(await stepped(2));
    const without: LoraWeights = { config: { ...lora.config, dropout: 0 }, pairs: lora.pairs };
    expect(await engine.logprobs(row, lora)).toEqual(await engine.logprobs(row, without));
    expect(await engine.logprobs(row, null)).not.toEqual(await engine.logprobs(row, lora));
  });
});
