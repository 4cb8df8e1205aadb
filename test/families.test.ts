// Each family of models, with and without an adapter, in three programs that share no code: our engine, llama.cpp on the GGUF
// files that our writers make, and transformers with PEFT on our Hugging Face folders. All three give sequences the same
// log-probabilities. First on tiny random models with everything that a family can have, on prompts longer than the sliding
// window; then on the real SmolLM2-135M and Gemma 3 270M, whose quantised files are also held against llama.cpp as they are.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Adapter } from "../src/adapter/adapter.ts";
import { writeGgufAdapter } from "../src/adapter/gguf-adapter.ts";
import { mergedSource } from "../src/adapter/merge.ts";
import { writePeftAdapter } from "../src/adapter/peft.ts";
import { randomAdapter } from "../src/adapter/random-adapter.ts";
import { cacheDirectory } from "../src/model/model-cache.ts";
import { cachedModel, type PulledModel, pull } from "../src/model/pull.ts";
import { seededRandom } from "../src/preference/seed.ts";
import { openTokenizer } from "../src/tokens/open-tokenizer.ts";
import { embeddedEngine } from "../src/train/embedded/engine.ts";
import type { TokenRow } from "../src/train/token-row.ts";
import { FAMILIES, type Family } from "../src/weights/architecture.ts";
import type { FrozenWeights } from "../src/weights/frozen-weights.ts";
import { openFrozenWeights } from "../src/weights/frozen-weights-file.ts";
import { writeGgufFile } from "../src/weights/gguf-model-writer.ts";
import type { GgufMetadata } from "../src/weights/gguf-writer.ts";
import { writeHfFolder } from "../src/weights/hf-model-writer.ts";
import { frozenSource, type ModelSource } from "../src/weights/model-source.ts";
import { randomFrozenWeights } from "../src/weights/random-weights.ts";
import { TINY_WINDOW, tinyArchitecture } from "../src/weights/tiny-architecture.ts";
import { tinyGgufTokenizer } from "../src/weights/tiny-model-files.ts";
import { tokenizerForGguf } from "../src/weights/tokenizer-to-gguf.ts";
import { type LogprobRow, llamaLogprobs, openLlama } from "./llama-logprobs.ts";
import { type TorchJob, torchLogprobs } from "./torch-logprobs.ts";

/** Largest difference in the log-probability of a sequence, relative to its size: sums of fp32 in another order. */
const TOLERANCE = 1e-5;

/** The same for llama.cpp, whose GELU is a table in half precision (7e-5 on the tiny Gemma, others below 1e-6). */
const LLAMA_TOLERANCE = 1e-4;

/**
 * The same through the 18 blocks of Gemma 3 270M: measured 3e-4 and, with the adapter, 5e-4 (on other texts 1e-5 to 1e-4). The
 * table is why: transformers with it is within TABLE_TOLERANCE of llama.cpp (measured 1.1e-4; tiny 1.2e-5), and need not be
 * closer, since the table's steps make of the difference between single and double precision, 2e-7 without it, 1.6e-4.
 */
const LLAMA_GELU_TOLERANCE = 1e-3;
const TABLE_TOLERANCE = { tiny: 3e-5, real: 3e-4 };

/** What an adapter changes at least; else a program that leaves it out would pass. */
const LEAST_CHANGE = 0.01;

/**
 * The same where llama.cpp computes with the quantised weights themselves: it rounds the inputs of every product to 8 bits.
 * Measured on SmolLM2-135M in Q4_1 0.0016 without and 0.0051 with the adapter, on Gemma 3 270M in Q4_K_M 0.027. A wrong scale
 * or order is off by far more.
 */
const QUANTISED_TOLERANCE = { smollm: 0.02, gemma: 0.06 };

/** Half a minute on a quiet machine; importing torch and writing gigabytes take long on one with other tests. */
const LIMIT_MS = 300_000;

const folder = mkdtempSync(join(tmpdir(), "rpo-families-"));
let llama: Llama;
beforeAll(async () => {
  llama = await openLlama();
});
afterAll(async () => {
  await llama?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** A model as it is, with its adapter, and with the adapter merged into the weights (the tiny ones: it takes gigabytes). */
const VARIANTS = ["base", "adapter", "merged"] as const;
/** Of each row's completions. */
type Logprobs = readonly (readonly number[])[];
interface Results {
  readonly base: Logprobs;
  readonly adapter: Logprobs;
  readonly merged: Logprobs | null;
}

/** A model, with the files that were made of it. */
interface Case {
  readonly weights: FrozenWeights;
  readonly adapter: Adapter;
  readonly rows: readonly TokenRow[];
  readonly lora: string;
  readonly peft: string;
  /** GGUF files and Hugging Face folders without and with the adapter in them. */
  readonly gguf: { readonly base: string; readonly merged: string | null };
  readonly hf: { readonly base: string; readonly merged: string | null };
}

async function writeCase(
  name: string,
  { weights, adapter, rows }: Pick<Case, "weights" | "adapter" | "rows">,
  tokenizer: GgufMetadata,
  merges: boolean,
): Promise<Case> {
  const at = (file: string): string => join(folder, `${name}-${file}`);
  const write = async (form: string, model: ModelSource): Promise<void> => {
    await writeGgufFile(at(`${form}.gguf`), model, { format: "F32", name, tokenizer });
    await writeHfFolder(at(form), model, { format: "F32" });
  };
  const plain = frozenSource(weights);
  await write("base", plain);
  if (merges) await write("merged", mergedSource(plain, adapter.lora));
  await writeGgufAdapter(at("lora.gguf"), adapter, weights.architecture);
  await writePeftAdapter(at("peft"), adapter);
  return {
    weights,
    adapter,
    rows,
    lora: at("lora.gguf"),
    peft: at("peft"),
    gguf: { base: at("base.gguf"), merged: merges ? at("merged.gguf") : null },
    hf: { base: at("base"), merged: merges ? at("merged") : null },
  };
}

const listed = (rows: readonly TokenRow[]): LogprobRow[] =>
  rows.map(({ prompt, completions }) => ({ prompt: [...prompt], completions: completions.map((ids) => [...ids]) }));

/** Our engine merges nothing: what it gives with the adapter stands for both. */
async function ours({ weights, adapter, rows }: Case): Promise<Results> {
  const lengths = rows.map(({ prompt, completions }) =>
    completions.reduce((sum, { length }) => sum + length, prompt.length),
  );
  const { config } = adapter.lora;
  const engine = await embeddedEngine({ weights, config, longest: Math.max(...lengths), threads: 1 });
  try {
    const base: (readonly number[])[] = [];
    const adapted: (readonly number[])[] = [];
    for (const row of rows) {
      base.push(await engine.logprobs(row, null));
      adapted.push(await engine.logprobs(row, adapter.lora));
    }
    return { base, adapter: adapted, merged: adapted };
  } finally {
    await engine.release();
  }
}

async function llamas({ gguf, lora, rows }: Case): Promise<Results> {
  return {
    base: await llamaLogprobs(llama, gguf.base, listed(rows)),
    adapter: await llamaLogprobs(llama, gguf.base, listed(rows), lora),
    merged: gguf.merged === null ? null : await llamaLogprobs(llama, gguf.merged, listed(rows)),
  };
}

const jobs = ({ hf, peft, rows }: Case, gelu?: "ggml"): TorchJob[] =>
  [
    { model: hf.base, rows: listed(rows) },
    { model: hf.base, adapter: peft, rows: listed(rows) },
    ...(hf.merged === null ? [] : [{ model: hf.merged, rows: listed(rows) }]),
  ].map((job) => (gelu === undefined ? job : { ...job, gelu }));

/** Largest relative difference. */
function difference(a: Logprobs, b: Logprobs): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
  return Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value / b[i]![j]! - 1))));
}

function expectAgreement(a: Results, b: Results, tolerance: number): void {
  for (const variant of VARIANTS) {
    const [is, wanted] = [a[variant], b[variant]];
    if (is !== null && wanted !== null)
      expect(difference(is, wanted), `${variant}: ${JSON.stringify([is, wanted])}`).toBeLessThan(tolerance);
  }
  expect(difference(a.base, a.adapter)).toBeGreaterThan(LEAST_CHANGE);
}

/** Rows beyond the window in the prompt, beyond it by the completion, and within it; pairs, and a completion alone. */
const TINY_ROWS = [
  [5 * TINY_WINDOW, 21, 9],
  [TINY_WINDOW - 2, 7, 3],
  [1, 3],
] as const;

function randomRows(vocabulary: number): TokenRow[] {
  const random = seededRandom("families");
  const ids = (length: number) => Int32Array.from({ length }, () => Math.floor(random() * vocabulary));
  return TINY_ROWS.map(([prompt, ...completions]) => tokenRow(ids(prompt), completions.map(ids)));
}

const tokenRow = (prompt: Int32Array, completions: readonly Int32Array[]): TokenRow => ({
  id: "families.test.ts",
  prompt,
  completions,
  margin: 1,
  desirable: true,
});

async function tinyCase(family: Family): Promise<Case> {
  const architecture = tinyArchitecture(family);
  const weights = randomFrozenWeights(architecture, 7, join(folder, `${family}.bin`));
  const rows = randomRows(architecture.vocabulary);
  return writeCase(family, { weights, adapter: randomAdapter(weights, 3), rows }, tinyGgufTokenizer(320), true);
}

const PROMPT =
  "The lighthouse keeper counted the ships each evening, and wrote their names into a book. One day in the year 1987,";
const COMPLETIONS = [
  " a ship came by that was in no book, and he wrote to the harbour master to ask what he should call it.",
  " 他看见了一艘没有名字的船。",
] as const;

/** Small: a real model of 30 layers is thrown far off by little, and rounding with it. */
const REAL_ALPHA = 1;

async function realCase({ name, path }: PulledModel): Promise<Case> {
  const weights = await openFrozenWeights(path, { cacheDirectory: cacheDirectory(process.env) });
  const tokenizer = await openTokenizer(path, {
    chatTemplate: "{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}",
  });
  const completions = COMPLETIONS.map((text) => tokenizer.encode(text));
  const rows = [tokenRow(tokenizer.encode(PROMPT), completions)];
  await tokenizer.dispose();
  const adapter = randomAdapter(weights, 3, { alpha: REAL_ALPHA });
  const vocabulary = await tokenizerForGguf(path, weights.architecture.vocabulary);
  return writeCase(name, { weights, adapter, rows }, vocabulary, false);
}

let unavailable = "";
const smollm = await cachedModel("smollm2-135m")
  .then((cached) => cached ?? pull("smollm2-135m"))
  .catch((error: Error) => {
    unavailable = ` (skipped: ${error.message.replaceAll("\n", " ")})`;
    return null;
  });
const gemma = await cachedModel("gemma3-270m");

const cases = new Map<string, Case>();
const torch = new Map<string, Results>();
/** The models with a GELU, by transformers with llama.cpp's table of it. */
const torchWithTable = new Map<string, Results>();

beforeAll(async () => {
  for (const family of FAMILIES) cases.set(family, await tinyCase(family));
  for (const model of [smollm, gemma]) if (model !== null) cases.set(model.name, await realCase(model));
  const gelus = new Map([...cases].filter(([, { weights }]) => weights.architecture.activation === "gelu-tanh"));
  const all = await torchLogprobs([
    ...[...cases.values()].flatMap((model) => jobs(model)),
    ...[...gelus.values()].flatMap((model) => jobs(model, "ggml")),
  ]);
  const collect = (results: Map<string, Results>, models: ReadonlyMap<string, Case>): void => {
    for (const [name, model] of models) {
      const [base, adapter, merged] = all.splice(0, jobs(model).length);
      results.set(name, { base: base!, adapter: adapter!, merged: merged ?? null });
    }
  };
  collect(torch, cases);
  collect(torchWithTable, gelus);
}, LIMIT_MS);

describe("tiny random models", () => {
  it.each(FAMILIES)("%s: our engine, transformers with PEFT and llama.cpp agree", async (family) => {
    const tiny = cases.get(family)!;
    const logprobs = await ours(tiny);
    const llamaResults = await llamas(tiny);
    expectAgreement(logprobs, torch.get(family)!, TOLERANCE);
    expectAgreement(logprobs, llamaResults, LLAMA_TOLERANCE);
    const withTable = torchWithTable.get(family);
    if (withTable !== undefined) expectAgreement(withTable, llamaResults, TABLE_TOLERANCE.tiny);
  });

  it("has llama.cpp's GELU where there is a GELU", () => {
    expect([...torchWithTable.keys()]).toContain("gemma3");
  });
});

const REAL = [
  [smollm, `SmolLM2-135M${unavailable}`, LLAMA_TOLERANCE, QUANTISED_TOLERANCE.smollm],
  [
    gemma,
    "Gemma 3 270M (run where `rpo models pull gemma3-270m` was)",
    LLAMA_GELU_TOLERANCE,
    QUANTISED_TOLERANCE.gemma,
  ],
] as const;

for (const [model, title, tolerance, quantisedTolerance] of REAL)
  describe.skipIf(model === null)(title, () => {
    it(
      "gets the same from our engine, transformers with PEFT and llama.cpp, on its dequantised weights",
      async () => {
        const real = cases.get(model!.name)!;
        const logprobs = await ours(real);
        expectAgreement(logprobs, torch.get(model!.name)!, TOLERANCE);
        const llamaResults = await llamas(real);
        expectAgreement(logprobs, llamaResults, tolerance);
        const withTable = torchWithTable.get(model!.name);
        if (withTable !== undefined) expectAgreement(withTable, llamaResults, TABLE_TOLERANCE.real);
        const quantised = await llamaLogprobs(llama, model!.path, listed(real.rows));
        const adapted = await llamaLogprobs(llama, model!.path, listed(real.rows), real.lora);
        expect(difference(logprobs.base, quantised)).toBeLessThan(quantisedTolerance);
        expect(difference(logprobs.adapter, adapted)).toBeLessThan(quantisedTolerance);
      },
      LIMIT_MS,
    );
  });
