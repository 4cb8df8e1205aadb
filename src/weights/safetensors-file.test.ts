// Files made here byte by byte, whole and broken; files of the safetensors package are opened in frozen-weights-file.test.ts.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { readSafetensorsFile } from "./safetensors-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function safetensors(header: unknown, bytes: number, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([size, json, Buffer.alloc(bytes)]);
}

let files = 0;
async function read(bytes: Buffer) {
  const path = join(folder, `${files++}.safetensors`);
  await writeFile(path, bytes);
  return readSafetensorsFile(path);
}

const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("readSafetensorsFile", () => {
  it("says where tensors lie, and which are of other types", async () => {
    const header = {
      __metadata__: { format: "pt" },
      b: entry("BF16", [2, 3], 4, 16),
      a: entry("F32", [], 0, 4),
      c: entry("I64", [1], 16, 24),
      empty: entry("F16", [0, 4], 24, 24),
    };
    const { tensors, unread, path } = await read(safetensors(header, 24));
    const start = 8 + JSON.stringify(header).length;
    expect(tensors.get("a")).toEqual({ name: "a", type: "F32", shape: [], file: path, offset: start, bytes: 4 });
    expect(tensors.get("b")).toMatchObject({ type: "BF16", shape: [2, 3], offset: start + 4, bytes: 12 });
    expect([...tensors.keys()].sort()).toEqual(["a", "b", "empty"]);
    expect(unread).toEqual([{ name: "c", file: path, type: "I64" }]);
  });

  it.each<[string, Buffer, RegExp]>([
    ["an empty file", Buffer.alloc(0), /is truncated or no safetensors file: it has 0 bytes/],
    ["a page of a website", Buffer.from("<!doctype html><html></html>"), /header at byte 0 is \d+|safetensors/],
    [
      "a header longer than the file",
      safetensors({}, 0, 1000n),
      /truncated or broken: header at byte 8 needs 1000 bytes/,
    ],
    ["a header longer than the format allows", safetensors({}, 0, 100_000_001n), /would have 100000001 bytes/],
    ["a header that is no JSON", safetensors("{", 0), /its header is no JSON/],
    ["a header that is a list", safetensors([], 0), /its header is no object/],
    ["a description that lacks something", safetensors({ a: { dtype: "F32" } }, 0), /its description of tensor a/],
    ["negative sizes", safetensors({ a: entry("F32", [-1], 0, 4) }, 4), /its description of tensor a/],
    [
      "a tensor beyond the end",
      safetensors({ a: entry("F32", [2], 0, 8) }, 7),
      /is truncated: tensor a lies at bytes \d+ to \d+, the file has \d+/,
    ],
    [
      "bytes that are not the shape's",
      safetensors({ a: entry("F16", [2], 0, 8) }, 8),
      /tensor a \[2\] of F16 has 8 bytes, not 4/,
    ],
    [
      "overlaps",
      safetensors({ a: entry("F32", [2], 0, 8), b: entry("F32", [1], 4, 8) }, 8),
      /before tensor b there is an overlap/,
    ],
    [
      "holes",
      safetensors({ a: entry("F32", [1], 0, 4), b: entry("F32", [1], 8, 12) }, 12),
      /before tensor b there is a hole/,
    ],
    ["bytes at the end", safetensors({ a: entry("F32", [1], 0, 4) }, 5), /1 bytes after its last tensor/],
    ["ends before beginnings", safetensors({ a: entry("F32", [1], 4, 0) }, 4), /has -4 bytes, not 4/],
  ])("refuses %s", async (_, bytes, message) => {
    const attempt = read(bytes);
    await expect(attempt).rejects.toThrow(InputError);
    await expect(attempt).rejects.toThrow(message);
  });
});
