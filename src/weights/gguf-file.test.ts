// Headers of files made here byte by byte, whole and broken; real files are opened in frozen-weights-file.test.ts.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { readGgufFile } from "./gguf-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-gguf-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const entry = (key: string, type: number, ...value: Buffer[]) => Buffer.concat([text(key), u32(type), ...value]);
const tensor = (name: string, type: number, offset: number, ...sizes: (number | bigint)[]) =>
  Buffer.concat([text(name), u32(sizes.length), ...sizes.map(u64), u32(type), u64(offset)]);

interface Parts {
  readonly magic?: string;
  readonly version?: number;
  readonly tensors?: readonly Buffer[];
  readonly entries?: readonly Buffer[];
  readonly tensorCount?: number | bigint;
  readonly entryCount?: number | bigint;
  readonly alignment?: number;
  /** Bytes of all tensors. */
  readonly data?: Buffer;
}

function gguf(parts: Parts): Buffer {
  const { magic = "GGUF", version = 3, tensors = [], entries = [], alignment = 32, data = Buffer.alloc(0) } = parts;
  const { tensorCount = tensors.length, entryCount = entries.length } = parts;
  const head = Buffer.concat([
    Buffer.from(magic),
    u32(version),
    u64(tensorCount),
    u64(entryCount),
    ...entries,
    ...tensors,
  ]);
  return Buffer.concat([head, Buffer.alloc((alignment - (head.length % alignment)) % alignment), data]);
}

let files = 0;
async function read(bytes: Buffer, wanted?: (key: string) => boolean) {
  const path = join(folder, `${files++}.gguf`);
  await writeFile(path, bytes);
  return readGgufFile(path, wanted);
}

const ARCHITECTURE = entry("general.architecture", 8, text("llama"));

describe("readGgufFile", () => {
  it("reads every type of metadata", async () => {
    const double = Buffer.alloc(8);
    double.writeDoubleLE(-0.1);
    const float = Buffer.alloc(4);
    float.writeFloatLE(0.5);
    const { metadata } = await read(
      gguf({
        entries: [
          entry("u8", 0, Buffer.from([255])),
          entry("i8", 1, Buffer.from([255])),
          entry("u16", 2, Buffer.from([255, 255])),
          entry("i16", 3, Buffer.from([254, 255])),
          entry("u32", 4, u32(4_000_000_000)),
          entry("i32", 5, u32(0xffffffff)),
          entry("f32", 6, float),
          entry("bool", 7, Buffer.from([1])),
          entry("string", 8, text("größe 😀")),
          entry("array", 9, u32(5), u64(2), u32(1), u32(0xfffffffe)),
          entry("strings", 9, u32(8), u64(2), text("a"), text("")),
          entry("u64", 10, u64(1n << 40n)),
          entry("i64", 11, u64(0xffffffffffffffffn)),
          entry("f64", 12, double),
        ],
      }),
    );
    expect(Object.fromEntries(metadata)).toEqual({
      u8: 255,
      i8: -1,
      u16: 65535,
      i16: -2,
      u32: 4_000_000_000,
      i32: -1,
      f32: 0.5,
      bool: true,
      string: "größe 😀",
      array: [1, -2],
      strings: ["a", ""],
      u64: 2 ** 40,
      i64: -1,
      f64: -0.1,
    });
  });

  it("passes over what is not wanted, the vocabulary where nothing is said", async () => {
    const tokens = Array.from({ length: 50_000 }, (_, i) => text(`token ${i}`)); // longer than what is read at once
    const bytes = gguf({
      entries: [
        entry("tokenizer.ggml.tokens", 9, u32(8), u64(tokens.length), ...tokens),
        entry("tokenizer.ggml.scores", 9, u32(6), u64(100_000), Buffer.alloc(400_000)),
        entry("tokenizer.ggml.model", 8, text("gpt2")),
        ARCHITECTURE,
      ],
      tensors: [tensor("x", 0, 0, 1)],
      data: Buffer.alloc(4),
    });
    const file = await read(bytes);
    expect([...file.metadata]).toEqual([["general.architecture", "llama"]]);
    expect(file.tensors.get("x")?.offset).toBe(bytes.length - 4);
    const { metadata } = await read(bytes, (key) => key === "tokenizer.ggml.tokens");
    expect([...metadata.keys()]).toEqual(["tokenizer.ggml.tokens"]);
    expect(metadata.get("tokenizer.ggml.tokens")).toHaveLength(50_000);
  });

  it("says where tensors lie, rows first", async () => {
    const bytes = gguf({
      entries: [entry("general.alignment", 4, u32(64))],
      tensors: [tensor("a", 0, 0, 3, 2), tensor("b", 12, 64, 512)],
      alignment: 64,
      data: Buffer.alloc(64 + 288),
    });
    const { tensors, path } = await read(bytes);
    const start = bytes.length - 64 - 288;
    expect([...tensors.values()]).toEqual([
      { name: "a", type: "F32", shape: [2, 3], file: path, offset: start, bytes: 24 },
      { name: "b", type: "Q4_K", shape: [512], file: path, offset: start + 64, bytes: 288 },
    ]);
    expect(start % 64).toBe(0);
  });

  const one = gguf({
    entries: [ARCHITECTURE],
    tensors: [tensor("blk.0.ffn_up.weight", 3, 0, 64, 2)],
    data: Buffer.alloc(80),
  });

  it("notices a file that is cut off, wherever", async () => {
    await read(one);
    await expect(read(one.subarray(0, -1))).rejects.toThrow(
      /is truncated: tensor blk\.0\.ffn_up\.weight lies at bytes \d+ to \d+, the file has \d+$/,
    );
    for (let size = 0; size < one.length; size += 3)
      await expect(read(one.subarray(0, size)), `${size} bytes`).rejects.toThrow(InputError);
  });

  it.each<[string, Buffer, RegExp]>([
    ["an empty file", Buffer.alloc(0), /is no GGUF file/],
    ["a page of a website", Buffer.from("<!doctype html>"), /is no GGUF file: it does not begin with "GGUF"/],
    ["version 1", gguf({ version: 1 }), /GGUF version 1 is not read; versions 2 and 3 are/],
    ["big-endian files", gguf({ version: 3 << 24 }), /big-endian/],
    ["more tensors than it can hold", gguf({ tensorCount: 1n << 40n }), /truncated or broken/],
    ["more metadata than it can hold", gguf({ entryCount: 1n << 63n }), /is 9223372036854775808/],
    [
      "a longer text than the file",
      gguf({ entries: [entry("name", 8, u64(1n << 50n))] }),
      /truncated or broken: name at byte \d+ needs 1125899906842624 bytes, 0 are left|truncated or broken: name/,
    ],
    [
      "a longer array than the file",
      gguf({ entries: [entry("list", 9, u32(4), u64(1n << 40n))] }),
      /truncated or broken: list at byte \d+ needs 4398046511104 bytes/,
    ],
    ["arrays of arrays", gguf({ entries: [entry("list", 9, u32(9), u64(1), u64(0))] }), /list has the unknown type 9/],
    [
      "unknown types of metadata",
      gguf({ entries: [entry("key", 13, u64(0))] }),
      /metadata key has the unknown type 13/,
    ],
    [
      "types of tensors that are not read",
      gguf({ tensors: [tensor("output.weight", 20, 0, 32)], data: Buffer.alloc(64) }),
      /tensor output\.weight has the type IQ4_NL, which is not read; read are F32, F16, BF16, Q4_0, .*Q6_K$/,
    ],
    [
      "types of tensors that nobody knows",
      gguf({ tensors: [tensor("x", 99, 0, 32)], data: Buffer.alloc(64) }),
      /tensor x has the type number 99, which/,
    ],
    [
      "rows that are no whole blocks",
      gguf({ tensors: [tensor("x", 14, 0, 128, 2)], data: Buffer.alloc(512) }),
      /rows of tensor x \[2,128\] are no whole blocks of 256 \(Q6_K\)/,
    ],
    [
      "two tensors of one name",
      gguf({ tensors: [tensor("x", 0, 0, 1), tensor("x", 0, 0, 1)], data: Buffer.alloc(64) }),
      /two tensors are called x/,
    ],
    ["five dimensions", gguf({ tensors: [tensor("x", 0, 0, 1, 1, 1, 1, 1)], data: Buffer.alloc(64) }), /5 dimensions/],
    [
      "four thousand million dimensions",
      gguf({ tensors: [Buffer.concat([text("x"), u32(0xffffffff), u64(0), u64(0)])] }),
      /dimensions/,
    ],
    [
      "a tensor larger than any file",
      gguf({ tensors: [tensor("x", 0, 0, 1n << 40n, 1n << 40n)], data: Buffer.alloc(64) }),
      /is truncated: tensor x lies at/,
    ],
    ["an alignment of nothing", gguf({ entries: [entry("general.alignment", 4, u32(0))] }), /general\.alignment is 0/],
    [
      "parts of a model",
      gguf({ entries: [entry("split.count", 2, Buffer.from([4, 0]))] }),
      /is one of 4 parts of a model: join them with llama\.cpp's llama-gguf-split --merge/,
    ],
  ])("refuses %s", async (_, bytes, message) => {
    const attempt = read(bytes);
    await expect(attempt).rejects.toThrow(InputError);
    await expect(attempt).rejects.toThrow(message);
  });

  it("gives the system's error for what can't be opened, and refuses folders", async () => {
    await expect(readGgufFile(join(folder, "absent.gguf"))).rejects.toThrow(/ENOENT/);
    await expect(readGgufFile(folder)).rejects.toThrow(/is no file|EISDIR|EPERM/);
  });
});
