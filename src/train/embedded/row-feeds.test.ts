// Feeds by what the graphs make of them: padding, which they put there, must change nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { afterAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../preference/seed.ts";
import { LINEAR_LAYERS } from "../../weights/architecture.ts";
import { randomFrozenWeights } from "../../weights/random-weights.ts";
import { tinyArchitecture } from "../../weights/tiny-architecture.ts";
import { initialLora } from "../lora-init.ts";
import type { LoraConfig } from "../lora-weights.ts";
import type { TokenRow } from "../token-row.ts";
import { layoutSize } from "./layout.ts";
import { feedInputs, keepFeeds, loraFeeds, lossFeeds, rowFeeds } from "./row-feeds.ts";
import { keepInputs } from "./step-graph.ts";
import { wholeForm } from "./whole-form.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-row-feeds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config: LoraConfig = { rank: 4, alpha: 8, dropout: 0, targets: LINEAR_LAYERS };
const LOSS = {
  slope: [0.2, -0.1],
  bias: 0.1,
  linear: [-0.1, 0],
  softplusOfMinus: 1,
  softplusOfPlus: 0.1,
  sigmoidOfMinus: 0,
};
const row: TokenRow = {
  id: "rows.jsonl:1",
  prompt: Int32Array.from({ length: 9 }, (_, i) => 7 * i + 3),
  completions: [Int32Array.from({ length: 12 }, (_, i) => 300 - 11 * i), Int32Array.of(5, 6, 7, 8, 9)],
  margin: 1,
  desirable: true,
};

describe.each(["llama", "gemma3"] as const)("a row of %s that is padded", (family) => {
  it("gives what it gives without padding", async () => {
    const architecture = tinyArchitecture(family);
    const weights = randomFrozenWeights(architecture, 2, join(folder, `${family}.bin`));
    const form = wholeForm({ weights, config, device: "cpu", threads: 1 });
    const lora = initialLora(architecture, config, 1);
    for (const [name, { B }] of lora.pairs) {
      const random = seededRandom("row-feeds.test", name);
      B.forEach((_, i) => {
        B[i] = 0.2 * (random() - 0.5);
      });
    }
    const step = async (tokens: number, scored: number) => {
      const gradients = new Map<string, Float32Array>();
      const written: Record<string, Tensor> = {};
      for (const [name, { A, B }] of lora.pairs) {
        for (const [side, { length }, dims] of [
          ["A", A, [config.rank, A.length / config.rank]],
          ["B", B, [B.length / config.rank, config.rank]],
        ] as const) {
          const values = new Float32Array(length);
          gradients.set(`${name}.lora_${side}`, values);
          written[`${name}.lora_${side}.gradient`] = new Tensor("float32", values, dims);
        }
      }
      const feeds = [
        rowFeeds(architecture, row, { tokens, scored }),
        lossFeeds(row, LOSS),
        loraFeeds(architecture, config, lora),
      ];
      return { ...(await form.step(feeds, written)), logprobs: await form.logprobs(feeds), gradients };
    };
    try {
      const { tokens, scored } = layoutSize(row);
      const plain = await step(tokens, scored);
      const padded = await step(tokens + 13, scored + 7);
      expect(Math.abs(padded.loss / plain.loss - 1)).toBeLessThan(1e-6);
      plain.logprobs.forEach((logprob, k) => {
        expect(Math.abs((padded.logprobs[k] as number) / logprob - 1)).toBeLessThan(1e-6);
      });
      for (const [name, values] of plain.gradients) {
        const other = padded.gradients.get(name) as Float32Array;
        const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(size).toBeGreaterThan(0);
        values.forEach((value, i) => {
          expect(Math.abs(value - (other[i] as number))).toBeLessThan(2e-6 * size);
        });
      }
    } finally {
      await form.release();
    }
  });
});

describe("feedInputs", () => {
  const architecture = tinyArchitecture("llama");

  it("takes each input from the first feed that has it, and refuses one that none has", () => {
    const one = new Tensor("float32", Float32Array.of(1), [1]);
    const feeds = [(input: string) => (input === "a" ? one : undefined), lossFeeds(row, LOSS)];
    expect(feedInputs(["a", "bias"], feeds).a).toBe(one);
    expect(feedInputs(["a", "bias"], feeds).bias?.data).toEqual(Float32Array.of(0.1));
    expect(() => feedInputs(["ids"], feeds)).toThrow("nothing to feed ids with");
  });

  it("draws dropout masks of the row's length, the same whenever they are asked for", () => {
    const dropping = { ...config, dropout: 0.5 };
    const [keep] = keepInputs(architecture, dropping);
    const feed = keepFeeds(architecture, dropping, 10, 4);
    const name = keep?.name as string;
    expect(feed(name)?.dims).toEqual([10, architecture.hidden]);
    expect(feed(name)?.data).toEqual(feed(name)?.data);
    expect(keepFeeds(architecture, dropping, 10, 5)(name)?.data).not.toEqual(feed(name)?.data);
    expect(keepFeeds(architecture, config, 10, 4)(name)).toBe(undefined);
  });
});
