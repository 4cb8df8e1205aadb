import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FAMILIES, tensorShapes } from "./architecture.ts";
import { randomFrozenWeights, readFrozenTensor } from "./random-weights.ts";
import { TINY_WINDOW, tinyArchitecture } from "./tiny-architecture.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-random-weights-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const draw = (family: (typeof FAMILIES)[number], seed: number, name: string) =>
  randomFrozenWeights(tinyArchitecture(family), seed, join(folder, name));

describe.each(FAMILIES)("random weights of %s", (family) => {
  it("are all tensors of the architecture, each where the map says", () => {
    const weights = draw(family, 1, `${family}.bin`);
    const shapes = tensorShapes(weights.architecture);
    expect(new Map([...weights.tensors].map(([name, { shape }]) => [name, shape]))).toEqual(shapes);
    for (const [name, shape] of shapes) {
      const values = readFrozenTensor(weights, name);
      expect(values).toHaveLength(shape.reduce((product, size) => product * size, 1));
      expect(values.some((value) => value !== values[0])).toBe(true);
    }
  });

  it("are the same for the same seed, whatever the path, and others for another", () => {
    const [a, b, c] = [draw(family, 1, "a.bin"), draw(family, 1, "b.bin"), draw(family, 2, "c.bin")];
    expect(b.identity).toBe(a.identity);
    expect(readFileSync(join(folder, "b.bin"))).toEqual(readFileSync(join(folder, "a.bin")));
    expect(c.identity).not.toBe(a.identity);
  });
});

describe("random weights", () => {
  it("have norms of 1 once the offset is added, and rows of size 1", () => {
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const weights = draw("gemma3", 1, "gemma.bin");
    expect(mean(readFrozenTensor(weights, "model.norm.weight"))).toBeCloseTo(0, 1);
    expect(mean(readFrozenTensor(draw("llama", 1, "llama.bin"), "model.norm.weight"))).toBeCloseTo(1, 1);
    const down = readFrozenTensor(weights, "model.layers.5.mlp.down_proj.weight");
    expect(mean(down.map((value) => value * value)) * 256).toBeCloseTo(1, 1);
  });
});

describe("tinyArchitecture", () => {
  it("gives every feature of the families to at least one", () => {
    const all = FAMILIES.map(tinyArchitecture);
    const some = (has: (one: (typeof all)[number]) => boolean) => expect(all.filter(has).length).toBeGreaterThan(0);
    some((one) => one.qkvBias);
    some((one) => one.qkNorm && !one.postNorms);
    some((one) => one.postNorms && one.normOffset === 1 && one.embeddingScale !== 1);
    some((one) => one.tiedEmbeddings);
    some((one) => !one.tiedEmbeddings);
    some((one) => one.headDim !== one.hidden / one.heads);
    some((one) => one.layers.some((layer) => layer.window === TINY_WINDOW));
    some((one) => one.layers.some((layer) => layer.ropeFactors !== null));
    for (const one of all) expect(one.kvHeads).toBeLessThan(one.heads);
  });

  it("scales a Llama's low frequencies only", () => {
    const factors = tinyArchitecture("llama").layers[0]?.ropeFactors ?? [];
    expect(factors[0]).toBe(1);
    expect(factors.at(-1)).toBe(8);
    expect(factors.some((factor) => factor > 1 && factor < 8)).toBe(true);
  });
});
