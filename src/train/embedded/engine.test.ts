import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { seededRandom } from "../../preference/seed.ts";
import { type Family, LINEAR_LAYERS } from "../../weights/architecture.ts";
import type { FrozenWeights } from "../../weights/frozen-weights.ts";
import { randomFrozenWeights } from "../../weights/random-weights.ts";
import { TINY_WINDOW, tinyArchitecture } from "../../weights/tiny-architecture.ts";
import type { Engine, RowStep } from "../engine.ts";
import { initialLora } from "../lora-init.ts";
import type { LoraConfig, LoraWeights } from "../lora-weights.ts";
import type { RowLoss } from "../row-loss.ts";
import type { TokenRow } from "../token-row.ts";
import { type EmbeddedEngineOptions, embeddedEngine } from "./engine.ts";
import { splitCompletions } from "./layout.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-engine-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG: LoraConfig = { rank: 4, alpha: 8, dropout: 0, targets: LINEAR_LAYERS };

const models = new Map<Family, FrozenWeights>();
function model(family: Family): FrozenWeights {
  const known = models.get(family);
  if (known !== undefined) return known;
  const made = randomFrozenWeights(tinyArchitecture(family), 3, join(folder, `${family}.bin`));
  models.set(family, made);
  return made;
}

/** An engine for one test. One thread: sums are then in one order, and the tests run beside others. */
async function engine(weights: FrozenWeights, more: Partial<EmbeddedEngineOptions> = {}): Promise<Engine> {
  const opened = await embeddedEngine({ weights, config: CONFIG, longest: 512, form: "whole", threads: 1, ...more });
  onTestFinished(() => opened.release());
  return opened;
}

/** An adapter whose B is not zero. */
function adapter(weights: FrozenWeights, config = CONFIG): LoraWeights {
  const { pairs } = initialLora(weights.architecture, config, 5);
  for (const [name, { B }] of pairs) {
    const random = seededRandom("engine.test", name);
    B.forEach((_, i) => {
      B[i] = 0.2 * (random() - 0.5);
    });
  }
  return { config, pairs };
}

function row(prompt: number, ...completions: readonly number[]): TokenRow {
  const random = seededRandom("row", prompt, ...completions);
  const tokens = (length: number) => Int32Array.from({ length }, () => Math.floor(random() * 320));
  return {
    id: "rows.jsonl:1",
    prompt: tokens(prompt),
    completions: completions.map(tokens),
    margin: 1,
    desirable: true,
  };
}

const RPO: RowLoss = {
  slope: [0.1, -0.1],
  bias: -0.4,
  linear: [-0.05, 0.01],
  softplusOfMinus: 0.9,
  softplusOfPlus: 0.1,
  sigmoidOfMinus: 0.3,
};

/** The log-probability itself as a loss. */
const LOGPROB: RowLoss = { slope: [0], bias: 0, linear: [1], softplusOfMinus: 0, softplusOfPlus: 0, sigmoidOfMinus: 0 };

function lossOf({ slope, bias, linear, ...weight }: RowLoss, logprobs: readonly number[]): number {
  const dot = (by: readonly number[]) => by.reduce((sum, one, k) => sum + one * (logprobs[k] as number), 0);
  const z = bias + dot(slope);
  const softplus = (x: number) => Math.log1p(Math.exp(x));
  return (
    dot(linear) +
    weight.softplusOfMinus * softplus(-z) +
    weight.softplusOfPlus * softplus(z) +
    weight.sigmoidOfMinus / (1 + Math.exp(z))
  );
}

/** d loss / d logprob of each completion, by central differences. */
const slopes = (loss: RowLoss, logprobs: readonly number[]): number[] =>
  logprobs.map((_, k) => {
    const moved = (by: number) =>
      lossOf(
        loss,
        logprobs.map((value, i) => (i === k ? value + by : value)),
      );
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  });

type Gradients = RowStep["gradients"];
const copied = (gradients: Gradients) =>
  new Map([...gradients].map(([name, { A, B }]) => [name, { A: A.slice(), B: B.slice() }]));

/** The largest difference of two matrices over the largest element of the second, worst of all layers. */
function worst(actual: Gradients, wanted: Gradients): number {
  const matrices = (gradients: Gradients) => [...gradients].flatMap(([, { A, B }]) => [A, B]);
  const others = matrices(actual);
  const size = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.max(
    ...matrices(wanted).map(
      (matrix, i) => size(matrix.map((value, at) => value - (others[i]?.[at] as number))) / size(matrix),
    ),
  );
}

describe.each(["llama", "gemma3"] as const)("the embedded engine on %s", (family) => {
  const weights = model(family);
  const pair = row(11, 2 * TINY_WINDOW, TINY_WINDOW + 5);

  it("gives for a pair in one sequence what its completions give in sequences of their own", async () => {
    const shared = await engine(weights);
    const lora = adapter(weights);
    const step = await shared.step(pair, lora, RPO, 0);
    const gradients = copied(step.gradients);
    const [chosen, rejected] = splitCompletions(pair) as [TokenRow, TokenRow];
    const a = await shared.step(chosen, lora, LOGPROB, 0);
    const ofChosen = copied(a.gradients);
    const b = await shared.step(rejected, lora, LOGPROB, 0);
    const logprobs = [a.loss, b.loss];
    step.logprobs.forEach((logprob, k) => {
      expect(Math.abs(logprob / (logprobs[k] as number) - 1)).toBeLessThan(1e-5);
    });
    expect(Math.abs(step.loss / lossOf(RPO, logprobs) - 1)).toBeLessThan(1e-5);
    const [toChosen, toRejected] = slopes(RPO, logprobs) as [number, number];
    const sums = new Map(
      [...ofChosen].map(([name, { A, B }]) => {
        const other = b.gradients.get(name) as { A: Float32Array; B: Float32Array };
        const sum = (x: Float32Array, y: Float32Array) =>
          x.map((value, i) => toChosen * value + toRejected * (y[i] as number));
        return [name, { A: sum(A, other.A), B: sum(B, other.B) }];
      }),
    );
    expect(worst(gradients, sums)).toBeLessThan(1e-5);
  });

  it("gives the same in blocks, dropout included", async () => {
    const config = { ...CONFIG, dropout: 0.2 };
    const lora = adapter(weights, config);
    const whole = await engine(weights, { config });
    const blocks = await engine(weights, { config, form: "blocks" });
    const wanted = await whole.step(pair, lora, RPO, 9);
    for (const _ of [1, 2]) {
      const step = await blocks.step(pair, lora, RPO, 9);
      expect(Math.abs(step.loss / wanted.loss - 1)).toBeLessThan(1e-5);
      expect(worst(step.gradients, wanted.gradients)).toBeLessThan(1e-5);
      await blocks.step(row(30, 40), lora, LOGPROB, 1); // another length between: memory is used again
    }
    const logprobs = await whole.logprobs(pair, lora);
    (await blocks.logprobs(pair, lora)).forEach((logprob, k) => {
      expect(Math.abs(logprob / (logprobs[k] as number) - 1)).toBeLessThan(1e-6);
    });
  });

  it("trains: gradient steps lower the loss", async () => {
    const trained = await engine(weights);
    const lora = initialLora(weights.architecture, CONFIG, 5);
    const loss: RowLoss = { ...RPO, bias: 0, linear: [0, 0] };
    const losses: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const step = await trained.step(pair, lora, loss, i);
      losses.push(step.loss);
      for (const [name, { A, B }] of step.gradients) {
        const pair = lora.pairs.get(name) as { A: Float32Array; B: Float32Array };
        const descend = (values: Float32Array, gradient: Float32Array) =>
          values.forEach((value, at) => {
            values[at] = value - 0.02 * (gradient[at] as number);
          });
        descend(pair.A, A);
        descend(pair.B, B);
      }
    }
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number));
    const [chosen, rejected] = await trained.logprobs(pair, lora);
    const [frozenChosen, frozenRejected] = await trained.logprobs(pair, null);
    expect((chosen as number) - (rejected as number)).toBeGreaterThan(
      (frozenChosen as number) - (frozenRejected as number),
    );
  });
});

describe("the embedded engine", () => {
  const weights = model("llama");
  const pair = row(9, 14, 6);

  it("gives the frozen model's log-probabilities without an adapter, those of a new adapter", async () => {
    const opened = await engine(weights);
    const frozen = await opened.logprobs(pair, null);
    expect(await opened.logprobs(pair, initialLora(weights.architecture, CONFIG, 5))).toEqual(frozen);
    expect(await opened.logprobs(pair, adapter(weights))).not.toEqual(frozen);
    expect((await opened.step(pair, adapter(weights), RPO, 0)).logprobs).toEqual(
      await opened.logprobs(pair, adapter(weights)),
    );
  });

  it("drops by the seed, and in the mean what is dropped makes no difference", async () => {
    const config = { ...CONFIG, dropout: 0.3 };
    const dropping = await engine(weights, { config });
    const lora = adapter(weights, config);
    const gradients = async (seed: number) => copied((await dropping.step(pair, lora, RPO, seed)).gradients);
    const first = await gradients(1);
    expect(await gradients(1)).toEqual(first);
    expect(worst(await gradients(2), first)).toBeGreaterThan(0.01);
    // With B zero, dropout reaches B's gradient alone, and that one linearly, so that its mean is the one without dropout.
    const fresh = initialLora(weights.architecture, config, 5);
    const name = "model.layers.1.mlp.down_proj";
    const ofB = async (from: Engine, seed: number) =>
      (await from.step(pair, fresh, RPO, seed)).gradients.get(name)?.B.slice() as Float32Array;
    const wanted = await ofB(await engine(weights), 0);
    const mean = new Float64Array(wanted.length);
    const SEEDS = 100;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const one = await ofB(dropping, seed);
      one.forEach((value, i) => {
        mean[i] = (mean[i] as number) + value / SEEDS;
      });
    }
    const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    const relative = norm(mean.map((value, i) => value - (wanted[i] as number))) / norm(Float64Array.from(wanted));
    // One seed's error is about √(p / (1 − p)) = 0.65 of the gradient.
    expect(relative).toBeLessThan((2 * 0.65) / Math.sqrt(SEEDS));
  });

  it("takes rows of one completion, of one token, and prompts of one token", async () => {
    const opened = await engine(weights);
    const { logprobs, loss } = await opened.step(row(1, 1), adapter(weights), LOGPROB, 0);
    expect(loss).toBeCloseTo(logprobs[0] as number, 5);
    expect(loss).toBeLessThan(0);
    expect((await opened.logprobs(row(3, 1, 7), null)).every((logprob) => logprob < 0)).toBe(true);
  });

  it("refuses rows that the model can't take, and says which", async () => {
    const opened = await engine(weights);
    await expect(opened.logprobs(row(500, 13), null)).rejects.toThrow(
      /^rows\.jsonl:1: prompt and completion have 513 tokens, and the model was made for 512; /,
    );
    const foreign = { ...pair, completions: [Int32Array.of(320)] };
    await expect(opened.logprobs(foreign, null)).rejects.toThrow(
      "rows.jsonl:1: token 320 is not among the model's 320",
    );
    await expect(opened.logprobs({ ...pair, prompt: new Int32Array() }, null)).rejects.toThrow(
      "the prompt has no tokens",
    );
    await expect(opened.step(pair, adapter(weights), LOGPROB, 0)).rejects.toThrow(
      "a loss of 1 completions for a row of 2",
    );
    const other = adapter(weights, { ...CONFIG, rank: 2 });
    await expect(opened.logprobs(pair, other)).rejects.toThrow(/no matrices of rank 4 for model\.layers\.0/);
  });

  it("hands a loss that is no number to its caller", async () => {
    const opened = await engine(weights);
    const { loss } = await opened.step(pair, adapter(weights), { ...RPO, bias: Number.NaN }, 0);
    expect(loss).toBeNaN();
  });
});

it("takes rows of fewer tokens than the queries have runs", async () => {
  const weights = model("llama");
  const { logprobs } = await engine(weights);
  const lora = adapter(weights);
  const tokens = [...row(5).prompt];
  const of = (prompt: number, end: number): TokenRow => ({
    ...row(1),
    prompt: Int32Array.from(tokens.slice(0, prompt)),
    completions: [Int32Array.from(tokens.slice(prompt, end))],
  });
  const [whole] = await logprobs(of(1, 5), lora); // four tokens: no padding
  let sum = 0;
  for (const end of [2, 3, 4, 5]) sum += (await logprobs(of(end - 1, end), lora))[0] as number;
  expect(sum).toBeCloseTo(whole as number, 4);
});
