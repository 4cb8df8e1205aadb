// `rpo adapter` as a process, on a tiny random model: what it writes, says and refuses. What is in the files is tested in
// adapter/.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writePeftAdapter } from "../adapter/peft.ts";
import { randomAdapter } from "../adapter/random-adapter.ts";
import { openFrozenWeights } from "../weights/frozen-weights-file.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeGgufModel } from "../weights/tiny-model-files.ts";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rpo cli 适配 "));
const cacheDirectory = join(folder, "cache");
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const random = randomFrozenWeights(tinyArchitecture("llama"), 1, join(folder, "weights.bin"));
  await writeGgufModel(join(folder, "model.gguf"), random);
  const weights = await openFrozenWeights(join(folder, "model.gguf"), { cacheDirectory });
  await writePeftAdapter(join(folder, "trained", "adapter"), randomAdapter(weights, 1));
  await writeGgufModel(
    join(folder, "other.gguf"),
    randomFrozenWeights(tinyArchitecture("qwen3"), 1, join(folder, "other.bin")),
  );
});

function adapter(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RPO, "adapter", ...args], {
    encoding: "utf8",
    cwd: folder,
    env: { ...process.env, RPO_CACHE: cacheDirectory },
  });
  return { status, stdout, stderr };
}

it("shows an adapter of a training's folder", () => {
  const { status, stdout } = adapter("show", "trained");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^adapter +trained[\\/]adapter \(PEFT\)$/m);
  expect(stdout).toMatch(/^rank, alpha +4, 6$/m);
  expect(stdout).toMatch(/^trained on +tiny$/m);
  expect(JSON.parse(adapter("show", "trained", "--json").stdout)).toMatchObject({
    form: "peft",
    blocks: 2,
    parameters: 11264,
  });
});

it("converts to GGUF and back without a loss but for the dropout, and does not write over anything", () => {
  expect(adapter("convert", "trained", "--model", "model.gguf", "--out", "lora.gguf")).toEqual({
    status: 0,
    stdout: "lora.gguf\n",
    stderr: "",
  });
  expect(JSON.parse(adapter("show", "lora.gguf", "--json").stdout)).toMatchObject({
    form: "gguf",
    blocks: 2,
    parameters: 11264,
  });
  expect(adapter("convert", "lora.gguf", "--model", "model.gguf", "--out", "back").status).toBe(0);
  const weights = (place: string) => readFileSync(join(folder, place, "adapter_model.safetensors"));
  expect(weights("back").equals(weights("trained/adapter"))).toBe(true);
  const again = adapter("convert", "trained", "--model", "model.gguf", "--out", "lora.gguf");
  expect([again.status, again.stderr]).toEqual([1, "rpo: lora.gguf exists: name one that does not\n"]);
});

it("merges into a folder and a file", () => {
  const merged = adapter("merge", "trained", "--model", "model.gguf", "--to", "safetensors", "--out", "merged");
  expect(merged).toEqual({ status: 0, stdout: "merged\n", stderr: "" });
  expect(readdirSync(join(folder, "merged")).sort()).toEqual([
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  const other = adapter(
    "merge",
    "trained",
    "--model",
    "merged",
    "--to",
    "gguf",
    "--type",
    "f32",
    "--out",
    "merged.gguf",
  );
  expect([other.status, other.stdout]).toEqual([0, "merged.gguf\n"]);
  expect(other.stderr).toMatch(/^rpo: the adapter was trained on other weights \(tiny\)/);
});

it("refuses a model that the adapter does not fit, and a command that is not whole", () => {
  const args = ["--to", "gguf", "--out", "none.gguf"];
  const misfit = adapter("merge", "trained", "--model", "other.gguf", ...args);
  expect(misfit.status).toBe(1);
  expect(misfit.stderr).toMatch(/^rpo: .*does not fit the model: model\.layers\.0\.self_attn\.q_proj is \[64, 64\]/);
  expect(readdirSync(folder).filter((name) => name.startsWith("none"))).toEqual([]);
  expect(adapter("merge", "absent", "--model", "model.gguf", ...args).stderr).toBe(
    "rpo: there is no adapter at absent\n",
  );
  expect(adapter("merge", "trained", ...args)).toMatchObject({ status: 2, stderr: expect.stringContaining("--model") });
  expect(adapter("merge", "trained", "--to", "onnx").status).toBe(2);
});
