// The configuration of rpo_engines.trl (engines/src/rpo_engines/trl/settings.py), and that of accelerate for whoever starts it by
// `accelerate launch`. Pure. What is decided, and why, is training-plan.ts's.
import { TARGETS } from "../train/train-settings.ts";
import { type CommentedSection, commentedYaml } from "./commented-yaml.ts";
import { deepspeedConfig } from "./deepspeed-config.ts";
import { ENGINE_FILES, type EngineFile } from "./engine-file.ts";
import { type EngineFilesInput, FSDP_CONFIG } from "./llamafactory-files.ts";
import type { TrainingPlan } from "./training-plan.ts";

export interface TrlFilesInput extends Omit<EngineFilesInput, "template"> {
  /** Absolute. */
  readonly dataset: string;
}

/** rpo_engines.trl's name of an attention. */
const ATTENTION = { fa2: "flash_attention_2", sdpa: "sdpa", eager: "eager" } as const;

/** train.yaml and accelerate.yaml. */
export function trlFiles(input: TrlFilesInput): EngineFile[] {
  const { plan } = input;
  const head = [
    `Trains ${plan.method} with TRL. Written by rpo train, to be read and changed: a changed file is kept as it is.`,
    "Each setting with its reason; paths are relative to this folder.",
    ...input.sources.map((source) => `Preset: ${source}`),
  ];
  return [
    {
      path: ENGINE_FILES.train,
      text: commentedYaml(head, [
        dataSection(input),
        methodSection(input),
        adapterSection(input),
        stepsSection(input),
        computingSection(input),
      ]),
    },
    { path: ENGINE_FILES.accelerate, text: accelerateYaml(plan) },
  ];
}

const dataSection = ({ model, dataset, plan, settings }: TrlFilesInput): CommentedSection => ({
  title: "what is trained on what",
  settings: [
    ["model", model, "what the adapter is for"],
    ["dataset", dataset, "has train.jsonl and, if there are any, validation.jsonl"],
    ["out", "..", "the run directory: adapter, metrics.jsonl, checkpoints"],
    ["max_length", plan.cutoff.value, plan.cutoff.why],
    [
      "order",
      settings.order,
      settings.order === "file" ? "as asked: the rows as they stand" : "couples stay side by side",
    ],
    ["skip_bad", settings.skipBad, settings.skipBad ? "as asked: bad rows are counted" : "a bad row ends the training"],
  ],
});

const methodSection = ({ plan, settings }: TrlFilesInput): CommentedSection => ({
  title: "method",
  settings: [
    ["method", plan.method, plan.method === "rpo" ? "DPO whose reference is raised by γg/β" : "margins are ignored"],
    ["beta", plan.beta, "β: how strongly the adapter is held to the model"],
    ["gamma", plan.method === "rpo" ? plan.gamma : null, "γ, outside β: −log σ(βΔ − γg)"],
    [
      "nll",
      settings.nll > 0 ? settings.nll : null,
      "weight of the chosen response's likelihood, a mean over its tokens",
    ],
    [
      "label_smoothing",
      settings.labelSmoothing > 0 ? settings.labelSmoothing : null,
      "share of pairs taken to be reversed",
    ],
    ["precompute_reference", true, "the model's own log-probabilities once, before the first step, without γ"],
  ],
});

const adapterSection = ({ settings }: TrlFilesInput): CommentedSection => ({
  title: "adapter",
  settings: [
    ["rank", settings.rank, "of the adapter"],
    ["alpha", settings.alpha, `its product is scaled by ${settings.alpha} / ${settings.rank}`],
    ["dropout", settings.dropout, "share of the adapter's inputs that is dropped"],
    [
      "targets",
      [...settings.targets],
      settings.targets.length === TARGETS.length ? "all linear layers, as in the paper" : "as asked",
    ],
    [
      "keep",
      settings.keep,
      settings.keep === "best" ? "the adapter of the smallest validation loss" : "that of the last step",
    ],
  ],
});

const stepsSection = ({ plan, settings }: TrlFilesInput): CommentedSection => ({
  title: "steps",
  settings: [
    ["device_batch", plan.perDevice.value, plan.perDevice.why],
    ["batch", plan.effective, plan.accumulation.why],
    ["epochs", plan.epochs?.value ?? null, plan.epochs?.why ?? ""],
    ["steps", plan.epochs === null ? plan.steps.value : null, plan.steps.why],
    ["learning_rate", settings.learningRate, "the largest, reached after the warm-up"],
    ["schedule", settings.schedule, "how it goes on after the warm-up"],
    ["warmup", plan.warmupSteps.value < 1 ? 0 : plan.warmupSteps.value, plan.warmupSteps.why],
    ["weight_decay", settings.weightDecay, "of AdamW"],
    ["max_gradient_norm", settings.maxGradientNorm, "longer gradients are scaled down to it"],
    ["seed", settings.seed, "of the adapter, the order and the dropout"],
    ["save_every", plan.saving.value, plan.saving.why],
    ["eval_every", plan.evaluation?.value ?? null, plan.evaluation?.why ?? ""],
  ],
});

function computingSection({ plan }: TrlFilesInput): CommentedSection {
  const { sharding } = plan;
  const hasDeepspeed = deepspeedConfig(sharding.value) !== null;
  const isCpu = plan.device === "cpu";
  return {
    title: "computing",
    settings: [
      ["precision", plan.bf16.value ? "bf16" : "fp32", plan.bf16.why],
      ["attention", ATTENTION[plan.attention.value], plan.attention.why],
      [
        "gradient_checkpointing",
        !isCpu,
        isCpu ? "small models need no memory saved" : "activations are computed again, not kept",
      ],
      ["cpu", isCpu ? true : null, "as asked"],
      ["deepspeed", hasDeepspeed ? ENGINE_FILES.deepspeed : null, `${sharding.value}: ${sharding.why}`],
      [
        "trainer",
        sharding.value === "fsdp" ? { fsdp: "full_shard auto_wrap", fsdp_config: FSDP_CONFIG } : null,
        `PyTorch's FSDP, as transformers names it: ${sharding.why}`,
      ],
    ],
  };
}

/** Of `accelerate launch`: processes and machines; how the model is spread stands in train.yaml, which would come before it. */
function accelerateYaml({ device, perNode, nodes, bf16 }: TrainingPlan): string {
  const processes = perNode * nodes;
  const isCpu = device === "cpu";
  const kind = processes === 1 ? "NO" : isCpu ? "MULTI_CPU" : "MULTI_GPU";
  return commentedYaml(
    [
      "For `accelerate launch --config_file accelerate.yaml -m rpo_engines.trl train.yaml`, in place of run.sh's torchrun.",
      "How the model is spread (DeepSpeed, FSDP) stands in train.yaml.",
    ],
    [
      {
        title: "machines",
        settings: [
          ["compute_environment", "LOCAL_MACHINE", "no cloud's service"],
          ["distributed_type", kind, `${processes} ${processes === 1 ? "process" : "processes"}`],
          ["num_machines", nodes, "machines that train together"],
          ["num_processes", processes, "over all machines, one for each graphics processor"],
          ["machine_rank", 0, "of this machine: 0 is the one that the others ask; --machine_rank on the others"],
          ["main_process_ip", nodes > 1 ? "MASTER_ADDR" : null, "address of machine 0: put it in"],
          ["main_process_port", nodes > 1 ? 29500 : null, "a port of machine 0 that is free"],
          ["use_cpu", isCpu, isCpu ? "as asked" : "graphics processors"],
          ["mixed_precision", bf16.value ? "bf16" : "no", bf16.why],
        ],
      },
    ],
  );
}
