// The paper's runs as settings: four models by RPO and by its baselines. Every figure is of the public reference code's
// conf/*.yaml where nothing else is said (its conf/ and LLaMA-Factory/examples/rpo_conf/ agree); what it leaves out is
// LLaMA-Factory's default, which then decided the run. It has no configuration of the baselines: they have their model's own
// here, as the paper trains all on the same dialogues, with the batch that a comment of the code names. Pure data.
//
// Learning rate: 5e-4 in all of its configurations; the script that generated them also lists 1e-5, which is not used there.
// γ: 0.05 outside β in the paper; the code computes β(Δ − 0.05 g), so 0.005. The presets take the paper's; --reference-compat
// takes the code's, and comes before it.
import type { Method } from "../preference/training-row.ts";
import type { TrainSettingsInput } from "../train/train-settings.ts";

interface PaperModel {
  /** On the Hugging Face hub. */
  readonly hub: string;
  /** `cutoff_len`. */
  readonly cutoff: number;
  /** `per_device_train_batch_size`. */
  readonly perDevice: number;
  /** Processes of the run: the generating script has 8, and 4 for Qwen-2.5-7B. */
  readonly gpus: number;
}

export const PAPER_MODELS = {
  "llama-3.1-8b": { hub: "meta-llama/Llama-3.1-8B-Instruct", cutoff: 4096, perDevice: 2, gpus: 8 },
  "llama-3.1-70b": { hub: "meta-llama/Llama-3.1-70B-Instruct", cutoff: 4096, perDevice: 1, gpus: 8 },
  "qwen-2.5-7b": { hub: "Qwen/Qwen2.5-7B-Instruct", cutoff: 2048, perDevice: 4, gpus: 4 },
  "qwen-2.5-72b": { hub: "Qwen/Qwen2.5-72B-Instruct", cutoff: 2048, perDevice: 2, gpus: 8 },
} as const satisfies Readonly<Record<string, PaperModel>>;

type ModelName = keyof typeof PAPER_MODELS;
export type PresetName = `${ModelName}-${Method}`;

/** `gradient_accumulation_steps` of every configuration. */
const ACCUMULATION = 64;

/** Of one process in the baselines, where a comment of the generating script has another than the configuration: KTO's rows are
 * single completions, half a pair. */
const KTO_PER_DEVICE = 2;

/** The settings of a preset, as `rpo train` takes them. */
export interface Preset {
  readonly engine: "llamafactory";
  readonly model: string;
  readonly settings: TrainSettingsInput;
  /** Of one process, in place of what memory would allow. */
  readonly perDevice: number;
  readonly sharding: "zero3-offload";
  /** Processes that the paper's run had, by which its rows of a step come about. */
  readonly gpus: number;
  /** Where the figures are from, a line each, for people. */
  readonly sources: readonly string[];
}

const METHODS_OF_PAPER = ["rpo", "dpo", "kto", "sft"] as const satisfies readonly Method[];

export const PRESET_NAMES = (Object.keys(PAPER_MODELS) as ModelName[]).flatMap((model) =>
  METHODS_OF_PAPER.map((method): PresetName => `${model}-${method}`),
) as [PresetName, ...PresetName[]];

/** A preset by its name. */
export function preset(name: PresetName): Preset {
  const method = METHODS_OF_PAPER.find((known) => name.endsWith(`-${known}`)) ?? "rpo";
  const model: PaperModel = PAPER_MODELS[name.slice(0, -method.length - 1) as ModelName];
  const perDevice = method === "kto" ? KTO_PER_DEVICE * model.perDevice : model.perDevice;
  return {
    engine: "llamafactory",
    model: model.hub,
    perDevice,
    sharding: "zero3-offload",
    gpus: model.gpus,
    settings: {
      method,
      ...(method !== "sft" && { beta: 0.1 }),
      ...(method === "rpo" && { gamma: 0.05 }),
      rank: 8,
      alpha: 16,
      dropout: 0,
      learningRate: 5e-4,
      schedule: "cosine",
      warmup: 0.1,
      epochs: 3,
      batch: perDevice * ACCUMULATION * model.gpus,
      maxLength: model.cutoff,
      saveEvery: 5,
      evalEvery: 5,
      seed: 42,
    },
    sources: [
      `paper: β 0.1${method === "rpo" ? ", γ 0.05 outside β" : ""}, LoRA on all linear layers, 3 epochs, cosine, warm-up 0.1, bf16`,
      method === "rpo"
        ? "reference code (conf/*.yaml): learning rate 5e-4 (the script beside it also lists 1e-5), length, batch, saving, ZeRO-3 with offload, flash-attention 2"
        : "reference code: has no configuration of this baseline; its model's RPO configuration with another objective",
      ...(method === "kto"
        ? [
            "reference code, comment of generate_conf_file.py: 8 rows of 2,048 tokens a process for KTO of a 7B model, twice RPO's",
          ]
        : []),
      "LLaMA-Factory's defaults, which the configurations leave: rank 8, alpha 16, dropout 0, seed 42",
    ],
  };
}

/** A preset's settings under those that were asked for; one that excludes an asked one goes. */
export function withPreset({ settings }: Preset, asked: TrainSettingsInput): TrainSettingsInput {
  const beneath: TrainSettingsInput = { ...settings };
  if (asked.steps !== undefined) delete beneath.epochs;
  if (asked.referenceCompat === true || asked.method !== settings.method) delete beneath.gamma;
  if (asked.method === "sft") delete beneath.beta;
  return { ...beneath, ...asked };
}

/** The presets for people, a line each. */
export function presetList(): string {
  const width = Math.max(...PRESET_NAMES.map((name) => name.length));
  return PRESET_NAMES.map((name) => {
    const { model, settings, perDevice, gpus } = preset(name);
    const { learningRate, maxLength, batch } = settings;
    return `${name.padEnd(width)}  ${model}, ${maxLength} tokens, ${perDevice} × ${ACCUMULATION} × ${gpus} GPUs = ${batch} rows a step, learning rate ${learningRate}\n`;
  }).join("");
}
