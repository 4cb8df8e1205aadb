// LLaMA-Factory's configuration of a training (0.9.5): train.yaml for rpo_engines.llamafactory, which takes its own keys (rpo_…)
// out and hands the rest on, and merge.yaml for `llamafactory-cli export`. Pure. What is decided, and why, is training-plan.ts's.
import type { Method } from "../preference/training-row.ts";
import { TARGETS, type TrainSettings } from "../train/train-settings.ts";
import { type CommentedSection, commentedYaml } from "./commented-yaml.ts";
import { deepspeedConfig } from "./deepspeed-config.ts";
import { ENGINE_FILES, type EngineFile, RESULTS } from "./engine-file.ts";
import type { TrainingPlan } from "./training-plan.ts";

export interface EngineFilesInput {
  readonly plan: TrainingPlan;
  /** Checked, defaults filled in. */
  readonly settings: TrainSettings;
  /** A name of the hub, or an absolute path. */
  readonly model: string;
  /** Of LLaMA-Factory; null where it reads the model's own. */
  readonly template: string | null;
  /** Where a preset's figures are from. */
  readonly sources: readonly string[];
}

/** `stage` of a method: RPO is DPO with a raised reference. */
const STAGE: Readonly<Record<Method, string>> = { rpo: "dpo", dpo: "dpo", kto: "kto", sft: "sft" };

/** Entry of dataset_info.json (dataset/export/llamafactory.ts): RPO's keeps its margins. */
const datasetName = (method: Method): string => (method === "rpo" ? "rpo_margin" : method);

/** A hundred years and more: slow ranks are no dead ones, and what dies is told by torchrun. As in the paper's runs. */
const DDP_TIMEOUT_SECONDS = 180_000_000;
/** Checkpoints kept, beside the best one: an adapter's are small, but there are many. */
export const KEPT_CHECKPOINTS = 3;

/** train.yaml and merge.yaml. */
export function llamafactoryFiles(input: EngineFilesInput): EngineFile[] {
  const { model, template, plan } = input;
  const { method, sharding } = plan;
  const deepspeed = deepspeedConfig(sharding.value) === null ? null : ENGINE_FILES.deepspeed;
  const head = [
    `Trains ${method} with LLaMA-Factory. Written by rpo train, to be read and changed: a changed file is kept as it is.`,
    "Each setting with its reason; paths are relative to this folder.",
    ...input.sources.map((source) => `Preset: ${source}`),
  ];
  return [
    {
      path: ENGINE_FILES.train,
      text: commentedYaml(head, [
        modelSection(input),
        methodSection(input),
        dataSection(input),
        outputSection(input),
        stepsSection(input, deepspeed),
        evaluationSection(input),
      ]),
    },
    {
      path: ENGINE_FILES.merge,
      text: commentedYaml(
        [
          "Merges the adapter into its model: `llamafactory-cli export merge.yaml`, once the training is over.",
          "Never of a quantised model: its rounding would be merged too.",
        ],
        [
          {
            title: "model",
            settings: [
              ["model_name_or_path", model, "the model that was trained, in full precision"],
              ["adapter_name_or_path", RESULTS.adapter, "what the training leaves"],
              ["template", template, "as in train.yaml"],
              ["finetuning_type", "lora", "the adapter is one"],
            ],
          },
          {
            title: "export",
            settings: [
              ["export_dir", RESULTS.merged, "the merged model"],
              ["export_size", 5, "GB of a file"],
              ["export_device", "cpu", "needs no graphics processor, only memory for the weights"],
              ["export_legacy_format", false, "safetensors"],
            ],
          },
        ],
      ),
    },
  ];
}

const modelSection = ({ model, plan }: EngineFilesInput): CommentedSection => ({
  title: "model",
  settings: [
    ["model_name_or_path", model, "what the adapter is for"],
    ["flash_attn", plan.attention.value === "eager" ? "disabled" : plan.attention.value, plan.attention.why],
    [
      "disable_gradient_checkpointing",
      plan.device === "cpu",
      plan.device === "cpu" ? "small models need no memory saved" : "activations are computed again, not kept",
    ],
  ],
});

function methodSection({ plan, settings }: EngineFilesInput): CommentedSection {
  const { method, beta, gamma } = plan;
  const { rank, alpha, dropout, targets, nll, labelSmoothing } = settings;
  const isPaired = method === "rpo" || method === "dpo";
  return {
    title: "method",
    settings: [
      ["rpo_method", method, "what the loss must be; rpo_engines refuses settings under which it would not"],
      ["rpo_gamma", method === "rpo" ? gamma : null, "γ, outside β: −log σ(βΔ − γg)"],
      ["stage", STAGE[method], method === "rpo" ? "RPO is DPO whose reference is raised by γg/β" : "the objective"],
      ["do_train", true, "and not only evaluate"],
      ["pref_beta", method === "sft" ? null : beta, "β: how strongly the adapter is held to the model"],
      ["pref_loss", isPaired ? "sigmoid" : null, "the one loss in which a margin is exact"],
      ["pref_ftx", isPaired && nll > 0 ? nll : null, "weight of the chosen response's likelihood"],
      [
        "dpo_label_smoothing",
        isPaired && labelSmoothing > 0 ? labelSmoothing : null,
        "share of pairs taken to be reversed",
      ],
      ["finetuning_type", "lora", "an adapter, as in the paper"],
      ["lora_rank", rank, "rank of the adapter"],
      ["lora_alpha", alpha, `its product is scaled by ${alpha} / ${rank}`],
      ["lora_dropout", dropout, "share of the adapter's inputs that is dropped"],
      [
        "lora_target",
        targets.length === TARGETS.length ? "all" : targets.join(","),
        targets.length === TARGETS.length ? "all linear layers, as in the paper" : "as asked",
      ],
    ],
  };
}

const dataSection = ({ plan, template, settings }: EngineFilesInput): CommentedSection => ({
  title: "data set",
  settings: [
    ["dataset_dir", ENGINE_FILES.data, "has dataset_info.json"],
    [
      "dataset",
      datasetName(plan.method),
      plan.method === "rpo" ? "the entry whose converter (rpo_sharegpt) keeps the margins" : "its entry there",
    ],
    [
      "eval_dataset",
      plan.evaluation === null ? null : `${datasetName(plan.method)}_validation`,
      "held-out profiles, as rpo pairs split them",
    ],
    ["template", template, "of the model's family"],
    ["cutoff_len", plan.cutoff.value, plan.cutoff.why],
    ["overwrite_cache", true, "a cache of an older data set would be trained on in its place"],
    ["preprocessing_num_workers", plan.device === "cpu" ? null : 16, "processes that tokenise"],
    ["disable_shuffling", settings.order === "file" ? true : null, "as asked: the rows as they stand"],
  ],
});

const outputSection = ({ plan }: EngineFilesInput): CommentedSection => ({
  title: "output",
  settings: [
    [
      "output_dir",
      RESULTS.checkpoints,
      "checkpoints, from which a stopped training goes on, and at the end the adapter",
    ],
    ["rpo_metrics", RESULTS.metrics, "one line a log, as the embedded trainer's"],
    ["logging_steps", plan.logging.value, plan.logging.why],
    ["save_strategy", "steps", "by the number below"],
    ["save_steps", plan.saving.value, plan.saving.why],
    ["save_total_limit", KEPT_CHECKPOINTS, "the newest ones"],
    ["overwrite_output_dir", false, "what is there is gone on with"],
    ["plot_loss", false, "rpo train draws it"],
    ["report_to", "none", "nothing is sent anywhere; tensorboard or wandb can be named here"],
  ],
});

function stepsSection({ plan, settings }: EngineFilesInput, deepspeed: string | null): CommentedSection {
  const { sharding } = plan;
  return {
    title: "steps",
    settings: [
      ["per_device_train_batch_size", plan.perDevice.value, plan.perDevice.why],
      ["gradient_accumulation_steps", plan.accumulation.value, plan.accumulation.why],
      ["num_train_epochs", plan.epochs?.value ?? null, plan.epochs?.why ?? ""],
      ["max_steps", plan.epochs === null ? plan.steps.value : null, plan.steps.why],
      ["learning_rate", settings.learningRate, "the largest, reached after the warm-up"],
      ["lr_scheduler_type", scheduler(settings), "how it goes on after the warm-up"],
      ["warmup_steps", plan.warmupSteps.value, plan.warmupSteps.why],
      ["optim", "adamw_torch", "AdamW, as the embedded trainer's"],
      ["weight_decay", settings.weightDecay, "of AdamW"],
      ["max_grad_norm", settings.maxGradientNorm, "longer gradients are scaled down to it"],
      ["seed", settings.seed, "of the adapter, the order and the dropout"],
      ["bf16", plan.bf16.value, plan.bf16.why],
      ["deepspeed", deepspeed, `${sharding.value}: ${sharding.why}`],
      ["fsdp", sharding.value === "fsdp" ? "full_shard auto_wrap" : null, sharding.why],
      ["fsdp_config", sharding.value === "fsdp" ? FSDP_CONFIG : null, "of PyTorch's FSDP, as transformers names it"],
      ["ddp_timeout", DDP_TIMEOUT_SECONDS, "seconds: a slow process is not a dead one, as in the paper's runs"],
    ],
  };
}

/** transformers' name of the schedule; constant has a warm-up here too. */
export const scheduler = ({ schedule }: TrainSettings): string =>
  schedule === "constant" ? "constant_with_warmup" : schedule;

/** An adapter's weights are trained and its model's are not: FSDP needs its original parameters for that. */
export const FSDP_CONFIG = {
  use_orig_params: true,
  sync_module_states: true,
  cpu_ram_efficient_loading: true,
  activation_checkpointing: false,
} as const;

const evaluationSection = ({ plan, settings }: EngineFilesInput): CommentedSection => ({
  title: "evaluation",
  settings: [
    [
      "eval_strategy",
      plan.evaluation === null ? "no" : "steps",
      plan.evaluation === null ? "no validation rows" : "by the number below",
    ],
    ["eval_steps", plan.evaluation?.value ?? null, plan.evaluation?.why ?? ""],
    ["eval_on_start", plan.evaluation === null ? null : true, "the untrained adapter, to compare with"],
    ["per_device_eval_batch_size", plan.evaluation === null ? null : plan.perDevice.value, "as in training"],
    ...bestSettings(plan, settings),
  ],
});

/** What --keep best asks for, in transformers' names. */
export const bestSettings = (
  plan: TrainingPlan,
  { keep }: TrainSettings,
): readonly (readonly [string, unknown, string])[] => {
  const isBest = keep === "best" && plan.evaluation !== null;
  return [
    ["load_best_model_at_end", isBest ? true : null, "as asked: the adapter of the smallest validation loss"],
    ["metric_for_best_model", isBest ? "eval_loss" : null, "by which it is known"],
    ["greater_is_better", isBest ? false : null, "a smaller loss is a better one"],
  ];
};
