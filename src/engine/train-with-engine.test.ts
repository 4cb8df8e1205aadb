// A training on an engine as its caller sees it, on a tiny model with a stand-in for the engine: what is written, how it is
// watched, stopped, gone on with, and what is said where it fails. The real engines: test/engines-train.test.ts.
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { jsonLine } from "../dataset/jsonl.ts";
import { type TrainingProgress, TrainingStopped } from "../train/training-progress.ts";
import { readTrainingRecords } from "../train/training-record.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeHfModel } from "../weights/tiny-model-files.ts";
import type { EngineFailed, EngineTraining, EngineTrainingOptions } from "./train-with-engine.ts";
import { trainWithEngine } from "./train-with-engine.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-engine-"));
  await writeHfModel(join(dir, "model"), randomFrozenWeights(tinyArchitecture("llama"), 1, join(dir, "weights.bin")));
  await mkdir(join(dir, "data"));
  await writeFile(join(dir, "data", "train.jsonl"), Array.from({ length: 20 }, (_, i) => pair(i)).join(""));
  await writeFile(join(dir, "data", "validation.jsonl"), [pair(1), pair(2)].join(""));
  const standIn = fileURLToPath(new URL("stand-in-engine.ts", import.meta.url));
  const python = join(dir, "python");
  await writeFile(python, `#!/bin/sh\nexec '${process.execPath}' '${standIn}' "$@"\n`);
  await chmod(python, 0o755);
});
afterAll(() => rm(dir, { recursive: true }));

const pair = (index: number, changes: object = {}): string =>
  jsonLine({
    kind: "preference",
    prompt: [
      { role: "system", content: "Be kind." },
      ...Array.from({ length: index % 4 }, (_, turn) => [
        { role: "user", content: `Soup number ${turn}, please?` },
        { role: "assistant", content: "Yes, with pleasure." },
      ]).flat(),
      { role: "user", content: "Soup?" },
    ],
    chosen: `Soup, please, ${"yes ".repeat(index % 5)}!`,
    rejected: `No ${"no ".repeat(index % 4)}.`,
    margin: 1 + (index % 3),
    ...changes,
  });

interface Run {
  readonly done: Promise<EngineTraining>;
  readonly notices: readonly string[];
  readonly progress: readonly TrainingProgress[];
  readonly stop: AbortController;
  readonly out: string;
}

/** Without the settings that a test takes back. */
const given = <T extends object>(settings: T): T =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as T;

type Asked = Omit<Partial<EngineTrainingOptions>, "settings"> & {
  readonly settings?: Partial<EngineTrainingOptions["settings"]>;
};

/** Starts a training in a folder of its own name. */
function start(out: string, behaviour: object = {}, { settings, engineSettings, env, ...options }: Asked = {}): Run {
  const notices: string[] = [];
  const progress: TrainingProgress[] = [];
  const stop = new AbortController();
  const done = trainWithEngine({
    engine: "trl",
    dataset: join(dir, "data"),
    model: join(dir, "model"),
    out: join(dir, out),
    settings: given({ method: "rpo", steps: 10, batch: 4, device: "cpu", ...settings }),
    engineSettings: given({ python: join(dir, "python"), ...engineSettings }),
    place: null,
    dryRun: false,
    fresh: false,
    env: { ...process.env, STAND_IN: JSON.stringify(behaviour), RPO_ENGINES: join(dir, "none"), ...env },
    signal: stop.signal,
    graceMs: 20_000,
    onNotice: (notice) => notices.push(notice),
    onProgress: (now) => progress.push(now),
    onStart: () => {},
    ...options,
  });
  return { done, notices, progress, stop, out: join(dir, out) };
}

const train = async (...args: Parameters<typeof start>): Promise<EngineTraining & { readonly run: Run }> => {
  const run = start(...args);
  return { ...(await run.done), run };
};

const failure = async (...args: Parameters<typeof start>): Promise<Error> => {
  const result = await start(...args).done.then(
    () => null,
    (error: Error) => error,
  );
  if (result === null) throw new Error("it did not fail");
  return result;
};

const steps = async (out: string): Promise<number[]> =>
  (await readTrainingRecords(join(out, "metrics.jsonl"))).map(({ step }) => step);

/** Resolves when it has made so many steps. */
async function untilStep({ out, done }: Run, step: number): Promise<void> {
  const ended = done.then(
    () => true,
    () => true,
  );
  while (((await steps(out)).at(-1) ?? 0) < step && !(await Promise.race([ended, delay(10, false)])));
}

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const read = (...path: string[]): Promise<string> => readFile(join(dir, ...path), "utf8");

describe("a training on an engine", () => {
  it.each(["trl", "llamafactory"] as const)(
    "%s: leaves what the embedded trainer leaves, and says how far it is",
    async (engine) => {
      const made = await train(engine, { stepMs: 60 }, { engine });
      if (made.kind !== "trained") throw new Error("only written");
      expect(made.summary).toMatchObject({
        settings: { method: "rpo", gamma: 0.05, beta: 0.1, steps: 10 },
        dataset: { train: { rows: 20, file: "train.jsonl" }, validation: { rows: 2 } },
        steps: 10,
        training: { step: 10, loss: 0.6 },
        adapter: { peft: "adapter", gguf: "adapter.gguf", step: 10 },
        seconds: 5,
        tokens: 4000,
        versions: { torch: "2.13.0", python: "3.11.7" },
        engine: { name: engine, processes: 1 },
      });
      expect(JSON.parse(await read(engine, "summary.json"))).toEqual(made.summary);
      const left = await readdir(made.run.out);
      for (const name of [
        "adapter",
        "adapter.gguf",
        "metrics.jsonl",
        "training.svg",
        "rpo.yaml",
        "engine",
        "engine.log",
      ])
        expect(left).toContain(name);
      expect((await readdir(join(made.run.out, "adapter"))).sort()).toEqual([
        "adapter_config.json",
        "adapter_model.safetensors",
      ]);
      expect(made.run.progress.map(({ stage }) => stage)).toEqual(expect.arrayContaining(["tokens", "step"]));
      expect(made.run.progress.at(-1)).toMatchObject({
        stage: "step",
        step: 10,
        steps: 10,
        rewardAccuracy: 0.75,
        tokensPerSecond: 800,
      });
      expect(made.run.notices).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^train\.jsonl: 20 pairs, [\d,]+ tokens, .* lost to truncation: 0$/),
          expect.stringMatching(/^margin 1 {2}█+ 7$/),
          expect.stringMatching(/^margin 3 {2}█+ 6$/),
          expect.stringMatching(/^10 steps of 4 rows: 4 at once × 1 × 1 on the CPU; up to 512 tokens; /),
        ]),
      );
    },
  );

  it("is not done again when it is done; --fresh begins anew; other settings are refused", async () => {
    await train("again");
    const record = join(dir, "again.jsonl");
    const again = await train("again", { record });
    expect(again.run.notices.at(-1)).toContain("this training is finished");
    expect(existsSync(record)).toBe(false);
    const other = await failure("again", {}, { settings: { beta: 0.3 } });
    expect(other.message).toContain("holds a training with beta 0.1, not 0.3");
    await train("again", { record }, { fresh: true, settings: { beta: 0.3 } });
    expect(JSON.parse(await readFile(record, "utf8"))).toMatchObject({
      args: ["-m", "rpo_engines.trl", "train.yaml"],
      cwd: join(dir, "again", "engine"),
      gpus: "",
    });
  });

  it("stops when it is asked to, all of it, and goes on from there", async () => {
    const rank = join(dir, "rank");
    // Many steps, so that it is not done before it is asked, however busy the machine is.
    const asked = { engine: "llamafactory", settings: { steps: 400 } } as const;
    const run = start("stopped", { stepMs: 50, rank }, asked);
    await untilStep(run, 3);
    run.stop.abort();
    const ended = await run.done.catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(TrainingStopped);
    const { step } = ended as TrainingStopped;
    expect(step).toBeGreaterThanOrEqual(3);
    expect(step).toBeLessThan(400);
    // The rank is in a session of its own, which no signal to the group reaches.
    const pid = Number(await readFile(rank, "utf8"));
    await expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false);
    const resumed = await train("stopped", {}, asked);
    expect(resumed.run.notices).toContainEqual(expect.stringContaining(`after step ${step} at most`));
    expect(await steps(run.out)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
  });

  it("is killed where it doesn't heed being asked", async () => {
    const run = start("deaf", { stepMs: 50, deaf: true }, { graceMs: 300, settings: { steps: 1000 } });
    await untilStep(run, 1);
    run.stop.abort();
    expect(await run.done.catch((error: unknown) => error)).toBeInstanceOf(TrainingStopped);
    expect((await steps(run.out)).length).toBeLessThan(100);
  });

  it("is killed soon where it hasn't begun: there is nothing to save", async () => {
    const run = start("deaf-at-the-start", { stepMs: 600_000, deaf: true }, { graceMs: 600_000, startGraceMs: 300 });
    await expect
      .poll(() => run.progress.some((now) => now.stage === "starting" && now.said !== ""), { timeout: 30_000 })
      .toBe(true);
    run.stop.abort();
    const ended = await run.done.catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(TrainingStopped);
    expect((ended as TrainingStopped).step).toBeNull();
  });

  it("takes no preset's sharding where there is no graphics processor", async () => {
    const engineSettings = { preset: "llama-3.1-8b-rpo", python: join(dir, "python") } as const;
    const { kind, run } = await train("preset-cpu", {}, { engineSettings, dryRun: true });
    expect(kind).toBe("written");
    expect(await readFile(join(run.out, "engine", "train.yaml"), "utf8")).not.toContain("deepspeed:");
  });

  it("knows what place a machine can't have among several, before anything is read", async () => {
    const place = { rank: "2", masterAddress: "10.0.0.1", masterPort: "29500" };
    await expect(train("no-place", {}, { engineSettings: { nodes: 2 }, place })).rejects.toThrow(
      "--node-rank 2: machines are counted from 0, and of --nodes 2 the last is 1",
    );
  });

  it("starts torchrun for more processes, and for its place among machines", async () => {
    const record = join(dir, "starts.jsonl");
    await train("two", { record }, { engineSettings: { gpusPerNode: 2, python: join(dir, "python") } });
    const place = { rank: "0", masterAddress: "10.0.0.1", masterPort: "29500" };
    await train("nodes", { record }, { engineSettings: { nodes: 2, python: join(dir, "python") }, place });
    const [two, nodes] = (await readFile(record, "utf8"))
      .split("\n")
      .map((line) => (line === "" ? null : JSON.parse(line)));
    const entry = ["--shutdown-timeout", "600", "-m", "rpo_engines.trl", "train.yaml"];
    expect(two.args).toEqual(["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", ...entry]);
    expect(nodes.args).toEqual([
      ...["-m", "torch.distributed.run", "--nnodes", "2", "--node-rank", "0"],
      ...["--master-addr", "10.0.0.1", "--master-port", "29500", "--nproc-per-node", "1", ...entry],
    ]);
    expect(parseYaml(await read("two", "engine", "train.yaml"))).toMatchObject({ batch: 4, device_batch: 2 });
  });
});

describe("what is written for the engine", () => {
  it("is kept as it is where a person has changed it", async () => {
    const file = join(dir, "changed", "engine", "train.yaml");
    await train("changed", {}, { dryRun: true });
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("device_batch: 4", "device_batch: 1"));
    const again = await train("changed", {}, { dryRun: true });
    expect(again.run.notices).toContainEqual(
      `${file}: was changed by hand and is kept as it is; --fresh writes it anew`,
    );
    expect(await readFile(file, "utf8")).toContain("device_batch: 1");
    await train("changed", {}, { dryRun: true, fresh: true });
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("shortens histories that are too long, and leaves completions whole", async () => {
    const made = await train("short", {}, { engine: "llamafactory", dryRun: true, settings: { maxLength: 130 } });
    const rows = (await read("short", "engine", "data", "train.jsonl"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const source = (await read("data", "train.jsonl"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const byLine = new Map(source.map((row, index) => [`train.jsonl:${index + 1}`, row]));
    let cut = 0;
    for (const row of rows) {
      const from = byLine.get(row.tid);
      expect([row.chosen.value, row.rejected.value, row.margin]).toEqual([from.chosen, from.rejected, from.margin]);
      expect(row.conversations[0]).toEqual({ from: "system", value: "Be kind." });
      expect(row.conversations.at(-1)).toEqual({ from: "human", value: "Soup?" });
      if (row.conversations.length < from.prompt.length) cut += 1;
    }
    expect(cut).toBeGreaterThan(0);
    expect(made.run.notices).toContainEqual(`train.jsonl: ${cut} rows without the start of its history, to fit`);
    expect(JSON.parse(await read("short", "engine", "data", "dataset_info.json"))).toMatchObject({
      rpo_margin: { file_name: "train.jsonl", formatting: "rpo_sharegpt" },
      rpo_margin_validation: { file_name: "validation.jsonl" },
    });
  });

  it("for schedulers says how it is started, and starts nothing", async () => {
    const record = join(dir, "none.jsonl");
    const at = (launcher: "slurm" | "kubernetes" | "torchrun", out: string) =>
      train(
        out,
        { record },
        {
          settings: { device: "cpu" },
          engineSettings: {
            launcher,
            nodes: 4,
            gpusPerNode: 2,
            image: "example/engines:1",
            python: join(dir, "python"),
          },
        },
      );
    expect(await at("slurm", "slurm")).toMatchObject({ kind: "written", start: "sbatch job.sbatch" });
    expect(await at("kubernetes", "k8s")).toMatchObject({ start: "kubectl apply -f pytorchjob.yaml" });
    const torchrun = await at("torchrun", "torchrun");
    expect(torchrun).toMatchObject({ files: ["train.yaml", "accelerate.yaml", "run.sh"] });
    expect(existsSync(record)).toBe(false);
  });

  it("takes a preset's settings where none are asked for", async () => {
    await train(
      "preset",
      {},
      {
        engine: "llamafactory",
        dryRun: true,
        settings: { method: "rpo", steps: undefined as never, learningRate: 1e-5 },
        engineSettings: { preset: "llama-3.1-8b-rpo", gpusPerNode: 8, sharding: "none", python: join(dir, "python") },
      },
    );
    expect(parseYaml(await read("preset", "engine", "train.yaml"))).toMatchObject({
      learning_rate: 1e-5,
      lora_rank: 8,
      per_device_train_batch_size: 1,
      num_train_epochs: 3,
      save_steps: 5,
    });
  });
});

describe("what can't be trained is said with the next step", () => {
  const says = (text: string, code = 1) => ({ failAfter: 2, says: text.split("\n"), code });
  it.each([
    [
      "memory",
      says("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"),
      /ran out of memory .*--max-length/,
    ],
    [
      "disk",
      says("RuntimeError: [enforce fail at inline_container.cc:603] . unexpected pos"),
      /the disk is full: make room/,
    ],
    [
      "version",
      says("rpo-engines: trl 0.9.0 is installed; trl needs trl 1.16.0, with which the self-check has passed."),
      /rpo engines install trl/,
    ],
    [
      "missing",
      says("ModuleNotFoundError: No module named 'deepspeed'"),
      /pip install deepspeed\), or --sharding fsdp/,
    ],
    [
      "missing",
      says("ModuleNotFoundError: No module named 'peft'"),
      /peft is not in the engine's environment: `rpo engines install trl`/,
    ],
    ["cuda", says("RuntimeError: CUDA error: no kernel image is available for execution on the device"), /nvidia-smi/],
    ["nccl", says("torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:268"), /NCCL_DEBUG=INFO/],
    [
      "rank died",
      says("torch.distributed.elastic.multiprocessing.errors.ChildFailedError:\n  exitcode  : -9 (pid: 99)"),
      /one of the processes died/,
    ],
    [
      "margin",
      says('{"event":"error","kind":"margin","text":"the batch has no margins: they were lost"}', 3),
      /rpo doctor --engine trl/,
    ],
    ["input", says("rpo-engines: data/train.jsonl:3: margin: missing", 2), /^data\/train\.jsonl:3: margin: missing$/],
    ["machine memory", { failAfter: 1, signal: "SIGKILL" }, /dmesg tells/],
    ["unknown", says("what a pity", 7), /^exit code 7: what a pity$/],
  ])("%s", async (cause, behaviour, message) => {
    const error = (await failure("failed", behaviour, {
      fresh: existsSync(join(dir, "failed", "engine", "run.json")),
    })) as EngineFailed;
    expect(error.failure?.cause).toBe(cause);
    expect(error.message).toMatch(message);
  });

  const gpuMachine = async (): Promise<string> => {
    const smi = join(dir, "nvidia-smi");
    await writeFile(
      smi,
      "#!/bin/sh\necho '0, GPU-1, 3, 81559, NVIDIA H100'\necho '1, GPU-2, 70000, 81559, NVIDIA H100'\n",
    );
    await chmod(smi, 0o755);
    return smi;
  };

  it("before anything is started", async () => {
    const noGpu = { settings: { device: undefined as never }, nvidiaSmi: join(dir, "no-smi") };
    expect((await failure("f1", {}, noGpu)).message).toMatch(/^no graphics processor: .*--device cpu .*--dry-run/);
    const withGpu = { settings: { device: undefined as never }, nvidiaSmi: await gpuMachine() };
    expect((await failure("f2", { packages: { torch: "2.13.0+cpu" } }, withGpu)).message).toMatch(
      /built without CUDA.*rpo engines install trl/,
    );
    expect((await failure("f3", {}, { engineSettings: { python: undefined as never } })).message).toMatch(
      /rpo engines install trl/,
    );
    expect((await failure("f4", { packages: { trl: null } })).message).toMatch(/has no trl; `rpo engines install trl`/);
    expect((await failure("f5", {}, { settings: { method: "kto" } })).message).toMatch(
      /--method kto: TRL trains rpo and dpo here/,
    );
    expect((await failure("f6", {}, { model: "smollm2-135m" })).message).toMatch(/--engine embedded trains GGUF files/);
    expect((await failure("f7", {}, { model: "nowhere" })).message).toMatch(/is no folder of a model/);
    const zero = { engineSettings: { sharding: "zero3" as const, python: join(dir, "python") } };
    expect((await failure("f8", {}, { ...withGpu, ...zero })).message).toMatch(
      /DeepSpeed is not in the engine's environment/,
    );
    await mkdir(join(dir, "f9", "adapter"), { recursive: true });
    expect((await failure("f9")).message).toMatch(/f9: holds adapter, but no training on an engine/);
  });

  it("data sets without margins, and tokenizers without a chat template", async () => {
    await mkdir(join(dir, "marginless"));
    await writeFile(join(dir, "marginless", "train.jsonl"), [pair(1), pair(2, { margin: undefined })].join(""));
    expect((await failure("m1", {}, { dataset: join(dir, "marginless") })).message).toMatch(/train\.jsonl:2: margin: /);
    await writeFile(join(dir, "marginless", "train.jsonl"), [pair(1, { margin: 0 }), pair(2, { margin: 0 })].join(""));
    expect((await failure("m2", {}, { dataset: join(dir, "marginless") })).message).toMatch(
      /no pair has a margin above 0.*--method dpo/,
    );
    expect((await failure("m3", {}, { dataset: join(dir, "nowhere") })).message).toMatch(/has no train\.jsonl/);
    await cp(join(dir, "model"), join(dir, "base"), { recursive: true });
    const config = JSON.parse(await read("base", "tokenizer_config.json"));
    await writeFile(
      join(dir, "base", "tokenizer_config.json"),
      JSON.stringify({ ...config, chat_template: undefined }),
    );
    expect((await failure("m4", {}, { model: join(dir, "base") })).message).toMatch(
      /no chat template .*instruction-tuned/,
    );
  });

  it("takes the free graphics processors, and says which are busy", async () => {
    const record = join(dir, "gpus.jsonl");
    const made = await train(
      "gpu",
      { record },
      { settings: { device: undefined as never }, nvidiaSmi: await gpuMachine() },
    );
    expect(JSON.parse(await readFile(record, "utf8"))).toMatchObject({
      gpus: "0",
      args: ["-m", "rpo_engines.trl", "train.yaml"],
    });
    expect(made.run.notices).toContainEqual(expect.stringMatching(/^GPU 1 .*busy/));
    expect(parseYaml(await read("gpu", "engine", "train.yaml"))).toMatchObject({
      precision: "bf16",
      attention: "sdpa",
    });
  });
});
