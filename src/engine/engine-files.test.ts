// The files that are written for engines: golden, and read back by what reads them (bash, YAML).
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseDocument, parse as parseYaml } from "yaml";
import { z } from "zod";
import { trainSettings } from "../train/train-settings.ts";
import { chosenCutoff } from "./cutoff.ts";
import { type EngineFilesOptions, engineFiles } from "./engine-files.ts";
import { engineSettings } from "./engine-settings.ts";
import { modelFacts } from "./model-facts.ts";
import { LLAMA_8B, LLAMA_70B } from "./paper-configs.fixture.ts";
import { preset } from "./presets.ts";
import { type Hardware, trainingPlan } from "./training-plan.ts";

const H100S: Hardware = {
  device: "cuda",
  perNode: 8,
  nodes: 1,
  bytes: 80e9,
  packages: { deepspeed: true, flashAttention: true },
};

interface Asked {
  readonly engine: "trl" | "llamafactory";
  readonly settings?: z.input<typeof trainSettings>;
  readonly engineSettings?: z.input<typeof engineSettings>;
  readonly hardware?: Partial<Hardware>;
  readonly config?: object;
  readonly rows?: { readonly train: number; readonly validation: number };
  readonly preset?: Parameters<typeof preset>[0];
  readonly options?: Partial<EngineFilesOptions>;
}

function files(asked: Asked): Map<string, string> {
  const from = asked.preset === undefined ? null : preset(asked.preset);
  const given = {
    ...from?.settings,
    ...asked.settings,
    method: asked.settings?.method ?? from?.settings.method ?? "rpo",
  };
  const settings = trainSettings.parse(given);
  const model = modelFacts(asked.config ?? LLAMA_8B);
  const { cutoff, percentile } =
    given.maxLength === undefined
      ? chosenCutoff(
          Int32Array.from({ length: 100 }, (_, index) => 20 * index),
          model.contextLength,
        )
      : { cutoff: given.maxLength, percentile: null };
  const plan = trainingPlan({
    engine: asked.engine,
    settings,
    engineSettings: engineSettings.parse({
      engine: asked.engine,
      ...(from && { sharding: from.sharding }),
      ...asked.engineSettings,
    }),
    asked: new Set(Object.keys(given)),
    presetPerDevice: from?.perDevice ?? null,
    model,
    rows: asked.rows ?? { train: 20_000, validation: 2_000 },
    percentile,
    cutoff,
    hardware: { ...H100S, ...asked.hardware },
  });
  const made = engineFiles({
    plan,
    settings,
    model: from?.model ?? "/models/llama",
    template: "llama3",
    sources: from?.sources ?? [],
    dataset: "/data/my set",
    launcher: "local",
    image: undefined,
    python: "/envs/it's/bin/python",
    packageSources: "/opt/rpo kit/engines/src",
    gpus: null,
    name: "runs/RPO 1",
    ...asked.options,
  });
  return new Map(made.map(({ path, text }) => [path, text]));
}

const golden = (name: string): string => `golden/${name}`;

describe("LLaMA-Factory's files", () => {
  it("of a paper's run by its preset", async () => {
    const made = files({ engine: "llamafactory", preset: "llama-3.1-8b-rpo" });
    expect([...made.keys()]).toEqual(["train.yaml", "merge.yaml", "deepspeed.json", "run.sh"]);
    await expect(made.get("train.yaml")).toMatchFileSnapshot(golden("llamafactory-8b.golden.yaml"));
    await expect(made.get("merge.yaml")).toMatchFileSnapshot(golden("llamafactory-merge.golden.yaml"));
    await expect(made.get("deepspeed.json")).toMatchFileSnapshot(golden("zero3-offload.golden.json"));
    await expect(made.get("run.sh")).toMatchFileSnapshot(golden("run.golden.sh"));
  });

  it("have the numbers of the method's public configuration, for its four models", () => {
    const of = (name: Parameters<typeof preset>[0], config: object, perNode: number) =>
      parseYaml(files({ engine: "llamafactory", preset: name, config, hardware: { perNode } }).get("train.yaml") ?? "");
    const common = {
      stage: "dpo",
      finetuning_type: "lora",
      lora_target: "all",
      pref_beta: 0.1,
      pref_loss: "sigmoid",
      learning_rate: 5e-4,
      num_train_epochs: 3,
      lr_scheduler_type: "cosine",
      bf16: true,
      flash_attn: "fa2",
      deepspeed: "deepspeed.json",
      gradient_accumulation_steps: 64,
      save_steps: 5,
      eval_steps: 5,
      ddp_timeout: 180000000,
    };
    expect(of("llama-3.1-8b-rpo", LLAMA_8B, 8)).toMatchObject({
      ...common,
      cutoff_len: 4096,
      per_device_train_batch_size: 2,
    });
    expect(of("llama-3.1-70b-rpo", LLAMA_70B, 8)).toMatchObject({
      ...common,
      cutoff_len: 4096,
      per_device_train_batch_size: 1,
    });
    expect(of("qwen-2.5-7b-rpo", LLAMA_8B, 4)).toMatchObject({
      ...common,
      cutoff_len: 2048,
      per_device_train_batch_size: 4,
    });
    expect(of("qwen-2.5-72b-rpo", LLAMA_70B, 8)).toMatchObject({
      ...common,
      cutoff_len: 2048,
      per_device_train_batch_size: 2,
    });
  });

  it("of KTO on a CPU, without a margin, a pair's loss or DeepSpeed", async () => {
    const made = files({
      engine: "llamafactory",
      settings: { method: "kto", steps: 30, learningRate: 1e-7, order: "file", targets: ["q_proj", "v_proj"] },
      hardware: { device: "cpu", perNode: 1, bytes: null },
      rows: { train: 40, validation: 0 },
    });
    await expect(made.get("train.yaml")).toMatchFileSnapshot(golden("llamafactory-kto-cpu.golden.yaml"));
    expect([...made.keys()]).toEqual(["train.yaml", "merge.yaml", "run.sh"]);
    // YAML 1.1, as PyYAML has it, takes 1e-7 for a text.
    expect(made.get("train.yaml")).toMatch(/^learning_rate: 1\.0e-7 /m);
  });
});

describe("TRL's files", () => {
  it("of a large model on four machines under SLURM", async () => {
    const made = files({
      engine: "trl",
      config: LLAMA_70B,
      hardware: { nodes: 4 },
      engineSettings: { launcher: "slurm", nodes: 4 },
      options: { launcher: "slurm" },
    });
    expect([...made.keys()]).toEqual(["train.yaml", "accelerate.yaml", "deepspeed.json", "run.sh", "job.sbatch"]);
    await expect(made.get("train.yaml")).toMatchFileSnapshot(golden("trl-70b.golden.yaml"));
    await expect(made.get("accelerate.yaml")).toMatchFileSnapshot(golden("accelerate-4x8.golden.yaml"));
    await expect(made.get("run.sh")).toMatchFileSnapshot(golden("run-4-nodes.golden.sh"));
    await expect(made.get("job.sbatch")).toMatchFileSnapshot(golden("job.golden.sbatch"));
  });

  it("smoothed and with a likelihood, by the names of either engine", () => {
    const settings = { method: "rpo", labelSmoothing: 0.1, nll: 0.3 } as const;
    const of = (engine: "trl" | "llamafactory", asked: z.input<typeof trainSettings>) =>
      parseYaml(files({ engine, settings: asked }).get("train.yaml") ?? "");
    expect(of("trl", settings)).toMatchObject({ label_smoothing: 0.1, nll: 0.3 });
    expect(of("llamafactory", settings)).toMatchObject({ dpo_label_smoothing: 0.1, pref_ftx: 0.3 });
    expect(Object.keys(of("trl", { method: "dpo" }))).not.toContain("nll");
  });

  it("by FSDP, as transformers names it", () => {
    const made = files({ engine: "trl", engineSettings: { sharding: "fsdp" } });
    expect(parseYaml(made.get("train.yaml") ?? "").trainer).toMatchObject({ fsdp: "full_shard auto_wrap" });
    expect(made.has("deepspeed.json")).toBe(false);
  });
});

/** What the operator's own definition (training-operator, kubeflow.org_pytorchjobs.yaml) asks of the parts that we write. */
const replica = z.strictObject({
  replicas: z.int().min(1),
  restartPolicy: z.enum(["Always", "OnFailure", "Never", "ExitCode"]),
  template: z.strictObject({
    spec: z.strictObject({
      terminationGracePeriodSeconds: z.int(),
      containers: z
        .array(
          z.strictObject({
            name: z.literal("pytorch"), // the operator's webhook refuses a job without a container of this name
            image: z.string(),
            workingDir: z.string(),
            command: z.array(z.string()),
            args: z.array(z.string()),
            resources: z.strictObject({ limits: z.record(z.string(), z.int()) }).optional(),
            volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string().startsWith("/") })),
          }),
        )
        .length(1),
      volumes: z.array(
        z.union([
          z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.string() }) }),
          z.strictObject({ name: z.string(), emptyDir: z.strictObject({ medium: z.enum(["", "Memory"]) }) }),
        ]),
      ),
    }),
  }),
});
const manifest = z.strictObject({
  apiVersion: z.literal("kubeflow.org/v1"),
  kind: z.literal("PyTorchJob"),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/) }),
  spec: z.strictObject({
    nprocPerNode: z.string(),
    runPolicy: z.strictObject({ cleanPodPolicy: z.enum(["All", "Running", "None"]), backoffLimit: z.int() }),
    pytorchReplicaSpecs: z.strictObject({
      Master: replica.refine(({ replicas }) => replicas === 1),
      Worker: replica.optional(),
    }),
  }),
});

describe("launchers' files", () => {
  it("Kubernetes: a PyTorchJob of a master and its workers", async () => {
    const text =
      files({
        engine: "llamafactory",
        hardware: { nodes: 3 },
        options: { launcher: "kubernetes", image: "registry.example/llamafactory:0.9.5" },
      }).get("pytorchjob.yaml") ?? "";
    await expect(text).toMatchFileSnapshot(golden("pytorchjob.golden.yaml"));
    const job = manifest.parse(parseYaml(text));
    expect(job.spec.pytorchReplicaSpecs.Worker?.replicas).toBe(2);
    expect(job.metadata.name).toBe("runs-rpo-1");
    expect(() => files({ engine: "trl", options: { launcher: "kubernetes" } })).toThrow("give --image");
  });

  it("all scripts are such as bash takes, whatever stands in names and paths", () => {
    for (const launcher of ["local", "torchrun", "slurm"] as const)
      for (const nodes of [1, 3])
        for (const device of ["cuda", "cpu"] as const) {
          const made = files({
            engine: "trl",
            hardware: { nodes, device },
            options: { launcher, gpus: [0, 2], name: "a'b; rm -rf $HOME\n#", python: "/p'y $(x)/python" },
          });
          for (const [path, text] of made) {
            if (!/\.(sh|sbatch)$/.test(path)) continue;
            const bash = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
            expect([path, bash.stderr, bash.status]).toEqual([path, "", 0]);
            expect(text).not.toMatch(/^ *rm /m);
          }
        }
  });

  it("run.sh runs the interpreter with arguments as they are", () => {
    const made = files({
      engine: "trl",
      hardware: { device: "cpu", perNode: 2 },
      options: { python: "echo" },
    });
    const ran = spawnSync("bash", ["-c", `cat > /dev/null; ${(made.get("run.sh") ?? "").replace(/^cd .*$/m, "")}`], {
      input: "",
      encoding: "utf8",
    });
    expect(ran.stdout).toBe(
      "-m torch.distributed.run --standalone --nproc-per-node 2 --shutdown-timeout 600 -m rpo_engines.trl train.yaml\n",
    );
  });
});

describe("every YAML file", () => {
  it("has a reason behind each of its settings", () => {
    const made = [
      files({ engine: "llamafactory", preset: "qwen-2.5-72b-dpo" }),
      files({ engine: "llamafactory", preset: "qwen-2.5-7b-sft", settings: { method: "sft", keep: "best" } }),
      files({ engine: "trl", engineSettings: { sharding: "fsdp" } }),
    ];
    for (const [path, text] of made.flatMap((each) => [...each])) {
      if (!path.endsWith(".yaml")) continue;
      const document = parseDocument(text);
      expect(document.errors).toEqual([]);
      const lines = text.split("\n");
      for (const [index, line] of lines.entries())
        if (/^\w+:/.test(line))
          expect([path, line, / # \S/.test(line) || lines[index - 1]?.startsWith("# ")]).toEqual([path, line, true]);
    }
  });
});
