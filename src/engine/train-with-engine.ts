// A training on a PyTorch engine from a data set to an adapter: what it will be is decided and written down, the engine is started
// and watched, and its adapter brought back, in a run directory like the embedded trainer's (train/run-directory.ts):
//
//   engine/          what the engine works from, to be read and changed (engine-folder.ts); run.json, what decides the adapter
//   engine.log       its output
//   checkpoints/     its own
//   and adapter/, adapter.gguf, metrics.jsonl, training.svg, summary.json, rpo.yaml as there
//
// Ignores what is shown (cli/train-engine.ts).
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { writeGgufAdapter } from "../adapter/gguf-adapter.ts";
import { readPeftAdapter } from "../adapter/peft.ts";
import { InputError } from "../dataset/input-error.ts";
import { RejectsFile } from "../dataset/rejects-file.ts";
import { writeWhole } from "../dataset/staged-file.ts";
import { withFileLock } from "../model/file-lock.ts";
import { trainingSvg } from "../report/training-chart.ts";
import { openHfTokenizer } from "../tokens/hf-tokenizer.ts";
import { methodNotice } from "../train/data-set-method.ts";
import { runPaths, takeUp, writeAsked } from "../train/run-directory.ts";
import { decidingSettings, type TrainSettingsInput, trainSettings } from "../train/train-settings.ts";
import { type TrainingProgress, TrainingStopped } from "../train/training-progress.ts";
import { readTrainingRecords } from "../train/training-record.ts";
import { courseOf, type RowsSummary, type TrainingSummary } from "../train/training-summary.ts";
import { logTail } from "../vllm/log-tail.ts";
import { gpuEnvironment } from "../vllm/vllm-arguments.ts";
import { configArchitecture } from "../weights/family/families.ts";
import { engineVariables, installedPython, PACKAGE_SOURCES } from "./engine-environment.ts";
import { ENGINE_FILES } from "./engine-file.ts";
import { engineFiles, kubernetesImage, POSSIBLE_FILES } from "./engine-files.ts";
import { writeEngineFiles } from "./engine-folder.ts";
import { type EngineModel, engineModel } from "./engine-model.ts";
import type { EngineName } from "./engine-name.ts";
import { type EngineProbe, probeEngine, refuseEnvironment } from "./engine-probe.ts";
import { type EngineProcessEnd, runEngineProcess } from "./engine-process.ts";
import { type EngineSettingsInput, engineSettings } from "./engine-settings.ts";
import { type Failure, failureOf } from "./failure-cause.ts";
import { hardwareFor } from "./hardware.ts";
import { launchArguments, type NodePlace, START_STOP_SECONDS, STOP_SECONDS } from "./launch-command.ts";
import { modelFacts } from "./model-facts.ts";
import { type PreparedRows, preparedData } from "./prepared-data.ts";
import { preset, withPreset } from "./presets.ts";
import { startText } from "./start-text.ts";
import { templateName } from "./template-name.ts";
import { refuseForeign, type TrainingPlan, trainingPlan } from "./training-plan.ts";

export interface EngineTrainingOptions {
  readonly engine: EngineName;
  /** Folder of a data set, as `rpo pairs` makes it. */
  readonly dataset: string;
  /** A Hugging Face folder, or owner/name of the hub. */
  readonly model: string;
  /** Run directory; a training that is there goes on. */
  readonly out: string;
  /** Those that were asked for, a preset's beneath them. */
  readonly settings: TrainSettingsInput;
  readonly engineSettings: EngineSettingsInput;
  /** This machine's place among several; null where it trains alone, or another starts it. */
  readonly place: NodePlace | null;
  /** Write the files, and start nothing. */
  readonly dryRun: boolean;
  readonly fresh: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nvidiaSmi?: string | undefined;
  /** Asks the engine to save and stop. */
  readonly signal: AbortSignal;
  /** Time for that before all of it is killed. */
  readonly graceMs?: number;
  /** The same before it has begun. Default 30 s. */
  readonly startGraceMs?: number;
  readonly onProgress: (progress: TrainingProgress) => void;
  readonly onNotice: (notice: string) => void;
  /** What ends the engine at once, for when nothing can be waited for. */
  readonly onStart: (kill: () => void) => void;
}

/** Files were written for somebody else to start. */
export interface WrittenOnly {
  readonly kind: "written";
  /** Absolute. */
  readonly folder: string;
  readonly files: readonly string[];
  /** What starts the training. */
  readonly start: string;
  readonly plan: TrainingPlan;
}

export type EngineTraining = WrittenOnly | { readonly kind: "trained"; readonly summary: TrainingSummary };

/** An engine that ended without an adapter. */
export class EngineFailed extends Error {
  readonly failure: Failure;
  readonly log: string;
  /** The last lines of its output. */
  readonly lines: readonly string[];
  /** The last step that it recorded; null before the first. */
  readonly step: number | null;
  constructor(failure: Failure, log: string, lines: readonly string[], step: number | null) {
    super(failure.message);
    this.name = "EngineFailed";
    this.failure = failure;
    this.log = log;
    this.lines = lines;
    this.step = step;
  }
}

/** The folder of the engine's files, and its output. */
const ENGINE_FOLDER = "engine";
const LOG = "engine.log";
/** rpo_engines.trl stops after its step where this lies in the run directory. */
const STOP_FILE = "stop";
/** What a training leaves, and what tells that a folder is a training's. */
const LEFT = ["adapter", "adapter.gguf", "checkpoints", "metrics.jsonl", "summary.json"] as const;
/** Removed beside them to begin anew: the engines' own records and caches. */
const OF_ENGINES = ["run.json", "training.svg", "rejects.jsonl", "data", "cache", LOG, STOP_FILE] as const;
/** Lines of a log in which a cause is looked for: the traceback of each of a machine's ranks. */
const SEARCHED_LINES = 400;
const SHOWN_LINES = 20;

/**
 * Trains, or goes on; or only writes the files.
 * @throws TrainingStopped when the signal ended it; EngineFailed; InputError for what can't be trained
 */
export async function trainWithEngine(options: EngineTrainingOptions): Promise<EngineTraining> {
  const { out, signal } = options;
  if (process.platform === "win32") throw new InputError("PyTorch engines are started on Linux and macOS; use WSL");
  await mkdir(out, { recursive: true });
  return withFileLock(runPaths(out).record, () => train(options), {
    signal,
    onWait: (holder) => {
      throw new InputError(`${out}: process ${holder} is training in this folder`);
    },
  });
}

async function train(options: EngineTrainingOptions): Promise<EngineTraining> {
  const { engine, dataset, out, dryRun, signal, env, onNotice } = options;
  const from = options.engineSettings.preset === undefined ? null : preset(options.engineSettings.preset);
  const given = from === null ? options.settings : withPreset(from, options.settings);
  const settings = trainSettings.parse(given);
  const asked = new Set(Object.keys(given));
  refuseForeign({ engine, settings, asked });
  const isCpu = options.settings.device === "cpu";
  // A preset's sharding is for the graphics processors that it was made for.
  const sharding = from === null || isCpu ? {} : { sharding: from.sharding };
  const spread = engineSettings.parse({ ...sharding, ...options.engineSettings });
  const isHere = !dryRun && (spread.launcher === "local" || options.place !== null);
  if (isHere && spread.nodes > 1 && options.place === null)
    throw new InputError(
      `--nodes ${spread.nodes}: give this machine's place by --node-rank and --master-addr, or --launcher torchrun, slurm or kubernetes`,
    );
  if (options.place !== null && Number(options.place.rank) >= spread.nodes)
    throw new InputError(
      `--node-rank ${options.place.rank}: machines are counted from 0, and of --nodes ${spread.nodes} the last is ${spread.nodes - 1}`,
    );
  if (spread.launcher === "kubernetes") kubernetesImage(spread.image);
  await prepareFolder(out, options.fresh);
  const paths = runPaths(out);
  const folder = join(out, ENGINE_FOLDER);

  const model = await engineModel(options.model, { env, signal });
  const tokenizer = await openHfTokenizer(model.folder).catch((error: unknown) => {
    if (error instanceof InputError && error.message.includes("no chat template"))
      throw new InputError(
        `${options.model}: its tokenizer has no chat template (a base model has none): take the instruction-tuned model, ` +
          "or put a chat_template.jinja into its folder",
      );
    throw error;
  });
  const hardware = await hardwareFor({
    settings: spread,
    isCpu,
    isHere,
    presetGpus: from?.gpus ?? null,
    visible: env.CUDA_VISIBLE_DEVICES,
    nvidiaSmi: options.nvidiaSmi,
  });
  hardware.notices.forEach(onNotice);
  const variables = engineVariables(env);
  const { python, probe } = await environmentFor(options, isHere, variables);
  if (isHere && probe !== null) refuseEnvironment(probe, { engine, device: hardware.device, python });

  const mismatch = await methodNotice(dataset, settings.method);
  if (mismatch !== null) onNotice(mismatch);
  const rejects = new RejectsFile(paths.rejects);
  const facts = modelFacts(model.config);
  const data = await preparedData({
    dataset,
    method: settings.method,
    tokenizer,
    maxLength: asked.has("maxLength") ? settings.maxLength : null,
    contextLength: facts.contextLength,
    skipBad: settings.skipBad,
    folder: engine === "llamafactory" ? join(folder, ENGINE_FILES.data) : null,
    onRefused: (row) => settings.skipBad && rejects.add(row),
    onProgress: (file, done, share) => options.onProgress({ stage: "tokens", file, done, share }),
    signal,
  }).finally(() => rejects.close());
  const plan = trainingPlan({
    engine,
    settings,
    engineSettings: spread,
    asked,
    presetPerDevice: from?.perDevice ?? null,
    model: facts,
    rows: { train: data.train.counts.used, validation: data.validation?.counts.used ?? 0 },
    percentile: data.percentile,
    cutoff: data.cutoff,
    hardware: {
      device: hardware.device,
      perNode: hardware.perNode,
      nodes: spread.nodes,
      bytes: hardware.bytes,
      packages: probe && { deepspeed: probe.deepspeed !== null, flashAttention: probe["flash-attn"] !== null },
    },
  });
  plan.notices.forEach(onNotice);

  await mkdir(folder, { recursive: true });
  const goesOn = await takeUp(folder, {
    format: 1,
    settings: { ...decidingSettings(settings), engine, batch: plan.effective, maxLength: plan.cutoff.value },
    model: { name: model.name, identity: model.identity },
    rows: {
      train: { count: data.train.counts.used, sha256: data.train.rowsSha256 },
      validation: data.validation && { count: data.validation.counts.used, sha256: data.validation.rowsSha256 },
    },
  });
  const files = engineFiles({
    plan,
    settings,
    model: model.reference,
    template: engine === "llamafactory" ? templateName(facts.family, chatTemplateOf(model.folder)) : null,
    sources: from?.sources ?? [],
    dataset: resolve(dataset),
    launcher: spread.launcher,
    image: spread.image,
    python,
    packageSources: PACKAGE_SOURCES,
    gpus: hardware.gpus,
    name: basename(resolve(out)),
  });
  for (const path of await writeEngineFiles(folder, files, POSSIBLE_FILES))
    onNotice(`${join(folder, path)}: was changed by hand and is kept as it is; --fresh writes it anew`);
  await writeAsked(out, {
    dataset,
    model: model.reference,
    settings: {
      ...options.settings,
      ...options.engineSettings,
      ...(options.engineSettings.python && { python: interpreterPath(options.engineSettings.python) }),
      engine,
      method: settings.method,
    },
  });
  startText(data, plan).forEach(onNotice);
  if (!isHere)
    return {
      kind: "written",
      folder: resolve(folder),
      files: [...files.map(({ path }) => path)],
      start: startCommand(spread.launcher, spread.nodes),
      plan,
    };

  let after = 0;
  if (goesOn) {
    const finished = await finishedSummary(paths.summary);
    if (finished !== null) {
      onNotice(`${out}: this training is finished; --fresh begins anew`);
      return { kind: "trained", summary: finished };
    }
    const before = (await readTrainingRecords(paths.metrics)).findLast(({ kind }) => kind === "step");
    after = before?.step ?? 0;
    if (before !== undefined) onNotice(`${out}: going on from the last checkpoint, after step ${before.step} at most`);
  }
  const log = join(out, LOG);
  await rename(log, `${log}.before`).catch(() => {});
  await rm(join(out, STOP_FILE), { force: true });
  const end = await runEngineProcess({
    executable: python,
    args: launchArguments({
      engine,
      config: ENGINE_FILES.train,
      perNode: plan.perNode,
      nodes: plan.nodes,
      place: options.place,
    }),
    cwd: folder,
    env: { ...variables, ...visibleGpus(hardware.device, hardware.gpus) },
    log,
    metrics: paths.metrics,
    stopFile: engine === "trl" ? join(out, STOP_FILE) : null,
    steps: plan.steps.value,
    after,
    signal,
    graceMs: options.graceMs ?? STOP_SECONDS * 1000,
    startGraceMs: options.startGraceMs ?? START_STOP_SECONDS * 1000,
    onProgress: options.onProgress,
    onStart: options.onStart,
  });
  const isFirstNode = options.place === null || options.place.rank === "0";
  await refuseEnd(end, { ...options, plan, python, log });
  const summary = isFirstNode
    ? await bringBack(options, {
        model,
        plan,
        settings: { ...decidingSettings(settings), keep: settings.keep },
        data,
        probe,
        end,
      })
    : null;
  if (summary === null) throw new InputError(`${out}: this machine's part is done; the adapter is at machine 0`);
  return { kind: "trained", summary };
}

/** @throws TrainingStopped where it was asked to stop, EngineFailed where it ended otherwise than done */
async function refuseEnd(
  end: EngineProcessEnd,
  {
    engine,
    plan,
    python,
    log,
  }: { readonly engine: EngineName; readonly plan: TrainingPlan; readonly python: string; readonly log: string },
): Promise<void> {
  if (end.code === 0) return;
  // torchrun tells of a stop with another code than its ranks, so that what was asked says more than how it ended.
  if (end.asked) throw new TrainingStopped(end.step, end.step === null ? null : plan.steps.value);
  const lines = await logTail(log, SEARCHED_LINES);
  const context = {
    engine,
    perDevice: plan.perDevice.value,
    cutoff: plan.cutoff.value,
    sharding: plan.sharding.value,
    python,
  };
  throw new EngineFailed(failureOf({ ...end, lines }, context), log, lines.slice(-SHOWN_LINES), end.step);
}

interface Ended {
  readonly model: EngineModel;
  readonly plan: TrainingPlan;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly data: { readonly train: PreparedRows; readonly validation: PreparedRows | null };
  readonly probe: EngineProbe | null;
  readonly end: EngineProcessEnd;
}

/** The adapter in both forms, the course as a picture, and the summary, which is written last. */
async function bringBack(options: EngineTrainingOptions, ended: Ended): Promise<TrainingSummary> {
  const { out, engine, onNotice } = options;
  const { model, plan, probe } = ended;
  const paths = runPaths(out);
  // LLaMA-Factory leaves the adapter among its checkpoints, TRL's entry where it belongs.
  if (engine === "llamafactory") {
    await rm(paths.adapter, { recursive: true, force: true });
    await mkdir(paths.adapter, { recursive: true });
    for (const name of ["adapter_config.json", "adapter_model.safetensors"])
      await cp(join(paths.checkpoints, name), join(paths.adapter, name)).catch(() => {
        throw new InputError(`${paths.checkpoints}: the engine ended well, but left no ${name}; see ${join(out, LOG)}`);
      });
  }
  const adapter = await readPeftAdapter(paths.adapter);
  let gguf: string | null = basename(paths.gguf);
  try {
    await writeGgufAdapter(paths.gguf, adapter, configArchitecture(model.config, model.folder));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    onNotice(`no adapter.gguf: ${error.message}`);
    gguf = null;
  }
  const records = await readTrainingRecords(paths.metrics);
  if (records.length > 0) await writeWhole(paths.chart, `${await trainingSvg(records)}\n`);
  const course = courseOf(records);
  const summary: TrainingSummary = {
    settings: ended.settings,
    model: { name: model.name, identity: model.identity },
    dataset: {
      train: rowsSummary(ended.data.train),
      validation: ended.data.validation && rowsSummary(ended.data.validation),
    },
    steps: plan.steps.value,
    validation: course.validation,
    training: course.training,
    adapter: {
      peft: basename(paths.adapter),
      gguf,
      step: ended.settings.keep === "best" ? (course.validation?.best.step ?? plan.steps.value) : plan.steps.value,
      parameters: [...adapter.lora.pairs.values()].reduce((sum, { A, B }) => sum + A.length + B.length, 0),
    },
    seconds: course.seconds,
    tokens: course.tokens,
    versions: { "rpo-kit": packageVersion(), node: process.versions.node, ...versionsOf(probe) },
    engine: { name: engine, processes: plan.perNode * plan.nodes },
  };
  await writeWhole(paths.summary, `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

const versionsOf = (probe: EngineProbe | null): Record<string, string> =>
  Object.fromEntries(
    Object.entries(probe ?? {}).flatMap(([name, version]) => (version === null ? [] : [[name, version]])),
  );

const rowsSummary = ({ file, counts, sha256 }: PreparedRows): RowsSummary => ({
  file,
  rows: counts.used,
  sha256,
  counts,
});

/** The interpreter, and what its environment holds; only a name, and null, where nothing is started and there is none. */
async function environmentFor(
  { engine, engineSettings, env }: EngineTrainingOptions,
  isHere: boolean,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly python: string; readonly probe: EngineProbe | null }> {
  const asked = engineSettings.python === undefined ? undefined : interpreterPath(engineSettings.python);
  try {
    const python = asked ?? (await installedPython(engine, { env }));
    return { python, probe: await probeEngine(python, variables) };
  } catch (error) {
    if (isHere || !(error instanceof InputError)) throw error;
    return { python: asked ?? "python3", probe: null };
  }
}

/** A name is looked for on PATH; a path must mean the same in the engine's folder. */
const interpreterPath = (given: string): string => (given.includes("/") ? resolve(given) : given);

function visibleGpus(device: "cuda" | "cpu", gpus: readonly number[] | null): Record<string, string> {
  if (device === "cpu") return { CUDA_VISIBLE_DEVICES: "" };
  return { PYTORCH_CUDA_ALLOC_CONF: "expandable_segments:True", ...(gpus !== null && gpuEnvironment(gpus)) };
}

function startCommand(launcher: string, nodes: number): string {
  if (launcher === "slurm") return `sbatch ${ENGINE_FILES.slurm}`;
  if (launcher === "kubernetes") return `kubectl apply -f ${ENGINE_FILES.kubernetes}`;
  return nodes > 1
    ? `NODE_RANK=0 MASTER_ADDR=<machine 0> ./${ENGINE_FILES.shell}, on each of ${nodes} machines with its own NODE_RANK`
    : `./${ENGINE_FILES.shell}`;
}

/** Makes the folder ready. @throws InputError for one that holds files of these names which no training on an engine left */
async function prepareFolder(out: string, fresh: boolean): Promise<void> {
  const there = new Set(await readdir(out));
  if (there.has(ENGINE_FOLDER) && existsSync(join(out, ENGINE_FOLDER, "run.json"))) {
    if (!fresh) return;
    for (const name of [...LEFT, ...OF_ENGINES]) await rm(join(out, name), { recursive: true, force: true });
    await rm(join(out, ENGINE_FOLDER), { recursive: true, force: true });
    return;
  }
  const alien = [...LEFT, "run.json", ENGINE_FOLDER].find((name) => there.has(name));
  if (alien !== undefined)
    throw new InputError(`${out}: holds ${alien}, but no training on an engine; give --out another folder`);
}

/** The chat template of a folder, as text; null where there is none. */
function chatTemplateOf(folder: string): string | null {
  for (const name of ["chat_template.jinja", "tokenizer_config.json"]) {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      // The next one has it.
    }
  }
  return null;
}

async function finishedSummary(path: string): Promise<TrainingSummary | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as TrainingSummary); // ours: the record beside it was found
}

const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version;
