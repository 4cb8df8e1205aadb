import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "../preference/seed.ts";
import { adamwStep, DEFAULT_ADAMW, zeroMoments } from "./adamw.ts";
import { type CheckpointName, type CheckpointStore, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { Engine } from "./engine.ts";
import { clipToNorm, globalNorm } from "./gradient-clip.ts";
import { initialLora } from "./lora-init.ts";
import type { LoraPair } from "./lora-weights.ts";
import {
  DEFAULT_OBJECTIVE,
  logRatio,
  type Objective,
  referencePoint,
  rowLoss,
  sigmoid,
  softplus,
} from "./objective.ts";
import type { LogprobTable } from "./reference-logprobs.ts";
import type { RowSource } from "./row-source.ts";
import { TINY_BIGRAM, tinyEngine, tinyRows } from "./tiny-engine.ts";
import type { TokenRow } from "./token-row.ts";
import { type TrainOptions, type TrainResult, train } from "./train.ts";
import type { StepRecord, TrainingRecord, ValidationRecord } from "./training-record.ts";
import { mismatchedRows, type TrainingRows } from "./training-rows.ts";

const ENGINE_SEED = 1;
const TARGETS = ["self_attn.q_proj", "self_attn.v_proj"] as const;

/** Checkpoints as the bytes that a folder would hold, so that runs can be compared byte by byte. */
function memoryCheckpoints(): CheckpointStore & { readonly files: Map<CheckpointName, Buffer> } {
  const files = new Map<CheckpointName, Buffer>();
  return {
    files,
    async load(name) {
      const bytes = files.get(name);
      if (bytes === undefined) return null;
      const { createHash } = await import("node:crypto");
      return decodeCheckpoint(Buffer.concat([bytes, createHash("sha256").update(bytes).digest()]), name);
    },
    async save(name, checkpoint) {
      files.set(name, Buffer.concat(encodeCheckpoint(checkpoint)));
    },
  };
}

const source = (rows: readonly TokenRow[], sha256: string): RowSource => ({
  length: rows.length,
  sha256,
  get: async (index) => rows[index] as TokenRow,
});

async function tableOf(rows: RowSource): Promise<LogprobTable> {
  const engine = tinyEngine(ENGINE_SEED);
  const table: (readonly number[])[] = [];
  for (let index = 0; index < rows.length; index += 1) table.push(await engine.logprobs(await rows.get(index), null));
  return { length: rows.length, of: (index) => table[index] as readonly number[] };
}

async function rowsFor(method: Objective["method"], count: number, seed: number): Promise<TrainingRows> {
  const rows = source(
    tinyRows(method === "rpo" || method === "dpo" ? "pairs" : "unpaired", count, seed),
    `rows ${seed}`,
  );
  if (method === "sft") return { rows, reference: null, mismatched: null };
  const reference = await tableOf(rows);
  if (method !== "kto") return { rows, reference, mismatched: null };
  const others = mismatchedRows(rows);
  return { rows, reference, mismatched: { rows: others, reference: await tableOf(others) } };
}

const shuffle = (count: number) => (epoch: number) => {
  const deck = shuffled([...Array(count).keys()], seededRandom("train.test", epoch));
  return (position: number) => deck[position] as number;
};

type Over = Partial<Omit<TrainOptions, "objective">> & { readonly objective?: Partial<Objective> };

/** Seven rows in batches of three: an epoch's last batch is of one. */
async function optionsFor(method: Objective["method"], over: Over = {}) {
  const checkpoints = memoryCheckpoints();
  const records: TrainingRecord[] = [];
  let now = 0;
  const options: TrainOptions = {
    engine: tinyEngine(ENGINE_SEED),
    training: await rowsFor(method, 7, 11),
    validation: await rowsFor(method, 4, 12),
    order: shuffle(7),
    lora: initialLora(TINY_BIGRAM, { rank: 2, alpha: 4, dropout: 0, targets: TARGETS }, 5),
    modelIdentity: "tiny",
    learningRate: 0.02,
    schedule: "cosine",
    warmup: { share: 0.1 },
    length: { epochs: 2 },
    batch: 3,
    maxGradientNorm: 1,
    weightDecay: 0.01,
    seed: 9,
    evalEvery: 2,
    saveEvery: 2,
    checkpoints,
    resume: false,
    clock: () => {
      now += 250;
      return now;
    },
    onRecord: (record) => void records.push(record),
    ...over,
    objective: { ...DEFAULT_OBJECTIVE, gamma: 0.5, ...over.objective, method },
  };
  return { options, records, checkpoints };
}

const freshLora = (dropout = 0) => initialLora(TINY_BIGRAM, { rank: 2, alpha: 4, dropout, targets: TARGETS }, 5);

const steps = (records: readonly TrainingRecord[]): StepRecord[] => records.filter((record) => record.kind === "step");
const looks = (records: readonly TrainingRecord[]): ValidationRecord[] =>
  records.filter((record) => record.kind === "validation");

/** The engine, with something done before each call; what is thrown there is a kill. */
const watched = (before: () => void): Engine => {
  const engine = tinyEngine(ENGINE_SEED);
  return {
    ...engine,
    logprobs(row, lora) {
      before();
      return engine.logprobs(row, lora);
    },
    step(row, lora, loss, seed) {
      before();
      return engine.step(row, lora, loss, seed);
    },
  };
};

class Kill extends Error {}

describe.each(["rpo", "kto", "sft"] as const)("a training by %s that ends and goes on", (method) => {
  const uninterrupted = async () => {
    let calls = 0;
    const { options, records, checkpoints } = await optionsFor(method, {
      lora: freshLora(0.3),
      engine: watched(() => {
        calls += 1;
      }),
    });
    const result = await train(options);
    return { result, records, files: checkpoints.files, calls };
  };

  it("leaves the same bytes as one that was not killed, at whichever row it was", async () => {
    const whole = await uninterrupted();
    expect(whole.calls).toBeGreaterThan(20);
    expect(whole.result.status).toBe("completed");
    for (let killAt = 1; killAt <= whole.calls; killAt += 1) {
      let calls = 0;
      const killing = watched(() => {
        calls += 1;
        if (calls === killAt) throw new Kill();
      });
      const { options, checkpoints } = await optionsFor(method, { lora: freshLora(0.3), engine: killing });
      await expect(train(options)).rejects.toThrow(Kill);
      const again = await optionsFor(method, { lora: freshLora(0.3), checkpoints, resume: true });
      const result = await train(again.options);
      expect(result.best).toEqual(whole.result.best);
      expect([...result.lora.pairs.values()]).toEqual([...whole.result.lora.pairs.values()]);
      for (const name of ["last", "best"] as const)
        expect(checkpoints.files.get(name)?.equals(whole.files.get(name) as Buffer)).toBe(true);
      // The records after the checkpoint are those of the run that was not killed, but for the time.
      const untimed = (of: readonly TrainingRecord[]) => of.map((record) => ({ ...record, seconds: 0 }));
      expect(untimed(again.records)).toEqual(untimed(whole.records).slice(-again.records.length));
    }
  });

  it("ends after the row in progress when aborted, saves, and leaves the same bytes when it has gone on", async () => {
    const whole = await uninterrupted();
    for (let abortAt = 1; abortAt <= whole.calls; abortAt += 1) {
      const controller = new AbortController();
      let calls = 0;
      const aborting = watched(() => {
        calls += 1;
        if (calls === abortAt) controller.abort();
      });
      const { options, checkpoints, records } = await optionsFor(method, {
        lora: freshLora(0.3),
        engine: aborting,
        signal: controller.signal,
      });
      const stopped = await train(options);
      expect(calls).toBe(abortAt);
      if (abortAt < whole.calls) expect(stopped.status).toBe("stopped");
      expect((await checkpoints.load("last"))?.state.step).toBe(stopped.step);
      expect(stopped.step).toBe(steps(records).length);
      const again = await optionsFor(method, { lora: freshLora(0.3), checkpoints, resume: true });
      const result = await train(again.options);
      expect(result.status).toBe("completed");
      for (const name of ["last", "best"] as const)
        expect(checkpoints.files.get(name)?.equals(whole.files.get(name) as Buffer)).toBe(true);
      expect(records.length + again.records.length).toBe(whole.records.length);
    }
  });
});

describe("train", () => {
  it.each(["rpo", "dpo", "kto", "sft"] as const)(
    "lowers the loss by %s, in training and validation",
    async (method) => {
      const { options, records } = await optionsFor(method, {
        length: { steps: 60 },
        warmup: { share: 0 },
        learningRate: 0.05,
        validation: await rowsFor(method, 7, 11),
      });
      const result = await train(options);
      expect(result.status).toBe("completed");
      const [before, after] = [looks(records).at(0), looks(records).at(-1)] as [ValidationRecord, ValidationRecord];
      expect([before.step, after.step]).toEqual([0, 60]);
      expect(after.loss).toBeLessThan(before.loss - 0.02);
      expect(result.best?.loss).toBe(Math.min(...looks(records).map((record) => record.loss)));
      if (method === "rpo" || method === "dpo") {
        expect(before.rewardMargin).toBe(0);
        expect(after.rewardMargin).toBeGreaterThan(0.1);
        expect(after.rewardAccuracy).toBeGreaterThan(0.8);
      }
      if (method === "kto") expect(after.chosenReward).toBeGreaterThan(after.rejectedReward as number);
    },
  );

  it("makes a batch of four of four rows' gradients, meaned and clipped", async () => {
    const { options, records } = await optionsFor("rpo", {
      batch: 4,
      length: { steps: 1 },
      warmup: { steps: 0 },
      maxGradientNorm: 0.01,
      validation: null,
    });
    const { training, objective, engine } = options;
    const expected = freshLora();
    const sums = new Map<string, LoraPair>();
    for (const [name, { A, B }] of expected.pairs)
      sums.set(name, { A: new Float32Array(A.length), B: new Float32Array(B.length) });
    const at = options.order(0);
    for (let position = 0; position < 4; position += 1) {
      const row = await training.rows.get(at(position));
      const reference = training.reference?.of(at(position)) ?? null;
      const loss = rowLoss(objective, row, reference, { z0: 0, tokensPerRow: 1 });
      const { gradients } = await engine.step(row, expected, loss, 0);
      for (const [name, sum] of sums)
        for (const matrix of ["A", "B"] as const)
          gradients.get(name)?.[matrix].forEach((value, i) => {
            sum[matrix][i] = (sum[matrix][i] as number) + value / 4;
          });
    }
    const all = [...sums.values()].flatMap(({ A, B }) => [A, B]);
    const norm = globalNorm(all);
    expect(norm).toBeGreaterThan(0.01);
    clipToNorm(all, norm, 0.01);
    for (const [name, pair] of expected.pairs)
      for (const matrix of ["A", "B"] as const)
        adamwStep(
          pair[matrix],
          sums.get(name)?.[matrix] as Float32Array,
          zeroMoments(pair[matrix].length),
          1,
          options.learningRate,
          { ...DEFAULT_ADAMW, weightDecay: options.weightDecay },
        );
    const { lora } = await train(options);
    for (const [name, pair] of expected.pairs)
      for (const matrix of ["A", "B"] as const)
        lora.pairs.get(name)?.[matrix].forEach((value, i) => {
          expect(value).toBeCloseTo(pair[matrix][i] as number, 5);
        });
    expect(steps(records)[0]?.gradientNorm).toBeCloseTo(norm, 5);
    expect(lora.pairs.get("model.layers.0.self_attn.q_proj")?.B.some((value) => value !== 0)).toBe(true);
  });

  it("takes each row once an epoch, in the epoch's order, and says how far it is", async () => {
    const seen: string[] = [];
    const engine = tinyEngine(ENGINE_SEED);
    const noting: Engine = {
      ...engine,
      step(row, lora, loss, seed) {
        seen.push(row.id);
        return engine.step(row, lora, loss, seed);
      },
    };
    const starts: unknown[] = [];
    const { options, records } = await optionsFor("rpo", {
      engine: noting,
      onStart: (start) => void starts.push(start),
    });
    const result = await train(options);
    const wanted = [0, 1].flatMap((epoch) =>
      Array.from({ length: 7 }, (_, position) => `tiny.jsonl:${options.order(epoch)(position) + 1}`),
    );
    expect(seen).toEqual(wanted);
    expect(new Set(seen.slice(0, 7)).size).toBe(7);
    expect(starts).toEqual([{ step: 0, steps: 6, stepsPerEpoch: 3, validated: null }]);
    expect([result.step, result.steps]).toEqual([6, 6]);
    expect(steps(records).map(({ rows }) => rows)).toEqual([3, 3, 1, 3, 3, 1]);
    const epochs = steps(records).map(({ epoch }) => epoch);
    for (const [i, epoch] of [3 / 7, 6 / 7, 1, 10 / 7, 13 / 7, 2].entries()) expect(epochs[i]).toBeCloseTo(epoch, 12);
  });

  it("records the first step as the method says it must be", async () => {
    const { options, records } = await optionsFor("rpo", { validation: null, warmup: { steps: 2 } });
    await train(options);
    const [first, second, third] = steps(records) as [StepRecord, StepRecord, StepRecord];
    const rows = await Promise.all([0, 1, 2].map((position) => options.training.rows.get(options.order(0)(position))));
    const margins = rows.map(({ margin }) => 0.5 * margin);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(first.loss).toBeCloseTo(mean(margins.map(softplus)), 9);
    expect(first.margin).toBeCloseTo(mean(margins), 12);
    expect(first).toMatchObject({ step: 1, rewardMargin: 0, rewardAccuracy: 0, marginAccuracy: 0, kl: null });
    expect([first.learningRate, second.learningRate, third.learningRate]).toEqual([0, 0.01, 0.02]);
    expect(first.seconds).toBe(0.25); // the clock's one tick
    expect(records.map(({ kind }) => kind)).not.toContain("validation");
  });

  it("is DPO, byte for byte, where γ = 0", async () => {
    const rpo = await train((await optionsFor("rpo", { objective: { gamma: 0 } })).options);
    const dpo = await train((await optionsFor("dpo")).options);
    const withMargin = await train((await optionsFor("rpo")).options);
    expect([...rpo.lora.pairs.values()]).toEqual([...dpo.lora.pairs.values()]);
    expect([...withMargin.lora.pairs.values()]).not.toEqual([...dpo.lora.pairs.values()]);
  });

  it("takes KTO's z0 from the batch's mismatched rows under the adapter of the step", async () => {
    // References 3 lower than they are, so that z0 is above 0; then one step is made, and the next batch's z0 computed by
    // hand with the adapter that it left.
    const { training } = (await optionsFor("kto")).options;
    const mismatched = training.mismatched as NonNullable<TrainingRows["mismatched"]>;
    const lower: LogprobTable = { length: 7, of: (index) => mismatched.reference.of(index).map((value) => value - 3) };
    const trained = async (length: number) => {
      const { options, records } = await optionsFor("kto", {
        training: { ...training, mismatched: { ...mismatched, reference: lower } },
        length: { steps: length },
        warmup: { steps: 0 },
        schedule: "constant",
      });
      return { options, records, lora: (await train(options)).lora };
    };
    const one = await trained(1);
    const ratios = await Promise.all(
      [3, 4, 5].map(async (position) => {
        const index = one.options.order(0)(position);
        const row = await mismatched.rows.get(index);
        return logRatio(await tinyEngine(ENGINE_SEED).logprobs(row, one.lora), lower.of(index));
      }),
    );
    const [first, second] = steps((await trained(2)).records) as [StepRecord, StepRecord];
    expect(first.kl).toBeCloseTo(3, 12);
    expect(second.kl).toBe(referencePoint(ratios));
    expect(second.kl).not.toBeCloseTo(3, 3);
    // Nothing has moved before the first step: z = ∓0.3.
    const desirable = (await Promise.all([0, 1, 2].map((at) => training.rows.get(one.options.order(0)(at))))).filter(
      (row) => row.desirable,
    ).length;
    expect(first.loss).toBeCloseTo((desirable * sigmoid(0.3) + (3 - desirable) * sigmoid(-0.3)) / 3, 9);
  });

  it("looks at the validation rows before the first step, between and after the last, and keeps the best adapter", async () => {
    const { options, records, checkpoints } = await optionsFor("rpo", { learningRate: 0.3, length: { steps: 7 } });
    const adapters = new Map<number, number[]>();
    const result = await train({
      ...options,
      onRecord: (record) => {
        records.push(record);
        adapters.set(
          record.step,
          [...options.lora.pairs.values()].flatMap(({ B }) => [...B]),
        );
      },
    });
    expect(looks(records).map(({ step }) => step)).toEqual([0, 2, 4, 6, 7]);
    const trained = looks(records).slice(1);
    const lowest = trained.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(result.best).toEqual({ step: lowest.step, loss: lowest.loss });
    expect(looks(records).at(0)?.best).toBe(false);
    expect(trained.findLast(({ best }) => best)?.step).toBe(lowest.step);
    const best = await checkpoints.load("best");
    expect(best?.state.step).toBe(lowest.step);
    expect(best?.moments).toBeNull();
    expect([...(best?.lora.pairs.values() ?? [])].flatMap(({ B }) => [...B])).toEqual(adapters.get(lowest.step));
  });

  it("looks at the untrained model without computing, its log-probabilities being known", async () => {
    let logprobs = 0;
    const engine = tinyEngine(ENGINE_SEED);
    const noting: Engine = {
      ...engine,
      logprobs(row, lora) {
        logprobs += 1;
        return engine.logprobs(row, lora);
      },
    };
    const { options, records } = await optionsFor("rpo", { engine: noting, evalEvery: 0 });
    await train(options);
    expect(looks(records).map(({ step }) => step)).toEqual([0, 6]);
    expect(logprobs).toBe(4); // the look after the last step
  });

  it("has no best without validation rows, and saves only at the end where nothing else is asked for", async () => {
    const { options, checkpoints } = await optionsFor("rpo", { validation: null, saveEvery: 0 });
    const saved: number[] = [];
    const result = await train({
      ...options,
      checkpoints: {
        ...checkpoints,
        save: (name, checkpoint) => {
          saved.push(checkpoint.state.step);
          return checkpoints.save(name, checkpoint);
        },
      },
    });
    expect(result.best).toBeNull();
    expect(saved).toEqual([6]);
  });

  it("has nothing to do where its checkpoint is of the last step", async () => {
    const { options, checkpoints } = await optionsFor("rpo");
    const done = await train(options);
    const idle = watched(() => expect.unreachable("the engine is not needed"));
    const readOnly = { ...checkpoints, save: () => expect.unreachable("nothing is to be saved") };
    const again = await optionsFor("rpo", { checkpoints: readOnly, resume: true, engine: idle });
    const result = await train(again.options);
    expect(again.records).toEqual([]);
    expect([...result.lora.pairs.values()]).toEqual([...done.lora.pairs.values()]);
    expect(result).toEqual({ ...done, lora: result.lora });
  });
});

describe("train stops", () => {
  const trainWith = async (method: Objective["method"], over: Over): Promise<TrainResult> =>
    train((await optionsFor(method, over)).options);

  /** The engine, whose n-th step gives something else. */
  const breaking = (n: number, change: (result: Awaited<ReturnType<Engine["step"]>>) => object): Engine => {
    const engine = tinyEngine(ENGINE_SEED);
    let calls = 0;
    return {
      ...engine,
      async step(row, lora, loss, seed) {
        const result = await engine.step(row, lora, loss, seed);
        calls += 1;
        return calls === n ? { ...result, ...change(result) } : result;
      },
    };
  };

  it.each([
    ["a loss that is no number", () => ({ loss: Number.NaN }), /the loss of tiny\.jsonl:\d is not finite \(NaN/],
    [
      "an infinite log-probability",
      () => ({ logprobs: [-1, Number.NEGATIVE_INFINITY] }),
      /log-probabilities -1, -Infinity/,
    ],
    [
      "a gradient that is no number",
      ({ gradients }: { gradients: ReadonlyMap<string, LoraPair> }) => {
        for (const { A } of gradients.values()) A[0] = Number.NaN;
        return {};
      },
      /the gradient is not finite \(norm NaN\)/,
    ],
  ] as const)("at %s, naming the rows, and keeps the last checkpoint", async (_, change, message) => {
    // Batches are of 3, 3, 1, 3: the ninth row is the second of the fourth.
    const { options, checkpoints } = await optionsFor("rpo", { engine: breaking(9, change) });
    const failure = await train(options).then(
      () => expect.unreachable(),
      (error: Error) => error,
    );
    expect(failure.name).toBe("TrainingError");
    expect(failure.message).toMatch(message);
    const ids = [0, 1, 2].map((position) => `tiny.jsonl:${options.order(1)(position) + 1}`);
    expect(failure.message).toMatch(/^step 4: /);
    expect(failure.message).toContain(`Rows of the batch: ${ids.join(", ")}.`);
    expect(failure.message).toContain("The checkpoint of step 2 is kept.");
    expect((await checkpoints.load("last"))?.state.step).toBe(2);
    const again = await optionsFor("rpo", { checkpoints, resume: true });
    expect((await train(again.options)).status).toBe("completed");
  });

  it("where the first step's loss is not that of the method", async () => {
    const { options } = await optionsFor("rpo");
    const reference = options.training.reference as LogprobTable;
    const off = (by: number): TrainingRows => ({
      ...options.training,
      reference: { length: reference.length, of: (index) => reference.of(index).map((value, k) => value + k * by) },
    });
    // A shift of Δref by 0.001 moves the loss by about half of β times that, 5e-5.
    await expect(trainWith("rpo", { training: off(0.001) })).rejects.toThrow(/before any update the mean loss must be/);
    await expect(trainWith("dpo", { training: off(0.001) })).rejects.toThrow(/must be 0\.693147/);
    expect((await trainWith("rpo", { training: off(1e-7) })).status).toBe("completed");
    const ignoring = breaking(1, () => ({ loss: Math.LN2 }));
    await expect(trainWith("rpo", { engine: ignoring })).rejects.toThrow(/or the margin does not reach the loss/);
  });

  it("where there are no rows, or none to look at", async () => {
    const none = await rowsFor("rpo", 0, 1);
    await expect(trainWith("rpo", { training: none })).rejects.toThrow(/no rows: there is nothing to train on/);
    await expect(trainWith("rpo", { validation: none })).rejects.toThrow(/validation set has no rows/);
  });

  it("where the rows lack what the method needs", async () => {
    const { training } = (await optionsFor("kto")).options;
    await expect(trainWith("kto", { training: { ...training, mismatched: null } })).rejects.toThrow(/mismatched/);
    await expect(trainWith("kto", { training: { ...training, reference: null } })).rejects.toThrow(/7 rows with 0/);
    await expect(trainWith("rpo", { training })).rejects.toThrow(/^tiny\.jsonl:\d: 1 completions, and rpo trains on 2/);
  });

  it.each([
    [{ batch: 0 }, /^batch: 0/],
    [{ learningRate: Number.NaN }, /^learningRate: NaN/],
    [{ length: { steps: 0 } }, /^steps: 0/],
    [{ length: { epochs: -1 } }, /^steps: -3/],
    [{ warmup: { share: 1.5 } }, /^warmup: 9 must be from 0 to 6/],
    [{ maxGradientNorm: 0 }, /^maxGradientNorm: 0/],
    [{ weightDecay: -1 }, /^weightDecay: -1/],
    [{ saveEvery: 0.5 }, /^saveEvery: 0.5/],
    [{ objective: { beta: 0 } }, /^beta: 0/],
    [{ objective: { gamma: Number.NaN } }, /^gamma: NaN/],
    [{ objective: { labelSmoothing: 0.6 } }, /^labelSmoothing: 0.6/],
  ] as const)("at settings out of range: %o", async (over, message) => {
    await expect(trainWith("rpo", over)).rejects.toThrow(message);
  });

  it("rather than write over a checkpoint, or go on from another training's", async () => {
    const { options, checkpoints } = await optionsFor("rpo", { length: { steps: 2 } });
    await train(options);
    const before = checkpoints.files.get("last");
    await expect(trainWith("rpo", { checkpoints })).rejects.toThrow(/a checkpoint of step 2 already/);
    const goOn = (over: Over) => trainWith("rpo", { length: { steps: 2 }, checkpoints, resume: true, ...over });
    await expect(goOn({ learningRate: 0.04, seed: 10 })).rejects.toThrow(
      /another training: peak \(then 0\.02, now 0\.04\), seed \(then 9, now 10\)\./,
    );
    await expect(goOn({ objective: { gamma: 0.25 } })).rejects.toThrow(/gamma \(then 0\.5, now 0\.25\)/);
    await expect(goOn({ modelIdentity: "other" })).rejects.toThrow(/model \(then "tiny", now "other"\)/);
    await expect(goOn({ training: await rowsFor("rpo", 7, 13) })).rejects.toThrow(/trainingSet/);
    await expect(goOn({ order: () => (position) => position })).rejects.toThrow(/order/);
    expect(checkpoints.files.get("last")).toBe(before);
    // How often it looks and saves may change.
    expect((await goOn({ evalEvery: 1, saveEvery: 1 })).status).toBe("completed");
  });

  it("where a checkpoint can't be written", async () => {
    const { options, checkpoints } = await optionsFor("rpo");
    const full: CheckpointStore = { ...checkpoints, save: () => Promise.reject(new Error("disk full")) };
    await expect(train({ ...options, checkpoints: full })).rejects.toThrow("disk full");
  });
});
