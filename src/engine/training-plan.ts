// What a training on a PyTorch engine will be, number by number, each with its reason: length, rows at once and accumulated,
// steps, when it logs, saves and looks at the validation rows, how the model lies over the processes. Follows spec/method.md
// ("Training setting", and step 10). Pure: the files (llamafactory-files.ts, trl-files.ts) only write down what is decided here.
import { InputError } from "../dataset/input-error.ts";
import { counted } from "../preference/counted.ts";
import type { Method } from "../preference/training-row.ts";
import { warmupStepsOf } from "../train/schedule.ts";
import { DEFAULT_EPOCHS, objectiveOf, type TrainSettings } from "../train/train-settings.ts";
import { CUTOFF_PERCENTILE, ruleBatch } from "./cutoff.ts";
import { ENGINE_TITLES, type EngineName } from "./engine-name.ts";
import type { Attention, EngineSettings, Sharding } from "./engine-settings.ts";
import { bytesPerToken, fits, leftForActivations, SEQUENCES_OF_A_PAIR } from "./memory-need.ts";
import type { ModelFacts } from "./model-facts.ts";

/** A decision with its reason, in words for the person who reads the file. */
export interface Decided<T> {
  readonly value: T;
  readonly why: string;
}

/** Where it will run. */
export interface Hardware {
  readonly device: "cuda" | "cpu";
  /** Processes of one machine. */
  readonly perNode: number;
  readonly nodes: number;
  /** Bytes of the smallest graphics processor; null where it isn't known. */
  readonly bytes: number | null;
  /** Packages of the engine's environment; null where it can't be asked (it is on another machine). */
  readonly packages: { readonly deepspeed: boolean; readonly flashAttention: boolean } | null;
}

export interface PlanInput {
  readonly engine: EngineName;
  /** Checked, defaults filled in. */
  readonly settings: TrainSettings;
  readonly engineSettings: EngineSettings;
  /** Names of settings that were asked for: the others may be chosen. */
  readonly asked: ReadonlySet<string>;
  /** Rows of one process that a preset asks for, in place of what memory would allow. */
  readonly presetPerDevice: number | null;
  readonly model: ModelFacts;
  readonly rows: { readonly train: number; readonly validation: number };
  /** The 95th percentile of the rows' lengths, and what was made of it; null where the length was asked for. */
  readonly percentile: number | null;
  readonly cutoff: number;
  readonly hardware: Hardware;
}

export interface TrainingPlan {
  readonly engine: EngineName;
  readonly method: Method;
  readonly beta: number;
  /** Outside β. */
  readonly gamma: number;
  readonly device: Hardware["device"];
  readonly perNode: number;
  readonly nodes: number;
  readonly cutoff: Decided<number>;
  readonly perDevice: Decided<number>;
  readonly accumulation: Decided<number>;
  /** Rows of a step over all processes. */
  readonly effective: number;
  readonly epochs: Decided<number> | null;
  /** Updates of the whole training. */
  readonly steps: Decided<number>;
  readonly warmupSteps: Decided<number>;
  readonly logging: Decided<number>;
  readonly saving: Decided<number>;
  /** Null without validation rows. */
  readonly evaluation: Decided<number> | null;
  readonly sharding: Decided<Sharding>;
  readonly attention: Decided<Attention | "eager">;
  readonly bf16: Decided<boolean>;
  /** What a person should be told. */
  readonly notices: readonly string[];
}

/** Rows of a process and step: the method's 2 × 64. */
const EFFECTIVE_PER_PROCESS = 128;
/** Fewest steps of an epoch: with fewer a schedule has no shape, so a small data set gets smaller steps. */
const FEWEST_STEPS_PER_EPOCH = 8;
/** 1 % of the steps. */
const LOGS = 100;
/** Logs between checkpoints. */
const LOGS_PER_SAVE = 5;
/** Settings of the embedded engine that no PyTorch engine has. */
const EMBEDDED_ONLY = ["memory", "threads"] as const;

/** @throws InputError for settings that the engine can't keep */
export function trainingPlan(input: PlanInput): TrainingPlan {
  const { engine, settings, asked, rows, hardware, model } = input;
  refuseForeign(input);
  if (rows.train === 0) throw new InputError("no rows are left to train on");
  const notices: string[] = [];
  const world = hardware.perNode * hardware.nodes;
  const processes = counted(world, "process").replace(/processs$/, "processes");
  const sharding = chosenSharding(input, world);
  const memoryBatch = batchByMemory(input, sharding.value, world);
  const target = effectiveTarget(input, world);
  const perDevice = spread(perDeviceOf(input, memoryBatch), target.value, world);
  const accumulation = Math.max(1, Math.round(target.value / (perDevice.value * world)));
  const effective = perDevice.value * world * accumulation;
  if (asked.has("batch") && effective !== settings.batch)
    notices.push(
      `--batch ${settings.batch} is no multiple of ${perDevice.value} × ${world}: a step has ${effective} rows`,
    );
  const perEpoch = Math.ceil(Math.ceil(rows.train / (perDevice.value * world)) / accumulation);
  const epochs = settings.epochs ?? DEFAULT_EPOCHS;
  const steps = settings.steps ?? epochs * perEpoch;
  const logging = Math.max(1, Math.floor(steps / LOGS));
  const saving = asked.has("saveEvery") ? settings.saveEvery : logging * LOGS_PER_SAVE;
  const warmup = settings.warmup < 1 ? { share: settings.warmup } : { steps: settings.warmup };
  const { gamma, beta } = objectiveOf(settings);
  return {
    engine,
    method: settings.method,
    beta,
    gamma,
    device: hardware.device,
    perNode: hardware.perNode,
    nodes: hardware.nodes,
    cutoff: cutoffReason(input),
    perDevice,
    accumulation: {
      value: accumulation,
      why: `× ${perDevice.value} rows × ${processes} = ${effective} rows a step; ${target.why}`,
    },
    effective,
    epochs:
      settings.steps !== undefined
        ? null
        : { value: epochs, why: asked.has("epochs") ? "as asked" : "as in the paper" },
    steps: {
      value: steps,
      why: settings.steps !== undefined ? "as asked" : `${perEpoch} an epoch, for ${rows.train} rows`,
    },
    warmupSteps: {
      value: warmupStepsOf(warmup, steps),
      why: "share" in warmup ? `${percent(warmup.share)} of the ${steps} steps` : "as asked",
    },
    logging: { value: logging, why: `1 % of the ${steps} steps, at least one` },
    saving: asked.has("saveEvery")
      ? { value: saving, why: "as asked" }
      : { value: saving, why: `every ${LOGS_PER_SAVE} logs` },
    evaluation: evaluationOf(input, saving),
    sharding,
    attention: attentionOf(input),
    bf16:
      hardware.device === "cuda"
        ? { value: true, why: "as in the paper; fp32 stays for the optimizer and the loss" }
        : { value: false, why: "the CPU computes in fp32" },
    notices: [...notices, ...memoryNotices(input, sharding.value, world, memoryBatch, model)],
  };
}

/** So many rows at once as divide a step's evenly over the processes, as far as they can be. */
function spread(most: Decided<number>, target: number, world: number): Decided<number> {
  const share = Math.floor(target / world);
  if (target % world !== 0 || share === 0) return { value: Math.max(1, Math.min(most.value, share)), why: most.why };
  let value = Math.min(most.value, share);
  while (share % value !== 0) value -= 1;
  return value === most.value ? most : { value, why: `as many as divide the ${target} rows of a step evenly` };
}

/** @throws InputError for settings that an engine can't keep: to be asked before anything is read */
export function refuseForeign({ engine, settings, asked }: Pick<PlanInput, "engine" | "settings" | "asked">): void {
  const name = ENGINE_TITLES[engine];
  const { method } = settings;
  for (const setting of EMBEDDED_ONLY)
    if (asked.has(setting)) throw new InputError(`--${setting}: is for --engine embedded, not for ${engine}`);
  if (settings.device === "webgpu")
    throw new InputError(
      `--device webgpu: is for --engine embedded; ${name} has cpu, and graphics processors without it`,
    );
  if (engine === "trl" && (method === "kto" || method === "sft"))
    throw new InputError(
      `--method ${method}: TRL trains rpo and dpo here${method === "kto" ? " (its own KTO takes another z₀)" : ""}; take --engine llamafactory, or embedded`,
    );
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function cutoffReason({ cutoff, percentile, asked, model }: PlanInput): Decided<number> {
  if (percentile === null) return { value: cutoff, why: asked.has("maxLength") ? "as asked" : "the model's context" };
  const limit = model.contextLength === cutoff ? ", as far as the model's context goes" : "";
  const of = percent(CUTOFF_PERCENTILE);
  return {
    value: cutoff,
    why: `${of} of the rows have up to ${percentile} tokens; longer ones have lost their oldest messages${limit}`,
  };
}

function effectiveTarget({ settings, asked, rows, hardware }: PlanInput, world: number): Decided<number> {
  if (asked.has("batch")) return { value: settings.batch, why: "as asked" };
  if (hardware.device === "cpu") return { value: settings.batch, why: "small, as everything that is trained on a CPU" };
  const paper = EFFECTIVE_PER_PROCESS * world;
  const most = Math.max(1, Math.floor(rows.train / FEWEST_STEPS_PER_EPOCH / world)) * world;
  if (paper <= most) return { value: paper, why: "the paper's 2 × 64 for each process" };
  return {
    value: most,
    why: `the paper's ${paper} would leave ${rows.train} rows fewer than ${FEWEST_STEPS_PER_EPOCH} steps an epoch`,
  };
}

interface MemoryBatch {
  /** Rows that fit; null where it can't be told. */
  readonly rows: number | null;
}

function batchByMemory(
  { hardware, model, cutoff, settings }: PlanInput,
  sharding: Sharding,
  processes: number,
): MemoryBatch {
  if (hardware.bytes === null) return { rows: null };
  const left = leftForActivations(model, sharding, { processes, bytes: hardware.bytes });
  const token = bytesPerToken(model);
  if (left === null || token === null) return { rows: null };
  const sequences = settings.method === "rpo" || settings.method === "dpo" ? SEQUENCES_OF_A_PAIR : 1;
  return { rows: Math.floor(left / (token * sequences * cutoff)) };
}

function perDeviceOf({ presetPerDevice, cutoff, model, hardware }: PlanInput, { rows }: MemoryBatch): Decided<number> {
  if (presetPerDevice !== null) return { value: presetPerDevice, why: "as the preset's run had" };
  const rule = ruleBatch(cutoff, model.parameters);
  const why = `8192 / ${cutoff} tokens${rule * cutoff < 8192 ? ", half for a model of its size" : ""}`;
  if (rows === null || hardware.device === "cpu" || rows >= rule) return { value: rule, why };
  const power = 2 ** Math.floor(Math.log2(Math.max(1, rows)));
  return {
    value: power,
    why: `what ${gigabytes(hardware.bytes)} of memory are estimated to hold; ${why} would be ${rule}`,
  };
}

const gigabytes = (bytes: number | null): string => (bytes === null ? "its memory" : `${Math.round(bytes / 1e9)} GB`);

function memoryNotices(
  { hardware, cutoff }: PlanInput,
  sharding: Sharding,
  _world: number,
  { rows }: MemoryBatch,
  { parameters }: ModelFacts,
): string[] {
  if (hardware.device === "cpu" || rows === null || rows >= 1 || parameters === null) return [];
  return [
    `one row of ${cutoff} tokens is estimated not to fit ${gigabytes(hardware.bytes)} with sharding ${sharding}: ` +
      "a smaller --max-length, more graphics processors or --sharding zero3-offload make room",
  ];
}

function chosenSharding(input: PlanInput, processes: number): Decided<Sharding> {
  const { engineSettings, hardware, model } = input;
  if (engineSettings.sharding !== "auto") {
    const needsDeepspeed = engineSettings.sharding.startsWith("zero");
    if (needsDeepspeed && hardware.device === "cpu")
      throw new InputError(`--sharding ${engineSettings.sharding}: DeepSpeed needs a graphics processor; leave it out`);
    if (needsDeepspeed && hardware.packages?.deepspeed === false)
      throw new InputError(
        `--sharding ${engineSettings.sharding}: DeepSpeed is not in the engine's environment; install it there ` +
          "(pip install deepspeed), or take --sharding fsdp, which PyTorch has",
      );
    return { value: engineSettings.sharding, why: "as asked" };
  }
  if (hardware.device === "cpu") return { value: "none", why: "a model that is trained on a CPU is small" };
  const has = (sharding: Sharding): boolean =>
    !sharding.startsWith("zero") || hardware.packages === null || hardware.packages.deepspeed;
  const { bytes } = hardware;
  const size =
    model.parameters === null ? "a model of unknown size" : `${(model.parameters / 1e9).toFixed(1)} billion weights`;
  if (bytes === null || model.parameters === null) {
    if (processes === 1) return { value: "none", why: "one process, and no sizes to choose by" };
    const value = has("zero3") ? "zero3" : "fsdp";
    return { value, why: "no sizes to choose by; what spreads the weights needs least memory" };
  }
  const roomIn = (sharding: Sharding): boolean =>
    fits(leftForActivations(model, sharding, { processes, bytes }) ?? 0, bytes);
  const where = `${gigabytes(bytes)} × ${processes}`;
  if (roomIn("none")) {
    if (processes === 1) return { value: "none", why: `${size} fit ${where} whole` };
    return has("zero2")
      ? { value: "zero2", why: `${size} fit each of ${where} whole; gradients and the optimizer's numbers are spread` }
      : {
          value: "none",
          why: `${size} fit each of ${where} whole; DeepSpeed, which would spread the rest, is not installed`,
        };
  }
  if (processes > 1 && roomIn("zero3"))
    return has("zero3")
      ? { value: "zero3", why: `${size} fit ${where} only when they are spread` }
      : {
          value: "fsdp",
          why: `${size} fit ${where} only when they are spread; DeepSpeed is not installed, PyTorch's FSDP is`,
        };
  if (!has("zero3-offload"))
    throw new InputError(
      `${size} don't fit ${where}, even spread; DeepSpeed, which can hold them in the machine's memory, is not installed: ` +
        "pip install deepspeed in the engine's environment, or use more graphics processors",
    );
  return { value: "zero3-offload", why: `${size} don't fit ${where}, even spread: they wait in the machine's memory` };
}

function attentionOf({ engineSettings, hardware }: PlanInput): Decided<Attention | "eager"> {
  const { attention } = engineSettings;
  if (attention === "fa2" && hardware.device === "cpu")
    throw new InputError("--attention fa2: flash-attention needs a graphics processor; leave it out");
  if (attention === "fa2" && hardware.packages?.flashAttention === false)
    throw new InputError(
      "--attention fa2: flash-attn is not in the engine's environment; install it there (pip install flash-attn), or leave it out",
    );
  if (attention !== "auto") return { value: attention, why: "as asked" };
  if (hardware.device === "cpu")
    return { value: "sdpa", why: "PyTorch's own; flash-attention needs a graphics processor" };
  if (hardware.packages?.flashAttention === false)
    return { value: "sdpa", why: "PyTorch's own; flash-attn, as in the paper, is not installed" };
  return { value: "fa2", why: "as in the paper" };
}

function evaluationOf({ settings, asked, rows }: PlanInput, saving: number): Decided<number> | null {
  if (rows.validation === 0) return null;
  if (settings.evalEvery !== undefined && asked.has("evalEvery")) return { value: settings.evalEvery, why: "as asked" };
  return { value: saving, why: "with every checkpoint" };
}
