// The embedded model with a LoRA adapter, on a tiny random model. That the adapter computes what it should is shown by
// test/families.test.ts; here: that it is used, by every lane, and that a wrong one is refused.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { writeGgufAdapter } from "../adapter/gguf-adapter.ts";
import { randomAdapter } from "../adapter/random-adapter.ts";
import { initialLora } from "../train/lora-init.ts";
import { LINEAR_LAYERS } from "../weights/architecture.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeGgufModel } from "../weights/tiny-model-files.ts";
import { type EmbeddedModel, type EmbeddedModelOptions, embeddedModel } from "./embedded.ts";
import type { GenerateRequest } from "./model.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-embedded-adapter-"));
afterAll(() => rmSync(folder, { recursive: true }));

const weights = randomFrozenWeights(tinyArchitecture("llama"), 1, join(folder, "llama.bin"));
const { architecture } = weights;
const path = join(folder, "base.gguf");
const lora = join(folder, "lora.gguf");
const trained = randomAdapter(weights, 1);
await writeGgufModel(path, weights);
await writeGgufAdapter(lora, trained, architecture);

/** A model for one test. */
function open(more: Partial<EmbeddedModelOptions>): EmbeddedModel {
  const model = embeddedModel({ path, contextSize: 256, width: 3, ...more });
  onTestFinished(() => model.dispose());
  return model;
}

const request: GenerateRequest = { messages: [{ role: "user", content: "hen" }], n: 3, seed: 5, maxTokens: 12 };

describe("an embedded model with an adapter", () => {
  it("answers in another way than without, and the same request in the same way, on any lanes", async () => {
    const plain = await open({}).generate(request);
    const model = open({ adapter: lora, lanes: 2, threads: 2 });
    const first = await model.generate(request);
    expect(first.choices.map(({ text }) => text)).not.toEqual(plain.choices.map(({ text }) => text));
    const many = await Promise.all([
      model.generate(request),
      model.generate({ ...request, seed: 6 }),
      model.generate(request),
    ]);
    expect(many[0]).toEqual(first);
    expect(many[2]).toEqual(first);
    expect(await open({ adapter: lora, lanes: 1, threads: 1 }).generate(request)).toEqual(first);
  });

  it("answers as without where the adapter is a new one", async () => {
    const config = { rank: 2, alpha: 4, dropout: 0, targets: LINEAR_LAYERS };
    const fresh = join(folder, "fresh.gguf");
    await writeGgufAdapter(fresh, { lora: initialLora(architecture, config, 1), base: trained.base }, architecture);
    expect((await open({ adapter: fresh }).generate(request)).choices).toEqual(
      (await open({}).generate(request)).choices,
    );
  });

  it("is called by both files, unless it has a name", () => {
    expect(open({ adapter: lora }).name).toBe("base+lora");
    expect(open({ adapter: lora, name: "mine" }).name).toBe("mine");
    expect(open({}).name).toBe("base");
  });

  it("is not loaded where the adapter is none, is missing, or belongs to another architecture", async () => {
    await expect(open({ adapter: path }).load()).rejects.toThrow(/base.gguf is no LoRA adapter/);
    await expect(open({ adapter: join(folder, "absent.gguf") }).load()).rejects.toThrow(/absent.gguf/);
    const qwen = tinyArchitecture("qwen2");
    const other = join(folder, "qwen.gguf");
    await writeGgufAdapter(other, randomAdapter({ ...weights, architecture: qwen }, 1), qwen);
    await expect(open({ adapter: other }).load()).rejects.toThrow(/for qwen2 models, and the model is a llama model/);
  });

  it("fails at its first request where the adapter's shapes are others", async () => {
    const wider = { ...architecture, feedForward: 512 };
    const other = join(folder, "wider.gguf");
    await writeGgufAdapter(other, randomAdapter({ ...weights, architecture: wider }, 1), wider);
    await expect(open({ adapter: other }).generate(request)).rejects.toThrow();
  });
});
