// Models written by transformers and by llama.cpp's Python package, opened and compared tensor by tensor with what Python has;
// the real SmolLM2-135M-Instruct where it is in the cache; and the cache of converted weights.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import {
  appendFile,
  cp,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cachedModel } from "../model/pull.ts";
import { type Architecture, tensorShapes } from "./architecture.ts";
import type { FrozenWeights } from "./frozen-weights.ts";
import { openFrozenWeights } from "./frozen-weights-file.ts";
import { ggufRow } from "./row-permutation.ts";

/** Made by `npm test`. */
const { venvPython } = (await import(new URL("../../setup/python.mjs", import.meta.url).href)) as {
  venvPython: string;
};
const script = (name: string) => fileURLToPath(new URL(`../../test/python/${name}`, import.meta.url));

const FOLDERS = ["llama-bf16-sharded", "llama-f32", "qwen2-f16", "qwen3-f32-sharded", "gemma3-bf16"];
const GGUFS = ["llama-q4_0-q8_0", "llama-plain-f16", "qwen2-f32", "qwen3-bf16-q5_0", "gemma3-q4_1-f16"];
/** fp32 in the form that is wanted: nothing to convert. */
const IN_PLACE = ["llama-f32", "qwen3-f32-sharded", "qwen2-f32"];

let models: string;
let cache: string;

beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), "rpo-models-"));
  await promisify(execFile)(venvPython, [script("write_checkpoints.py"), models]);
});
afterAll(() => rm(models, { recursive: true, force: true }));
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "rpo-cache-"));
  return () => rm(cache, { recursive: true, force: true });
});

interface Expected {
  readonly attentionScale: number;
  readonly embeddingScale: number;
  readonly normEpsilon: number;
  readonly layers: readonly { readonly window: number | null; readonly frequencies: readonly number[] }[];
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly offset: number }>>;
}

const expectedOf = async (name: string) =>
  JSON.parse(await readFile(join(models, `${name}.expected.json`), "utf8")) as Expected;

/** A tensor's bytes, by name. */
async function bytesOf(weights: FrozenWeights, name: string): Promise<Buffer> {
  const { file, offset, shape } = weights.tensors.get(name)!;
  const bytes = shape.reduce((product, size) => product * size, 4);
  const handle = await open(file, "r");
  try {
    return (await handle.read(Buffer.alloc(bytes), 0, bytes, offset)).buffer;
  } finally {
    await handle.close();
  }
}

/** Frequencies of rotation by element, in radians per position. */
const frequencies = ({ headDim, layers }: Architecture, layer: number): number[] => {
  const { ropeTheta, ropeFactors } = layers[layer]!;
  return Array.from({ length: headDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headDim) / (ropeFactors?.[i] ?? 1));
};

describe("openFrozenWeights", () => {
  it.each([...FOLDERS, ...GGUFS.map((name) => `${name}.gguf`)])("%s has Python's tensors", async (path) => {
    const name = path.replace(".gguf", "");
    const weights = await openFrozenWeights(join(models, path), { cacheDirectory: cache });
    const expected = await expectedOf(name);
    const values = await readFile(join(models, `${name}.expected.f32`));
    expect([...weights.tensors.keys()].sort()).toEqual(Object.keys(expected.tensors).sort());
    expect([...weights.tensors.keys()]).toEqual([...tensorShapes(weights.architecture).keys()]);
    for (const [key, { shape, offset }] of Object.entries(expected.tensors)) {
      expect(weights.tensors.get(key)?.shape, key).toEqual(shape);
      const bytes = await bytesOf(weights, key);
      expect(bytes.equals(values.subarray(offset, offset + bytes.length)), key).toBe(true);
    }
    const inside = [...weights.tensors.values()].every(({ file }) => file.startsWith(join(models, path)));
    expect(inside).toBe(IN_PLACE.includes(name));
    for (const { offset } of weights.tensors.values()) expect(offset % (inside ? 4 : 4096)).toBe(0);
  });

  it.each([...FOLDERS, ...GGUFS.map((name) => `${name}.gguf`)])("%s has transformers' architecture", async (path) => {
    const { architecture } = await openFrozenWeights(join(models, path), { cacheDirectory: cache });
    const expected = await expectedOf(path.replace(".gguf", ""));
    const family = architecture.family;
    expect(path.startsWith(family)).toBe(true);
    expect(architecture).toMatchObject({
      hidden: 64,
      heads: 4,
      kvHeads: 2,
      feedForward: 96,
      vocabulary: 320,
      contextLength: 512,
      normEpsilon: expected.normEpsilon,
      normOffset: family === "gemma3" ? 1 : 0,
      qkvBias: family === "qwen2",
      qkNorm: family === "qwen3" || family === "gemma3",
      postNorms: family === "gemma3",
      activation: family === "gemma3" ? "gelu-tanh" : "silu",
    });
    expect(architecture.attentionScale).toBeCloseTo(expected.attentionScale, 12);
    expect(architecture.embeddingScale).toBeCloseTo(expected.embeddingScale, 6);
    expect(architecture.layers.map(({ window }) => window)).toEqual(expected.layers.map(({ window }) => window));
    for (const [layer, { frequencies: theirs }] of expected.layers.entries())
      for (const [i, ours] of frequencies(architecture, layer).entries())
        expect(Math.abs(ours / theirs[i]! - 1), `frequency ${i} of layer ${layer}`).toBeLessThan(2e-6); // fp32
  });

  it("has an identity of what is in the files, not of where they are", async () => {
    const openModel = (path: string) => openFrozenWeights(join(models, path), { cacheDirectory: cache });
    const [one, other] = [await openModel("qwen2-f16"), await openModel("gemma3-bf16")];
    expect(one.identity).toMatch(/^[0-9a-f]{64}$/);
    expect(one.identity).not.toBe(other.identity);
    await cp(join(models, "qwen2-f16"), join(cache, "copy"), { recursive: true });
    const copy = await openFrozenWeights(join(cache, "copy"), { cacheDirectory: cache });
    expect(copy).toEqual(one);
    const config = join(cache, "copy", "config.json");
    await writeFile(config, (await readFile(config, "utf8")).replace("1e-06", "2e-06"));
    expect((await openFrozenWeights(join(cache, "copy"), { cacheDirectory: cache })).identity).not.toBe(one.identity);
  });
});

describe("the cache of converted weights", () => {
  const path = () => join(models, "gemma3-q4_1-f16.gguf");
  const openModel = () => openFrozenWeights(path(), { cacheDirectory: cache });
  const filesOf = ({ identity }: FrozenWeights) =>
    [`${identity}.f32`, `${identity}.json`].map((name) => join(cache, "weights", name)) as [string, string];

  it("converts once, with progress in bytes of the model's file", async () => {
    const seen: [string, number, number | null][] = [];
    const options = {
      cacheDirectory: cache,
      onProgress: ({ label, bytes, total }) => seen.push([label, bytes, total]),
    } as const satisfies Parameters<typeof openFrozenWeights>[1];
    const first = await openFrozenWeights(path(), options);
    const labels = ["gemma3-q4_1-f16.gguf, checking", "gemma3-q4_1-f16.gguf, to fp32"];
    expect([...new Set(seen.map(([label]) => label))]).toEqual(labels);
    for (const label of labels) {
      const steps = seen.filter(([of]) => of === label);
      expect(steps.at(-1)![1]).toBe(steps.at(-1)![2]);
      expect(steps.map(([, bytes]) => bytes)).toEqual(steps.map(([, bytes]) => bytes).sort((a, b) => a - b));
    }
    const { mtimeMs } = await stat(filesOf(first)[0]);
    seen.length = 0;
    expect(await openFrozenWeights(path(), options)).toEqual(first);
    expect(seen).toEqual([]);
    expect((await stat(filesOf(first)[0])).mtimeMs).toBe(mtimeMs);
  });

  it("is filled once by two that open a model at once", async () => {
    const [one, other] = await Promise.all([openModel(), openModel()]);
    expect(one).toEqual(other);
    expect((await readdir(join(cache, "weights"))).sort()).toEqual(
      [`${one.identity}.f32`, `${one.identity}.json`, "hashes"].sort(),
    );
  });

  it.each([
    ["cut off", async ([weights]: [string, string]) => truncate(weights, 5000)],
    ["longer than it was", async ([weights]: [string, string]) => appendFile(weights, "x")],
    [
      "written to",
      async ([weights]: [string, string]) => {
        await writeFile(weights, Buffer.alloc((await stat(weights)).size));
        await utimes(weights, 1, 1);
      },
    ],
    ["gone", async ([weights]: [string, string]) => rm(weights)],
    ["without its index", async ([, index]: [string, string]) => rm(index)],
    ["with a broken index", async ([, index]: [string, string]) => writeFile(index, "{")],
    [
      "with an index of another form",
      async ([, index]: [string, string]) =>
        writeFile(index, (await readFile(index, "utf8")).replace('"offset":4096', '"offset":8192')),
    ],
  ] as const)("is made anew when it is %s", async (_, spoil) => {
    const first = await openModel();
    const good = await readFile(filesOf(first)[0]);
    await spoil(filesOf(first));
    expect(await openModel()).toEqual(first);
    expect((await readFile(filesOf(first)[0])).equals(good)).toBe(true);
  });

  it("notices that the model's file was replaced", async () => {
    const own = join(cache, "own.gguf");
    await writeFile(own, await readFile(join(models, "qwen2-f32.gguf")));
    const before = await openFrozenWeights(own, { cacheDirectory: cache });
    await writeFile(own, await readFile(path()));
    const after = await openFrozenWeights(own, { cacheDirectory: cache });
    expect(before.architecture.family).toBe("qwen2");
    expect(after.architecture.family).toBe("gemma3");
    expect(after.identity).not.toBe(before.identity);
  });

  it("leaves nothing behind when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = ({ label }: { label: string }) => {
      if (label.endsWith("fp32")) controller.abort(reason);
    };
    const work = openFrozenWeights(path(), { cacheDirectory: cache, onProgress, signal: controller.signal });
    await expect(work).rejects.toBe(reason);
    expect(await readdir(join(cache, "weights"))).toEqual(["hashes"]);
  });

  // The shell's limit on the size of files makes a write fail as a full disk does.
  it.skipIf(process.platform === "win32")("says that there is no room, and leaves nothing behind", async () => {
    const module = new URL("./frozen-weights-file.ts", import.meta.url).href;
    const code = `
      const { openFrozenWeights } = await import(${JSON.stringify(module)});
      const [path, cacheDirectory] = process.argv.slice(1);
      await openFrozenWeights(path, { cacheDirectory }).catch((error) => console.log(error.name + ": " + error.message));`;
    const limited = 'ulimit -f 200; exec "$0" "$@"'; // blocks of 512 bytes or 1 KB: less than the weights
    const child = spawnSync("sh", ["-c", limited, process.execPath, "--input-type=module", "-e", code, path(), cache], {
      encoding: "utf8",
    });
    expect(child.stdout).toMatch(
      /^NoRoomError: no room for the model's weights as fp32: .*weights needs 0\.00 GB free .*RPO_CACHE/,
    );
    expect(await readdir(join(cache, "weights"))).toEqual(["hashes"]);
  });
});

const smollm = await cachedModel("smollm2-135m");

describe.skipIf(smollm === null)(
  `SmolLM2-135M-Instruct${smollm === null ? " (skipped: it is not in the cache)" : ""}`,
  () => {
    it("has its architecture, and the values that llama.cpp's package reads", async () => {
      const weights = await openFrozenWeights(smollm!.path, { cacheDirectory: cache });
      expect(weights.identity).toBe(smollm!.sha256);
      expect(weights.architecture).toEqual({
        family: "llama",
        hidden: 576,
        heads: 9,
        kvHeads: 3,
        headDim: 64,
        feedForward: 1536,
        vocabulary: 49152,
        contextLength: 8192,
        normEpsilon: 1e-5,
        normOffset: 0,
        attentionScale: 1 / 8,
        qkvBias: false,
        qkNorm: false,
        postNorms: false,
        activation: "silu",
        embeddingScale: 1,
        tiedEmbeddings: true,
        layers: Array.from({ length: 30 }, () => ({ window: null, ropeTheta: 100_000, ropeFactors: null })),
      });
      const names = {
        "blk.29.ffn_down.weight": "model.layers.29.mlp.down_proj.weight",
        "blk.3.attn_k.weight": "model.layers.3.self_attn.k_proj.weight",
      };
      const jobs = Object.keys(names).map((tensor) => ({ gguf: smollm!.path, tensor, values: join(cache, tensor) }));
      execFileSync(venvPython, [script("dequantise.py")], { input: JSON.stringify(jobs) });
      const down = await bytesOf(weights, names["blk.29.ffn_down.weight"]);
      expect(down.equals(await readFile(join(cache, "blk.29.ffn_down.weight")))).toBe(true);
      const rows = await bytesOf(weights, names["blk.3.attn_k.weight"]);
      const theirs = await readFile(join(cache, "blk.3.attn_k.weight"));
      const row = 576 * 4;
      expect(theirs.length).toBe(192 * row);
      for (let i = 0; i < 192; i++)
        expect(
          rows.subarray(i * row, (i + 1) * row).equals(theirs.subarray(ggufRow(i, 64) * row).subarray(0, row)),
        ).toBe(true);
    });
  },
);
