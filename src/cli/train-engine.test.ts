// `rpo train` for PyTorch engines as a user runs it, as far as nothing is started: presets, files, what is refused. Runs, stops and
// failures: src/engine/train-with-engine.test.ts and test/engines-train.test.ts.
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { jsonLine } from "../dataset/jsonl.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeHfModel } from "../weights/tiny-model-files.ts";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-train-engine-"));
  await writeHfModel(join(dir, "model"), randomFrozenWeights(tinyArchitecture("llama"), 1, join(dir, "weights.bin")));
  await mkdir(join(dir, "data"));
  const pair = (margin: number) => {
    return {
      kind: "preference",
      prompt: [{ role: "user", content: "Soup?" }],
      chosen: "Yes.",
      rejected: "No.",
      margin,
    };
  };
  await writeFile(join(dir, "data", "train.jsonl"), [1, 2, 2].map((margin) => jsonLine(pair(margin))).join(""));
});
afterAll(() => rm(dir, { recursive: true }));

function rpo(...args: readonly string[]) {
  const env = { ...process.env, RPO_CACHE: join(dir, "cache"), PATH: "/usr/bin:/bin" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [RPO, "train", ...args], {
    cwd: dir,
    env,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

it("shows its presets", () => {
  const { code, stdout } = rpo("--preset", "list");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^llama-3\.1-8b-rpo +meta-llama\/Llama-3\.1-8B-Instruct, 4096 tokens, 2 × 64 × 8 GPUs = 1024 rows/,
  );
  expect(stdout.trim().split("\n")).toHaveLength(16);
});

it("writes an engine's files, from flags and from rpo.yaml", async () => {
  const written = rpo(
    ...["data", "--model", "model", "--out", "out", "--engine", "llamafactory", "--method", "rpo", "--beta", "0.2"],
    ...["--dry-run", "--gpus-per-node", "4", "--gpu-memory", "80GB", "--sharding", "zero2", "--steps", "9"],
  );
  expect(written).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/engine: train\.yaml, .*\nto start there: \.\/run\.sh\n$/),
  });
  expect(written.stderr).toContain("train.jsonl: 3 pairs");
  const config = parseYaml(await readFile(join(dir, "out", "engine", "train.yaml"), "utf8"));
  expect(config).toMatchObject({
    pref_beta: 0.2,
    max_steps: 9,
    deepspeed: "deepspeed.json",
    model_name_or_path: join(dir, "model"),
  });
  expect(await readFile(join(dir, "out", "engine", "run.sh"), "utf8")).toContain("--nproc-per-node 4");

  await writeFile(
    join(dir, "rpo.yaml"),
    "train:\n  engine: trl\n  dataset: data\n  model: model\n  method: dpo\n  out: by-file\n  device: cpu\n  gpusPerNode: 2\n",
  );
  expect(rpo("--config", "rpo.yaml", "--dry-run")).toMatchObject({ code: 0 });
  const byFile = parseYaml(await readFile(join(dir, "by-file", "engine", "train.yaml"), "utf8"));
  expect(byFile).toMatchObject({ method: "dpo", cpu: true, dataset: join(dir, "data") });
  // What it leaves calls for the same again.
  expect(rpo("--config", "by-file/rpo.yaml", "--dry-run")).toMatchObject({ code: 0 });
});

it.each([
  ["an engine that there is not", ["--engine", "megatron"], /Allowed choices are embedded, trl, llamafactory/],
  ["a preset that there is not", ["--preset", "llama-2"], /Allowed are llama-3\.1-8b-rpo/],
  ["an engine's flag without it", ["--gpus", "0"], /--gpus is for --engine trl and llamafactory/],
  ["a rank without a master", ["--engine", "trl", "--node-rank", "1"], /--node-rank wants --master-addr/],
  ["a port beyond the last", ["--engine", "trl", "--master-port", "99999"], /whole number from 1 to 65535/],
  ["a processor named twice", ["--engine", "trl", "--gpus", "1,1"], /Name each one once/],
])("%s is a wrong command line", (_, args, message) => {
  const ended = rpo("data", "--model", "model", "--out", "refused", "--method", "rpo", ...args);
  expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
});

it("without a graphics processor says what can be done, in one line", () => {
  const ended = rpo("data", "--model", "model", "--out", "none", "--method", "rpo", "--engine", "trl");
  expect(ended).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^rpo: no graphics processor: .* --device cpu .* --dry-run .*\n$/),
  });
});
