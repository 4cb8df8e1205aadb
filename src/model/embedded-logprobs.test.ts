// The embedded model's log-probabilities beside those that llama.cpp gives for the same tokens evaluated alone: on tiny random models,
// one whose layers see all and one whose layers slide, with an adapter and without. The samples are held to a schema, which must not
// show in the log-probabilities, and makes their tokens plain letters that can be told from their texts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Token } from "node-llama-cpp";
import { afterAll, describe, expect, it } from "vitest";
import { llamaLogprobs, openLlama } from "../../test/llama-logprobs.ts";
import { writeGgufAdapter } from "../adapter/gguf-adapter.ts";
import { randomAdapter } from "../adapter/random-adapter.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { TINY_WINDOW, tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeGgufModel } from "../weights/tiny-model-files.ts";
import { embeddedModel } from "./embedded.ts";
import type { GenerateRequest } from "./model.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-embedded-logprobs-"));
const llama = await openLlama();
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

/** Of the sum over a sample: the embedded model keeps its cache in half precision, and the other side in single. */
const TOLERANCE = 2e-3;

const request: GenerateRequest = {
  messages: [{ role: "user", content: "the hen in the inn" }],
  n: 3,
  seed: 5,
  maxTokens: 40,
  temperature: 1.7,
  topK: 60,
  logprobs: 2,
  schema: { name: "letters", schema: { type: "array", items: { enum: ["then", "inn", "hint", "a", 7] }, minItems: 4 } },
};

describe("the embedded model's log-probabilities", () => {
  it.each(["llama", "gemma3"] as const)("are those of llama.cpp: %s", async (family) => {
    const weights = randomFrozenWeights(tinyArchitecture(family), 1, join(folder, `${family}.bin`));
    const path = join(folder, `${family}.gguf`);
    const adapter = join(folder, `${family}-lora.gguf`);
    await writeGgufModel(path, weights);
    await writeGgufAdapter(adapter, randomAdapter(weights, 1), weights.architecture);
    const plain = await llama.loadModel({ modelPath: path });
    const ids = new Map(
      Array.from({ length: weights.architecture.vocabulary }, (_, id) => [plain.detokenize([id as Token], true), id]),
    );
    const sums: number[] = [];
    for (const lora of [undefined, adapter]) {
      const model = embeddedModel({ path, contextSize: 256, width: 2, threads: 1, adapter: lora });
      const prompt = plain.tokenize(await model.renderPrompt(request.messages), true);
      expect(prompt.length).toBeGreaterThan(2 * TINY_WINDOW);
      const { choices } = await model.generate(request);
      await model.dispose();
      const completions = choices.map(({ logprobs }) => logprobs!.map(({ token }) => ids.get(token)!));
      const [expected] = await llamaLogprobs(llama, path, [{ prompt, completions }], lora);
      for (const [i, { text, logprobs }] of choices.entries()) {
        expect(text).toMatch(/^\[/);
        expect(logprobs!.map(({ token }) => token).join("")).toBe(text);
        const sum = logprobs!.reduce((total, { logprob }) => total + logprob, 0);
        expect(Math.abs(sum - expected![i]!) / Math.abs(expected![i]!)).toBeLessThan(TOLERANCE);
        sums.push(sum);
      }
    }
    expect(new Set(sums).size).toBe(sums.length);
    await plain.dispose();
  });
});
