import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import { Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Architecture, Family } from "../../weights/architecture.ts";
import { FAMILIES, LINEAR_LAYERS } from "../../weights/architecture.ts";
import type { FrozenWeights } from "../../weights/frozen-weights.ts";
import { randomFrozenWeights } from "../../weights/random-weights.ts";
import { tinyArchitecture } from "../../weights/tiny-architecture.ts";
import type { LoraConfig } from "../lora-weights.ts";
import { attentionKinds } from "./attention-kinds.ts";
import type { Numbers } from "./finite-difference.ts";
import {
  difference,
  distance,
  elements,
  floatTensor,
  integerTensor,
  isTensor,
  randomNumbers,
  relativeError,
  session,
} from "./finite-difference.ts";
import { QUERY_RUNS, queryRuns } from "./layout.ts";
import { rotaryTable } from "./rotary-table.ts";
import type { Graph } from "./step-graph.ts";
import { blockGraphs, keepInputs, stepGraph, trainableLayers } from "./step-graph.ts";
import type { FloatType } from "./tape.ts";

const T = 14;
const LORA: LoraConfig = { rank: 4, alpha: 8, dropout: 0.25, targets: LINEAR_LAYERS };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "step-graph-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Two windows at most: Gemma's last layer sees all, its first ones slide. */
function smaller(architecture: Architecture): Architecture {
  return { ...architecture, layers: architecture.layers.slice(-3) };
}

function model(family: Family): FrozenWeights {
  return randomFrozenWeights(smaller(tinyArchitecture(family)), 1, join(folder, `${family}.bin`));
}

/** A row of five tokens of prompt and two completions, which do not see each other here only in their segments. */
function inputs(architecture: Architecture, lora: LoraConfig | null): Map<string, Numbers | Tensor> {
  const kinds = attentionKinds(architecture);
  const feeds = new Map<string, Numbers | Tensor>();
  const random = randomNumbers(5, "ids", [T]).data;
  const ids = Array.from(random, (x) => Math.floor(((x + 1) / 2) * architecture.vocabulary));
  feeds.set("ids", integerTensor(...ids));
  kinds.ropes.forEach((rope, i) => {
    const { cos, sin } = rotaryTable(
      rope,
      architecture.headDim,
      Int32Array.from({ length: T }, (_, t) => t),
    );
    feeds.set(`cos_${i}`, { data: Float64Array.from(cos), shape: [T, architecture.headDim] });
    feeds.set(`sin_${i}`, { data: Float64Array.from(sin), shape: [T, architecture.headDim] });
  });
  kinds.windows.forEach((window, i) => {
    const sees = (query: number, key: number) => key <= query && (window === null || query - key < window);
    const data = Float64Array.from({ length: T * T }, (_, at) => (sees(Math.floor(at / T), at % T) ? 0 : -1e9));
    feeds.set(`mask_${i}`, { data, shape: [T, T] });
  });
  const runs = queryRuns({ tokens: T, scored: 0 });
  feeds.set("run_sizes", new Tensor("int64", runs.sizes, [QUERY_RUNS]));
  feeds.set("run_ends", new Tensor("int64", runs.ends, [QUERY_RUNS]));
  // Position 4 predicts the first token of both completions, and the last column is padding.
  const positions = [4, 5, 6, 7, 8, 4, 9, 10, 11, 12, 0];
  feeds.set("positions", integerTensor(...positions));
  feeds.set("targets", integerTensor(...positions.map((position, n) => (ids[position + 1] as number) ^ (n % 3))));
  const segment = [0, 1].flatMap((k) => positions.map((_, n) => Number(n < 10 && n < 5 === (k === 0))));
  feeds.set("segment", { data: Float64Array.from(segment), shape: [2, positions.length] });
  feeds.set("slope", { data: Float64Array.of(0.1, -0.1), shape: [2] });
  feeds.set("linear", { data: Float64Array.of(-0.02, 0.01), shape: [2] });
  feeds.set("bias", { data: Float64Array.of(0.3), shape: [1] });
  feeds.set("softplus_of_minus", { data: Float64Array.of(0.9), shape: [1] });
  feeds.set("softplus_of_plus", { data: Float64Array.of(0.2), shape: [1] });
  feeds.set("sigmoid_of_minus", { data: Float64Array.of(0.5), shape: [1] });
  for (const { name, A, B } of trainableLayers(architecture, lora)) {
    feeds.set(`${name}.lora_A`, randomNumbers(6, `${name}.A`, A, 0.2));
    feeds.set(`${name}.lora_B`, randomNumbers(6, `${name}.B`, B, 0.2));
  }
  for (const { name, width } of keepInputs(architecture, lora)) {
    const kept = randomNumbers(7, name, [T, width]).data.map((x) => Number(x > -0.5));
    feeds.set(name, new Tensor("uint8", Uint8Array.from(kept), [T, width]));
  }
  return feeds;
}

async function run(
  running: InferenceSession,
  graph: Graph,
  feeds: ReadonlyMap<string, Numbers | Tensor>,
  type: FloatType,
): Promise<Map<string, Float64Array>> {
  const tensors = graph.inputs.map((name) => {
    const feed = feeds.get(name);
    if (feed === undefined) throw new RangeError(`nothing for ${name}`);
    return [name, isTensor(feed) ? feed : floatTensor(type, feed)];
  });
  const outputs = await running.run(Object.fromEntries(tensors));
  return new Map(graph.outputs.map((name) => [name, elements(outputs, name)]));
}

async function runOnce(graph: Graph, weights: string, feeds: ReadonlyMap<string, Numbers | Tensor>, type: FloatType) {
  const running = await session(graph.model, weights);
  try {
    return await run(running, graph, feeds, type);
  } finally {
    await running.release();
  }
}

describe.each(FAMILIES)("%s", (family) => {
  it("has the gradients that differences have", async () => {
    const weights = model(family);
    const feeds = inputs(weights.architecture, LORA);
    const graph = stepGraph(weights, LORA, { kind: "step", type: "float64" });
    const running = await session(graph.model, graph.folder);
    const outputs = await run(running, graph, feeds, "float64");
    const loss = async () => (await run(running, graph, feeds, "float64")).get("loss")?.[0] as number;
    let worst = 0;
    for (const { name } of trainableLayers(weights.architecture, LORA))
      for (const matrix of [`${name}.lora_A`, `${name}.lora_B`]) {
        const { data } = feeds.get(matrix) as Numbers;
        const gradient = outputs.get(`${matrix}.gradient`) as Float64Array;
        const largest = Math.max(...gradient.map(Math.abs));
        expect(largest).toBeGreaterThan(0);
        for (const share of [0.1, 0.7]) {
          const entry = Math.floor(share * data.length);
          const error = relativeError(gradient[entry] as number, await difference(data, entry, loss), largest);
          worst = Math.max(worst, error);
        }
      }
    await running.release();
    expect(worst).toBeLessThan(1e-6);
  });

  it("is the same in single precision and in blocks", async () => {
    const weights = model(family);
    const { architecture } = weights;
    const feeds = inputs(architecture, LORA);
    const whole = stepGraph(weights, LORA, { kind: "step", type: "float64" });
    const expected = await runOnce(whole, whole.folder, feeds, "float64");
    const single = stepGraph(weights, LORA, { kind: "step" });
    const singleOutputs = await runOnce(single, single.folder, feeds, "float32");
    for (const [name, numbers] of expected)
      expect(distance(numbers, singleOutputs.get(name) as Float64Array), name).toBeLessThan(1e-4);

    const graphs = blockGraphs(weights, LORA, {
      kind: "step",
      type: "float64",
      blocksPerGraph: family === "gemma3" ? 2 : 1,
    });
    const shape = [T, architecture.hidden];
    const once = (graph: Graph, more: readonly (readonly [string, Float64Array])[]) => {
      const given = more.map(([name, data]) => [name, { data, shape }] as const);
      return runOnce(graph, graphs.folder, new Map([...feeds, ...given]), "float64");
    };
    const streams = [(await once(graphs.embedding, [])).get("x") as Float64Array];
    for (const { forward } of graphs.blocks)
      streams.push((await once(forward, [["x", streams.at(-1) as Float64Array]])).get("y") as Float64Array);
    const found = await once(graphs.head, [["x", streams.at(-1) as Float64Array]]);
    let dy = found.get("dx") as Float64Array;
    found.delete("dx");
    for (const [i, { backward }] of [...graphs.blocks.entries()].reverse()) {
      const outputs = await once(backward as Graph, [
        ["x", streams[i] as Float64Array],
        ["dy", dy],
      ]);
      dy = outputs.get("dx") ?? dy;
      expect(outputs.delete("dx")).toBe(i > 0);
      for (const [name, numbers] of outputs) found.set(name, numbers);
    }
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, numbers] of expected)
      expect(distance(numbers, found.get(name) as Float64Array), name).toBeLessThan(1e-12);
  });
});

describe("log-probabilities alone", () => {
  it("are those of a step without dropout, and of the frozen model where B is 0", async () => {
    const weights = model("qwen3");
    const lora = { ...LORA, dropout: 0 };
    const feeds = inputs(weights.architecture, lora);
    const logprobs = async (graph: ReturnType<typeof stepGraph>) =>
      (await runOnce(graph, graph.folder, feeds, "float64")).get("logprobs") as Float64Array;
    const adapted = await logprobs(stepGraph(weights, lora, { kind: "logprobs", type: "float64" }));
    const ofStep = await logprobs(stepGraph(weights, lora, { kind: "step", type: "float64" }));
    const frozen = await logprobs(stepGraph(weights, null, { kind: "logprobs", type: "float64" }));
    expect(distance(adapted, ofStep)).toBeLessThan(1e-12);
    expect(distance(adapted, frozen)).toBeGreaterThan(1e-3);
    for (const { name, B } of trainableLayers(weights.architecture, lora))
      feeds.set(`${name}.lora_B`, randomNumbers(0, "zero", B, 0));
    expect(distance(frozen, await logprobs(stepGraph(weights, lora, { kind: "step", type: "float64" })))).toBeLessThan(
      1e-12,
    );
  });

  it("take no dropout masks and nothing of the loss", () => {
    const graph = stepGraph(model("llama"), LORA, { kind: "logprobs" });
    expect(graph.outputs).toEqual(["logprobs"]);
    expect(graph.inputs.filter((name) => name.endsWith(".keep") || name === "slope")).toEqual([]);
  });
});

describe("some targets only", () => {
  it.each([{ targets: ["self_attn.v_proj"] }, { targets: ["self_attn.q_proj", "mlp.down_proj"] }] as const)(
    "$targets: the gradients are those of an adapter of all layers",
    async ({ targets }) => {
      const weights = model("gemma3");
      const all = inputs(weights.architecture, LORA);
      for (const { name, B } of trainableLayers(weights.architecture, LORA))
        if (!targets.some((target) => name.endsWith(target))) all.set(`${name}.lora_B`, randomNumbers(0, "zero", B, 0));
      const gradients = async (lora: LoraConfig) => {
        const graph = stepGraph(weights, lora, { kind: "step", type: "float64" });
        return runOnce(graph, graph.folder, all, "float64");
      };
      const expected = await gradients(LORA);
      const found = await gradients({ ...LORA, targets });
      expect(found.size).toBe(2 + 2 * targets.length * weights.architecture.layers.length);
      for (const [name, numbers] of found)
        expect(distance(expected.get(name) as Float64Array, numbers), name).toBeLessThan(1e-10);
    },
  );
});
