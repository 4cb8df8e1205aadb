// What `rpo train` is told beyond a training's own settings (train/train-settings.ts) when a PyTorch engine trains: which one, on
// which graphics processors of how many machines, and how the work is spread. Ignores what is trained.
import { z } from "zod";
import { memoryBytes, trainSettings } from "../train/train-settings.ts";
import { ENGINE_NAMES } from "./engine-name.ts";
import { PRESET_NAMES } from "./presets.ts";

export const ENGINES = ["embedded", ...ENGINE_NAMES] as const;

/** Who starts the processes: this command, or a person or scheduler that is given a script. */
export const LAUNCHERS = ["local", "torchrun", "slurm", "kubernetes"] as const;
export type Launcher = (typeof LAUNCHERS)[number];

/** How weights, gradients and the optimizer's numbers lie over the processes. */
export const SHARDINGS = ["auto", "none", "zero2", "zero3", "zero3-offload", "fsdp"] as const;
export type Sharding = Exclude<(typeof SHARDINGS)[number], "auto">;

export const ATTENTIONS = ["auto", "fa2", "sdpa"] as const;
export type Attention = Exclude<(typeof ATTENTIONS)[number], "auto">;

const count = z.int().min(1);
const filled = z.string().regex(/\S/, "must not be blank");

export const engineSettings = z.strictObject({
  engine: z
    .enum(ENGINES)
    .default("embedded")
    .describe("What trains: this program, or TRL or LLaMA-Factory with PyTorch."),
  preset: z
    .enum(PRESET_NAMES)
    .exactOptional()
    .describe("Settings of one of the paper's runs; others come before them."),
  gpus: z
    .union([z.literal("auto"), z.array(z.int().min(0)).min(1)])
    .default("auto")
    .describe("Graphics processors as nvidia-smi numbers them, or auto for all that are free. trl, llamafactory."),
  gpusPerNode: count
    .exactOptional()
    .describe("Processes of a machine; one for each of its graphics processors by default. trl, llamafactory."),
  gpuMemory: trainSettings.shape.memory.describe(
    "Memory of one graphics processor, where nvidia-smi can't be asked. trl, llamafactory.",
  ),
  nodes: count.default(1).describe("Machines that train together. trl, llamafactory."),
  launcher: z
    .enum(LAUNCHERS)
    .default("local")
    .describe("Who starts the processes: this command, or a script for torchrun, SLURM or Kubernetes."),
  image: filled.exactOptional().describe("Container image with the engine, for the launcher kubernetes."),
  sharding: z
    .enum(SHARDINGS)
    .default("auto")
    .describe("How the model lies over the processes: DeepSpeed's ZeRO, FSDP, or whole. trl, llamafactory."),
  attention: z
    .enum(ATTENTIONS)
    .default("auto")
    .describe("fa2 is flash-attention, used where it is installed; sdpa is PyTorch's. trl, llamafactory."),
  python: filled
    .exactOptional()
    .describe("Interpreter of the engine's environment; that of rpo engines install by default."),
});

export type EngineSettings = z.output<typeof engineSettings>;
export type EngineSettingsInput = z.input<typeof engineSettings>;

/** An amount such as "80GB" in bytes; null where there is none. */
export const amountOrNull = (text: string | undefined): number | null =>
  text === undefined ? null : memoryBytes(text);
