// Tokenizers carried from one form of model to the other: the tiny one, both ways, and that of SmolLM2-135M where the file is
// cached, held against llama.cpp and the tokenizers library.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { cachedModel } from "../model/pull.ts";
import { drawOne, seededRandom } from "../preference/seed.ts";
import { openTokenizer } from "../tokens/open-tokenizer.ts";
import type { ModelTokenizer } from "../tokens/tokenizer.ts";
import { writeGgufFile } from "./gguf-model-writer.ts";
import { type GgufValue, writeGguf } from "./gguf-writer.ts";
import { frozenSource } from "./model-source.ts";
import { preTokenizerName, preTokenizerOf } from "./pre-tokenizer.ts";
import { randomFrozenWeights } from "./random-weights.ts";
import { tinyArchitecture } from "./tiny-architecture.ts";
import { tinyGgufTokenizer, writeGgufModel, writeHfModel } from "./tiny-model-files.ts";
import { tokenizerForGguf } from "./tokenizer-to-gguf.ts";
import { hfCompanions } from "./tokenizer-to-hf.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-carried-"));
afterAll(() => rmSync(folder, { recursive: true }));

const weights = randomFrozenWeights(tinyArchitecture("llama"), 1, join(folder, "weights.bin"));
const size = weights.architecture.vocabulary;
const [tinyFolder, tinyGguf] = [join(folder, "tiny"), join(folder, "tiny.gguf")];
await writeHfModel(tinyFolder, weights);
await writeGgufModel(tinyGguf, weights);

const TEXTS = [
  "the thin hen, 12345 in 2024",
  "它是什么？\n\n  好的。",
  "a  b\t\n c  ",
  "don't I'LL we've",
  "<|im_start|>user\nHi<|im_end|>\n",
  "naïve é 👩‍👩‍👧 𠮷",
  "x".repeat(200),
];

/** A tokenizer for one test. */
async function open(path: string): Promise<ModelTokenizer> {
  const tokenizer = await openTokenizer(path);
  onTestFinished(() => tokenizer.dispose());
  return tokenizer;
}

const idsOf = (tokenizer: ModelTokenizer): number[][] => TEXTS.map((text) => [...tokenizer.encode(text)]);

async function writeFiles(name: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<string> {
  const path = join(folder, name);
  cpSync(tinyFolder, path, { recursive: true, filter: (from) => !/tokenizer/.test(from) });
  for (const [file, content] of files) writeFileSync(join(path, file), content);
  return path;
}

describe("the tiny vocabulary", () => {
  it("is the same in both of its forms", async () => {
    expect(idsOf(await open(tinyFolder))).toEqual(idsOf(await open(tinyGguf)));
  });

  it("goes from a GGUF file to a folder and back, chat template and special tokens included", async () => {
    const { files, hasTokenizer, config, tokenIds } = await hfCompanions(tinyGguf);
    expect([hasTokenizer, config, tokenIds]).toEqual([true, null, { bos_token_id: 259, eos_token_id: 261 }]);
    const path = await writeFiles("from-gguf", files);
    const [ours, original] = [await open(path), await open(tinyGguf)];
    expect(idsOf(ours)).toEqual(idsOf(original));
    expect(ours.endOfTurn).toBe(original.endOfTurn);
    const messages = [{ role: "user", content: "hi" }] as const;
    expect(ours.template.render(messages)).toBe(original.template.render(messages));
    expect(await tokenizerForGguf(path, size)).toEqual(tinyGgufTokenizer(size));
  });

  it("is carried as it is from GGUF to GGUF, and its files from folder to folder", async () => {
    expect(await tokenizerForGguf(tinyGguf, size)).toEqual(tinyGgufTokenizer(size));
    const { files, config } = await hfCompanions(tinyFolder);
    expect([...files.keys()]).toEqual(["tokenizer.json", "tokenizer_config.json"]);
    expect(config).toMatchObject({ model_type: "llama" });
  });

  it("fills up the ids that the model has and the vocabulary has not, and refuses the opposite", async () => {
    const metadata = await tokenizerForGguf(tinyFolder, size + 2);
    expect(metadata.get("tokenizer.ggml.tokens")?.value).toHaveLength(size + 2);
    const types = metadata.get("tokenizer.ggml.token_type")!.value as number[];
    expect(types.slice(-3)).toEqual([3, 5, 5]);
    await expect(tokenizerForGguf(tinyFolder, size - 1)).rejects.toThrow(/has the id 319, and the model has 319/);
  });

  it("takes a tokenizer.json that leaves out what it has none of", async () => {
    const { files } = await hfCompanions(tinyFolder);
    const { post_processor: none, ...rest } = JSON.parse(String(files.get("tokenizer.json")));
    expect(none).toBeNull();
    const path = await writeFiles("sparse", new Map(files).set("tokenizer.json", JSON.stringify(rest)));
    expect(await tokenizerForGguf(path, size)).toEqual(tinyGgufTokenizer(size));
  });

  it("says what to do about a tokenizer of another kind", async () => {
    const path = await writeFiles("other", new Map([["tokenizer.json", '{"model": {"vocab": {}, "merges": []}}']]));
    await expect(tokenizerForGguf(path, size)).rejects.toThrow(/no byte-level tokenizer.*merge with --to safetensors/);
    const gguf = join(folder, "spm.gguf");
    const tokenizer = new Map(tinyGgufTokenizer(size)).set("tokenizer.ggml.model", { type: "string", value: "llama" });
    await writeGguf(gguf, tokenizer, []);
    const { files, hasTokenizer } = await hfCompanions(gguf);
    expect([hasTokenizer, [...files.keys()]]).toEqual([false, ["chat_template.jinja"]]);
  });
});

describe("preTokenizerName", () => {
  it("knows again what preTokenizerOf gives, and nothing else", () => {
    for (const name of ["gpt-2", "smollm", "qwen2", "llama-bpe"])
      expect(preTokenizerName(preTokenizerOf(name)!.preTokenizer)).toBe(name);
    for (const other of [null, {}, { type: "Metaspace" }, { type: "ByteLevel", use_regex: false }])
      expect(preTokenizerName(other)).toBeNull();
    expect(preTokenizerOf("constructor")).toBeNull();
  });

  // Merges across every border of classes: what a pre-tokenizer keeps apart stays apart, what it does not is merged.
  const MERGES = ["1 2", "12 3", "a b", "' l", "Ġ a", "Ġ Ġ", "Ċ Ċ", "? Ċ", "b ?", "I '", "Ġ 1", "a 1", "! !"];
  const CHARACTERS = ["1", "2", "3", "a", "b", " ", "\n", "?", "'", "l", "I", "é", "!", "中", "😀", "\t"];

  async function writeTiny(pre: string): Promise<string> {
    const { value } = tinyGgufTokenizer(size).get("tokenizer.ggml.tokens")!;
    const bytes = (value as string[]).slice(0, 256);
    const tokens = [...bytes, ...MERGES.map((merge) => merge.replace(" ", "")), "<s>"];
    const last = tokens.length - 1;
    const tokenizer = new Map<string, GgufValue>([
      ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
      ["tokenizer.ggml.pre", { type: "string", value: pre }],
      ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens }],
      [
        "tokenizer.ggml.token_type",
        { type: "array", of: "int32", value: tokens.map((_, id) => (id === last ? 3 : 1)) },
      ],
      ["tokenizer.ggml.merges", { type: "array", of: "string", value: MERGES }],
      ["tokenizer.ggml.bos_token_id", { type: "uint32", value: last }],
      ["tokenizer.ggml.eos_token_id", { type: "uint32", value: last }],
      ["tokenizer.chat_template", { type: "string", value: "{% for m in messages %}{{ m.content }}<s>{% endfor %}" }],
    ]);
    const path = join(folder, `${pre}.gguf`);
    const architecture = { ...weights.architecture, vocabulary: tokens.length };
    await writeGgufFile(path, frozenSource(randomFrozenWeights(architecture, 1, `${path}.bin`)), {
      format: "F16",
      name: pre,
      tokenizer,
    });
    return path;
  }

  it("stands for what llama.cpp does under each name", async () => {
    const random = seededRandom("pre-tokenizer test");
    const texts = Array.from({ length: 200 }, () =>
      Array.from({ length: 12 }, () => drawOne(CHARACTERS, random)).join(""),
    );
    const seen = new Set<string>();
    for (const pre of ["gpt-2", "smollm", "qwen2", "llama-bpe"]) {
      const path = await writeTiny(pre);
      const theirs = await open(path);
      const ours = await open(await writeFiles(`cut-${pre}`, (await hfCompanions(path)).files));
      for (const text of texts) expect([pre, text, ...ours.encode(text)]).toEqual([pre, text, ...theirs.encode(text)]);
      seen.add(texts.map((text) => ours.encode(text).join()).join("\n"));
    }
    expect(seen.size).toBe(4); // the texts tell the four from each other
  });
});

const smollm = await cachedModel("smollm2-135m");

describe.skipIf(smollm === null)("SmolLM2-135M (run where `rpo models pull smollm2-135m` was)", () => {
  it("has the same ids in a folder made of its GGUF file", async () => {
    const { files, hasTokenizer } = await hfCompanions(smollm!.path);
    expect(hasTokenizer).toBe(true);
    const [ours, original] = [await open(await writeFiles("smollm", files)), await open(smollm!.path)];
    expect(idsOf(ours)).toEqual(idsOf(original));
    expect(ours.endOfTurn).toBe(original.endOfTurn);
  });
});
