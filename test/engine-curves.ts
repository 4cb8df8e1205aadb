// Small trainings by each of the three engines: the embedded one, TRL and LLaMA-Factory, each through its own way from the
// exported data set to metrics.jsonl. The model, the pairs, their order and the adapter's first numbers are the same for all,
// so that their steps can be compared. For a test and for the picture in docs/.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { writePeftAdapter } from "../src/adapter/peft.ts";
import { exportDataset } from "../src/dataset/export/index.ts";
import { cacheDirectory } from "../src/model/model-cache.ts";
import { seededRandom } from "../src/preference/seed.ts";
import type { PreferenceRow } from "../src/preference/training-row.ts";
import { initialLora } from "../src/train/lora-init.ts";
import { trainAdapter } from "../src/train/train-adapter.ts";
import { loraConfigOf, type TrainSettingsInput, trainSettings } from "../src/train/train-settings.ts";
import { readTrainingRecords, type StepRecord } from "../src/train/training-record.ts";
import { openFrozenWeights } from "../src/weights/frozen-weights-file.ts";

/** The Python environments of the repository, by engine. */
const ENVIRONMENTS = { trl: "../.venv-trl/", llamafactory: "../.venv/" } as const;
const SOURCES = fileURLToPath(new URL("../engines/src/", import.meta.url));
const SCRIPT = fileURLToPath(new URL("./python/engine_curve.py", import.meta.url));

export const CURVE_STEPS = 20;
/** Between the losses of two engines in a step. */
export const ALLOWED_DIFFERENCE = 1e-4;
const PAIRS = 16;
const BATCH = 4;
const SETTINGS = {
  method: "rpo",
  beta: 0.1,
  gamma: 0.5,
  rank: 4,
  alpha: 8,
  learningRate: 5e-3,
  schedule: "cosine",
  warmup: 0.1,
  steps: CURVE_STEPS,
  batch: BATCH,
  maxLength: 256,
  order: "file",
  seed: 3,
} as const satisfies TrainSettingsInput;
/** The same with all that the loss may have beside its margin, shorter. */
const SHAPED = { ...SETTINGS, nll: 0.3, labelSmoothing: 0.1, steps: 8 } as const satisfies TrainSettingsInput;

interface Trained {
  readonly name: CurveName;
  readonly settings: typeof SETTINGS | typeof SHAPED;
}
const TRAININGS: readonly Trained[] = [
  { name: "plain", settings: SETTINGS },
  { name: "shaped", settings: SHAPED },
];

const WORDS =
  "north south river stone light paper seven green quiet early maple tower glass winter signal harbor".split(" ");

export type CurveEngine = "embedded" | keyof typeof ENVIRONMENTS;
/** The training of the picture; one with label smoothing and a likelihood term. */
export type CurveName = "plain" | "shaped";
/** Steps, in order, by training and engine. */
export type EngineCurves = Readonly<Record<CurveName, Readonly<Record<CurveEngine, readonly StepRecord[]>>>>;

/** Trains by each engine in folders of its own in `home`. */
export async function engineCurves(home: string): Promise<EngineCurves> {
  const model = join(home, "model");
  const dataset = join(home, "data");
  const adapter = join(home, "adapter");
  await python("llamafactory", home, [
    "-c",
    `from pathlib import Path; from rpo_engines.tiny import *; write_tiny_model(Path(${JSON.stringify(model)}))`,
  ]);
  await mkdir(dataset);
  await writeFile(
    join(dataset, "train.jsonl"),
    pairs()
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(""),
  );
  await exportDataset(dataset, ["llamafactory"]);
  await writeInitialAdapter(model, adapter);

  const place = { home, model, dataset };
  await Promise.all([
    trainEmbedded(place),
    train("trl", home, trlConfig, place, adapter),
    train("llamafactory", home, llamafactoryConfig, place, adapter),
  ]);
  const of = async (name: CurveName) => ({
    embedded: await steps(outFolder(home, "embedded", name)),
    trl: await steps(outFolder(home, "trl", name)),
    llamafactory: await steps(outFolder(home, "llamafactory", name)),
  });
  return { plain: await of("plain"), shaped: await of("shaped") };
}

interface Place {
  readonly home: string;
  readonly model: string;
  readonly dataset: string;
}

const outFolder = (home: string, engine: CurveEngine, name: CurveName): string => join(home, `${engine}-${name}`);

async function trainEmbedded({ home, model, dataset }: Place): Promise<void> {
  for (const { name, settings } of TRAININGS)
    await trainAdapter({
      dataset,
      model: { name: "tiny", path: model },
      out: outFolder(home, "embedded", name),
      settings: { ...settings, threads: 1 },
    });
}

function trlConfig({ home, model, dataset }: Place, { name, settings }: Trained): object {
  const { learningRate, maxLength, labelSmoothing, ...same } = { labelSmoothing: 0, ...settings };
  return {
    ...same,
    label_smoothing: labelSmoothing,
    learning_rate: learningRate,
    max_length: maxLength,
    model,
    dataset,
    out: outFolder(home, "trl", name),
    device_batch: BATCH,
    cpu: true,
  };
}

function llamafactoryConfig({ home, model, dataset }: Place, { name, settings }: Trained): object {
  const { labelSmoothing, nll } = { labelSmoothing: 0, nll: 0, ...settings };
  return {
    rpo_method: SETTINGS.method,
    rpo_gamma: SETTINGS.gamma,
    stage: "dpo",
    do_train: true,
    model_name_or_path: model,
    template: "chatml",
    cache_dir: join(home, "cache"),
    dataset_dir: join(dataset, "llamafactory"),
    dataset: "rpo_margin",
    cutoff_len: SETTINGS.maxLength,
    disable_shuffling: true,
    finetuning_type: "lora",
    lora_rank: SETTINGS.rank,
    lora_alpha: SETTINGS.alpha,
    lora_target: "all",
    pref_beta: SETTINGS.beta,
    pref_ftx: nll,
    dpo_label_smoothing: labelSmoothing,
    output_dir: outFolder(home, "llamafactory", name),
    per_device_train_batch_size: SETTINGS.batch,
    learning_rate: SETTINGS.learningRate,
    lr_scheduler_type: SETTINGS.schedule,
    warmup_ratio: SETTINGS.warmup,
    max_steps: settings.steps,
    max_grad_norm: 1,
    save_strategy: "no",
    report_to: "none",
    use_cpu: true,
  };
}

/** All trainings of an engine, in one process: its imports take longer than they do. */
async function train(
  engine: keyof typeof ENVIRONMENTS,
  home: string,
  config: (place: Place, trained: Trained) => object,
  place: Place,
  adapter: string,
): Promise<void> {
  const files = TRAININGS.map(({ name }) => join(home, `${engine}-${name}.yaml`));
  for (const [index, trained] of TRAININGS.entries())
    await writeFile(files[index] as string, JSON.stringify(config(place, trained))); // JSON is YAML
  await python(engine, home, [SCRIPT, engine, adapter, ...files]);
}

async function python(engine: keyof typeof ENVIRONMENTS, home: string, args: readonly string[]): Promise<void> {
  const inside = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const interpreter = fileURLToPath(new URL(ENVIRONMENTS[engine] + inside, import.meta.url));
  if (!existsSync(interpreter))
    throw new Error(`${ENVIRONMENTS[engine]} is missing: \`npm test\` makes it, or \`node setup/run.mjs setup\``);
  const env = {
    ...process.env,
    PYTHONPATH: SOURCES,
    PYTHONUTF8: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    OMP_NUM_THREADS: "1",
    TOKENIZERS_PARALLELISM: "false",
    CUDA_VISIBLE_DEVICES: "",
    HF_HOME: join(home, `hf-${engine}`),
    HF_HUB_OFFLINE: "1",
    TRANSFORMERS_OFFLINE: "1",
    HF_DATASETS_OFFLINE: "1",
  };
  await promisify(execFile)(interpreter, args, { env, cwd: home, maxBuffer: 1 << 26 }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(
        `${engine} failed:\n${error.stdout?.slice(-1000)}\n${error.stderr?.slice(-4000) ?? error.message}`,
      );
    },
  );
}

/** The adapter that the embedded trainer begins with, for the others to begin with. */
async function writeInitialAdapter(model: string, folder: string): Promise<void> {
  const settings = trainSettings.parse(SETTINGS);
  const { architecture, identity } = await openFrozenWeights(model, { cacheDirectory: cacheDirectory(process.env) });
  const lora = initialLora(architecture, loraConfigOf(settings), settings.seed);
  await writePeftAdapter(folder, { lora, base: { name: "tiny", identity } });
}

/** RPO couples: each pair of responses under two prompts, in both directions; margins 0 to 4, some with a history. */
function pairs(): PreferenceRow[] {
  const random = seededRandom("engine-curves");
  const text = (least: number, most: number): string => {
    const count = least + Math.floor(random() * (most - least + 1));
    return Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
  };
  return Array.from({ length: PAIRS / 2 }, (_, couple) => {
    const [one, other, query] = [text(2, 7), text(2, 7), text(1, 4)];
    const history = [
      { role: "user" as const, content: text(1, 3) },
      { role: "assistant" as const, content: text(1, 3) },
    ];
    return [
      { chosen: one, rejected: other },
      { chosen: other, rejected: one },
    ].map(
      (direction, index): PreferenceRow => ({
        kind: "preference",
        prompt: [
          { role: "system", content: `Rule ${couple}.${index}: ${text(2, 6)}.` },
          ...(couple % 3 === 1 ? history : []),
          { role: "user", content: query },
        ],
        ...direction,
        margin: couple % 5,
        provenance: {
          method: "rpo",
          turn: `t${couple}`,
          profile: `p${couple}`,
          chosen: { response: "a", merged: ["a"] },
          rejected: { response: "b", merged: ["b"] },
          reversed: [],
          differ: [],
          verdictSource: "code",
        },
      }),
    );
  }).flat();
}

const steps = async (out: string): Promise<readonly StepRecord[]> =>
  (await readTrainingRecords(join(out, "metrics.jsonl"))).filter(
    (record): record is StepRecord => record.kind === "step",
  );
