import { describe, expect, it } from "vitest";
import { initialLora } from "./lora-init.ts";
import { DEFAULT_OBJECTIVE, evaluateRowLoss, logRatio, referencePoint, rowLoss } from "./objective.ts";
import type { LogprobTable } from "./reference-logprobs.ts";
import type { RowSource } from "./row-source.ts";
import { TINY_BIGRAM, tinyEngine, tinyRows } from "./tiny-engine.ts";
import type { TokenRow } from "./token-row.ts";
import { mismatchedRows } from "./training-rows.ts";
import { validate } from "./validation.ts";

const engine = tinyEngine(1);

const source = (rows: readonly TokenRow[]): RowSource => ({
  length: rows.length,
  sha256: "rows",
  get: async (index) => rows[index] as TokenRow,
});

async function tableOf(rows: RowSource): Promise<LogprobTable> {
  const table: (readonly number[])[] = [];
  for (let index = 0; index < rows.length; index += 1) table.push(await engine.logprobs(await rows.get(index), null));
  return { length: rows.length, of: (index) => table[index] as readonly number[] };
}

/** An adapter that drops in training; its B is not zero. */
function adapter() {
  const lora = initialLora(TINY_BIGRAM, { rank: 2, alpha: 4, dropout: 0.5, targets: ["self_attn.q_proj"] }, 3);
  for (const { B } of lora.pairs.values()) for (let i = 0; i < B.length; i += 1) B[i] = Math.sin(i);
  return lora;
}

describe("validate", () => {
  const pairs = tinyRows("pairs", 5, 4);
  const rpo = { ...DEFAULT_OBJECTIVE, method: "rpo", gamma: 0.5 } as const;

  it("means the rows' losses under the adapter, without dropout", async () => {
    const rows = source(pairs);
    const reference = await tableOf(rows);
    const lora = adapter();
    let sum = 0;
    for (const [index, row] of pairs.entries()) {
      const loss = rowLoss(rpo, row, reference.of(index), { z0: 0, tokensPerRow: 1 });
      sum += evaluateRowLoss(loss, await engine.logprobs(row, lora)).loss;
    }
    const result = await validate({ engine, validation: { rows, reference, mismatched: null }, objective: rpo, lora });
    expect(result?.loss).toBeCloseTo(sum / 5, 12);
    expect(result?.rows).toBe(5);
    expect(result?.kl).toBeNull();
  });

  it("needs no engine for the frozen model where its log-probabilities are known", async () => {
    const rows = source(pairs);
    const validation = { rows, reference: await tableOf(rows), mismatched: null };
    const idle = { ...engine, logprobs: () => expect.unreachable("the engine is not needed") };
    const result = await validate({ engine: idle, validation, objective: rpo, lora: null });
    expect(result?.rewardMargin).toBe(0);
    expect(result?.loss).toBeCloseTo(
      pairs.reduce((sum, { margin }) => sum + Math.log1p(Math.exp(0.5 * margin)), 0) / 5,
    );
  });

  it("takes KTO's z0 over all mismatched rows", async () => {
    const rows = source(tinyRows("unpaired", 5, 4));
    const others = mismatchedRows(rows);
    // References 3 lower than they are, so that z0 is above 0 whatever the adapter does.
    const table = await tableOf(others);
    const lower: LogprobTable = { length: 5, of: (index) => table.of(index).map((value) => value - 3) };
    const mismatched = { rows: others, reference: lower };
    const validation = { rows, reference: await tableOf(rows), mismatched };
    const lora = adapter();
    const ratios = await Promise.all(
      [0, 1, 2, 3, 4].map(async (index) =>
        logRatio(await engine.logprobs(await others.get(index), lora), mismatched.reference.of(index)),
      ),
    );
    const progress: string[] = [];
    const objective = { ...DEFAULT_OBJECTIVE, method: "kto" } as const;
    const result = await validate({
      engine,
      validation,
      objective,
      lora,
      onProgress: (done, of) => void progress.push(`${done}/${of}`),
    });
    const z0 = referencePoint(ratios);
    expect(z0).toBeGreaterThan(0);
    expect(result?.kl).toBe(z0);
    let sum = 0;
    for (let index = 0; index < 5; index += 1) {
      const row = await rows.get(index);
      const loss = rowLoss(objective, row, validation.reference.of(index), { z0, tokensPerRow: 1 });
      sum += evaluateRowLoss(loss, await engine.logprobs(row, lora)).loss;
    }
    expect(result?.loss).toBeCloseTo(sum / 5, 12);
    expect([progress.at(0), progress.at(-1)]).toEqual(["0/10", "10/10"]);
  });

  it("means over tokens in SFT, the untrained model included", async () => {
    const unpaired = tinyRows("unpaired", 5, 4);
    const objective = { ...DEFAULT_OBJECTIVE, method: "sft" } as const;
    const validation = { rows: source(unpaired), reference: null, mismatched: null };
    const result = await validate({ engine, validation, objective, lora: null });
    const table = await tableOf(source(unpaired));
    const tokens = unpaired.reduce((sum, { completions }) => sum + (completions[0]?.length ?? 0), 0);
    const logprobs = unpaired.reduce((sum, _, index) => sum + (table.of(index)[0] as number), 0);
    expect(result?.loss).toBeCloseTo(-logprobs / tokens, 12);
  });

  it("gives nothing where it is ended", async () => {
    const controller = new AbortController();
    const rows = source(pairs);
    const validation = { rows, reference: await tableOf(rows), mismatched: null };
    const result = await validate({
      engine,
      validation,
      objective: rpo,
      lora: adapter(),
      signal: controller.signal,
      onProgress: (done) => {
        if (done === 2) controller.abort();
      },
    });
    expect(result).toBeNull();
  });
});
