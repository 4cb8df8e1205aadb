// `node bench/engines.ts`: what the margin costs on TRL and LLaMA-Factory: each engine's stock DPO trainer beside the same with
// margins, by turns, each in a process of its own, on the same model and pairs. Median seconds a step, tokens a second, peak
// memory, and the overhead; spec/engines.md asks for at most 1 % on a GPU. On a CPU with the tiny model that is made here by
// default, the figures only prove that it runs.
//
//   --engine trl|llamafactory   both by default
//   --model DIR                 a Hugging Face folder; a tiny random one by default
//   --device cpu|cuda           --prompt N --completion N  tokens, about   --batch N   --steps N   --rounds N
//   --attention sdpa|fa2
// Environments are those of `rpo engines install`, or --trl-python and --llamafactory-python.
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { exportDataset } from "../src/dataset/export/index.ts";
import { jsonLine } from "../src/dataset/jsonl.ts";
import { engineVariables, installedPython } from "../src/engine/engine-environment.ts";
import { ENGINE_NAMES, ENGINE_TITLES, type EngineName } from "../src/engine/engine-name.ts";
import { seededRandom } from "../src/preference/seed.ts";
import { openHfTokenizer } from "../src/tokens/hf-tokenizer.ts";
import { randomFrozenWeights } from "../src/weights/random-weights.ts";
import { tinyArchitecture } from "../src/weights/tiny-architecture.ts";
import { writeHfModel } from "../src/weights/tiny-model-files.ts";

const { values } = parseArgs({
  options: {
    engine: { type: "string" },
    model: { type: "string" },
    device: { type: "string", default: "cpu" },
    prompt: { type: "string", default: "200" },
    completion: { type: "string", default: "40" },
    batch: { type: "string", default: "2" },
    steps: { type: "string", default: "12" },
    rounds: { type: "string", default: "2" },
    attention: { type: "string", default: "sdpa" },
    "trl-python": { type: "string" },
    "llamafactory-python": { type: "string" },
  },
});
const [prompt, completion, batch, steps, rounds] = (["prompt", "completion", "batch", "steps", "rounds"] as const).map(
  (name) => Number(values[name]),
) as [number, number, number, number, number];
/** Not counted: kernels are chosen and memory is taken in them. */
const WARM_UP = 2;
const SIDES = ["stock", "margin"] as const;
const WORDS = "north south river stone light paper seven green quiet early maple tower".split(" ");

interface Outcome {
  readonly seconds: readonly number[];
  readonly peakBytes: number;
}

const scratch = await mkdtemp(join(tmpdir(), "rpo-bench-engines-"));
try {
  const model = values.model === undefined ? join(scratch, "model") : resolve(values.model);
  if (values.model === undefined)
    await writeHfModel(model, randomFrozenWeights(tinyArchitecture("llama"), 1, join(scratch, "weights.bin")));
  const data = join(scratch, "data");
  const tokens = await writePairs(data, model);
  await exportDataset(data, ["llamafactory"]);
  console.log(
    `${values.device}, ${model === join(scratch, "model") ? "a tiny random model" : model}: ${batch} pairs a step of ${Math.round(tokens)} tokens (prompt twice), ` +
      `${steps - WARM_UP} steps after ${WARM_UP}, ${rounds} rounds by turns`,
  );
  for (const engine of ENGINE_NAMES) {
    if (values.engine !== undefined && values.engine !== engine) continue;
    await compare(engine, model, data, tokens);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function compare(engine: EngineName, model: string, data: string, tokens: number): Promise<void> {
  const python = values[`${engine}-python`] ?? (await installedPython(engine, { env: process.env }));
  const all: Record<(typeof SIDES)[number], { readonly seconds: number[]; peak: number }> = {
    stock: { seconds: [], peak: 0 },
    margin: { seconds: [], peak: 0 },
  };
  for (let round = 0; round < rounds; round += 1) {
    // The order turns, so that what warms up or slows down the machine meets both.
    for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
      const { seconds, peakBytes } = await run(python, { engine, side, model, data });
      all[side].seconds.push(...seconds.slice(WARM_UP));
      all[side].peak = Math.max(all[side].peak, peakBytes);
    }
  }
  for (const side of SIDES) {
    const { seconds, peak } = all[side];
    console.log(
      `  ${ENGINE_TITLES[engine]}, ${side.padEnd(6)} ${median(seconds).toFixed(4)} s a step, ${Math.round((batch * tokens) / median(seconds))} tokens/s, peak ${(peak / 1e9).toFixed(2)} GB`,
    );
  }
  const overhead = median(all.margin.seconds) / median(all.stock.seconds) - 1;
  console.log(
    `  ${ENGINE_TITLES[engine]}: the margin costs ${(100 * overhead).toFixed(1)} % of a step's time (spread of the stock side ±${(100 * spread(all.stock.seconds)).toFixed(1)} %)`,
  );
}

async function run(
  python: string,
  {
    engine,
    side,
    model,
    data,
  }: { readonly engine: string; readonly side: string; readonly model: string; readonly data: string },
): Promise<Outcome> {
  const settings = join(scratch, "settings.json");
  const out = join(scratch, "out");
  await rm(out, { recursive: true, force: true });
  await mkdir(out);
  await writeFile(
    settings,
    JSON.stringify({
      ...{ engine, side, model, data, steps, batch, scratch: out, device: values.device, attention: values.attention },
      // LLaMA-Factory computes the reference in every step, so both engines do here.
      precompute: false,
      length: 2 * (prompt + completion),
    }),
  );
  const script = fileURLToPath(new URL("engines/step_time.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, settings], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: {
      ...engineVariables(process.env),
      TOKENIZERS_PARALLELISM: "false",
      ...(values.device === "cpu" && { CUDA_VISIBLE_DEVICES: "" }),
    },
  });
  if (status !== 0) throw new Error(`${engine}, ${side}: ended with ${status}:\n${stderr.slice(-3000)}`);
  return JSON.parse(
    stdout
      .trim()
      .split("\n")
      .findLast((line) => line.startsWith('{"seconds"')) ?? "",
  ) as Outcome;
}

/** Pairs of about the asked lengths, of made-up words. @returns mean tokens of a pair as an engine computes it, its prompt twice */
async function writePairs(folder: string, model: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const { encode } = await openHfTokenizer(model);
  const random = seededRandom("bench engines", 1);
  const words = (about: number): string => {
    let text = "";
    while (encode(text).length < about)
      text += `${text === "" ? "" : " "}${WORDS[Math.floor(random() * WORDS.length)]}`;
    return text;
  };
  let total = 0;
  const rows = Array.from({ length: steps * batch }, (_, index) => {
    const query = words(prompt);
    const [chosen, rejected] = [words(completion), words(completion)];
    total += 2 * encode(query).length + encode(chosen).length + encode(rejected).length;
    const source = { response: "a", merged: ["a"] };
    return jsonLine({
      kind: "preference",
      prompt: [{ role: "user", content: query }],
      chosen,
      rejected,
      margin: 1 + (index % 5),
      provenance: {
        ...{ method: "rpo", turn: String(index), profile: "bench", chosen: source, rejected: source },
        ...{ reversed: [], differ: [], verdictSource: "none" },
      },
    });
  });
  await writeFile(join(folder, "train.jsonl"), rows.join(""));
  return total / rows.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Half of the middle half's width, as a share of the median. */
function spread(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return (at(0.75) - at(0.25)) / 2 / median(values);
}
