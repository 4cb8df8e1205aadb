import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stagingPath } from "../dataset/staged-file.ts";
import {
  type Checkpoint,
  CheckpointError,
  checkpointFolder,
  decodeCheckpoint,
  encodeCheckpoint,
  type PairMoments,
} from "./checkpoint.ts";
import type { LoraPair } from "./lora-weights.ts";

/** Values that a text form, or a copy through doubles, would change: the smallest, the largest, −0, and one beside 1. */
const AWKWARD = [Number.MIN_VALUE, 2 ** -149, 3.4028234663852886e38, -0, 1 + 2 ** -23];

function checkpoint(step: number, withMoments = true): Checkpoint {
  const array = (length: number, from: number) =>
    Float32Array.from({ length }, (_, i) => AWKWARD[(i + from + step) % AWKWARD.length] as number);
  const pairs = new Map<string, LoraPair>();
  const moments = new Map<string, PairMoments>();
  for (const [at, name] of ["model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj"].entries()) {
    pairs.set(name, { A: array(6, at), B: array(4, at + 1) });
    moments.set(name, {
      A: { m: array(6, at + 2), v: array(6, at + 3) },
      B: { m: array(4, at + 4), v: array(4, at + 5) },
    });
  }
  const config = { model: "m", learningRate: 0.1 + 0.2, note: "ünïcode" };
  return {
    state: { step, next: { epoch: 1, position: 4 }, validated: null, best: { step: 2, loss: 0.1 + 0.2 }, config },
    lora: { config: { rank: 2, alpha: 4, dropout: 0.1, targets: ["self_attn.q_proj", "mlp.up_proj"] }, pairs },
    moments: withMoments ? moments : null,
  };
}

const bits = ({ lora, moments }: Checkpoint): number[] =>
  [...lora.pairs.keys()].flatMap((name) => {
    const pair = lora.pairs.get(name) as LoraPair;
    const of = moments?.get(name);
    const arrays = [pair.A, pair.B, ...(of ? [of.A.m, of.A.v, of.B.m, of.B.v] : [])];
    return arrays.flatMap((array) => [...new Uint32Array(array.slice().buffer)]);
  });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-checkpoint-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("checkpointFolder", () => {
  it.each([true, false])("gives back what was saved, bit for bit; moments %s", async (withMoments) => {
    const saved = checkpoint(3, withMoments);
    await checkpointFolder(join(folder, "new")).save("last", saved);
    const loaded = (await checkpointFolder(join(folder, "new")).load("last")) as Checkpoint;
    expect(loaded.state).toEqual(saved.state);
    expect(loaded.lora.config).toEqual(saved.lora.config);
    expect([...loaded.lora.pairs.keys()]).toEqual([...saved.lora.pairs.keys()]);
    expect(bits(loaded)).toEqual(bits(saved));
    expect(loaded.moments === null).toBe(!withMoments);
    expect(await readdir(join(folder, "new"))).toEqual(["last.ckpt"]);
  });

  it("has none before the first, and keeps last and best apart", async () => {
    const store = checkpointFolder(folder);
    expect(await store.load("last")).toBeNull();
    await store.save("best", checkpoint(2, false));
    expect(await store.load("last")).toBeNull();
    await store.save("last", checkpoint(5));
    expect((await store.load("best"))?.state.step).toBe(2);
    expect((await store.load("last"))?.state.step).toBe(5);
  });

  it("refuses a file of which any byte is changed, or that is cut anywhere, and leaves it there", async () => {
    const store = checkpointFolder(folder);
    await store.save("last", checkpoint(3));
    const path = join(folder, "last.ckpt");
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(() => decodeCheckpoint(changed, path)).toThrow(/last\.ckpt: damaged checkpoint: .*remove it to train/);
      expect(() => decodeCheckpoint(whole.subarray(0, at), path)).toThrow(CheckpointError);
    }
    expect(() => decodeCheckpoint(Buffer.concat([whole, Buffer.of(0)]), path)).toThrow(CheckpointError);
    await writeFile(path, whole.subarray(0, -1));
    await expect(store.load("last")).rejects.toThrow(/checksum/);
    expect((await readFile(path)).length).toBe(whole.length - 1);
  });

  it("refuses a header that lies about its arrays, even under a right checksum", async () => {
    const [start, , ...arrays] = encodeCheckpoint(checkpoint(3)) as [Uint8Array, Uint8Array, ...Uint8Array[]];
    expect(start.length).toBe(12);
    const { createHash } = await import("node:crypto");
    const forged = (change: (header: { version: number; layers: { A: number }[] }) => void): Buffer => {
      const original = encodeCheckpoint(checkpoint(3))[1] as Uint8Array;
      const header = JSON.parse(Buffer.from(original).toString());
      change(header);
      const text = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      const content = Buffer.concat([Buffer.from("rpo-ckpt"), length, text, ...arrays]);
      return Buffer.concat([content, createHash("sha256").update(content).digest()]);
    };
    const decode = (bytes: Buffer) => () => decodeCheckpoint(bytes, "x");
    expect(decode(forged(() => {}))).not.toThrow();
    expect(decode(forged((header) => header.layers.pop()))).toThrow(/more in it/);
    expect(decode(forged(({ layers }) => Object.assign(layers[0] as object, { A: 1e9 })))).toThrow(
      /arrays are missing/,
    );
    expect(decode(forged((header) => Object.assign(header, { version: 2 })))).toThrow(/another version/);
  });

  // /dev/full takes the place of the staged file: writing to it fails as a full disk does.
  it.skipIf(!existsSync("/dev/full"))("says what is kept where the disk is full", async () => {
    const store = checkpointFolder(folder);
    const path = join(folder, "last.ckpt");
    await symlink("/dev/full", stagingPath(path));
    await expect(store.save("last", checkpoint(3))).rejects.toThrow(
      /last\.ckpt: the checkpoint of step 3 could not be written \(ENOSPC.*There is no earlier one/,
    );
    expect(await readdir(folder)).toEqual([]);
    await store.save("last", checkpoint(4));
    const before = await readFile(path);
    await symlink("/dev/full", stagingPath(path));
    await expect(store.save("last", checkpoint(8))).rejects.toThrow(
      /the checkpoint of step 8 could not be written \(ENOSPC.*The last good one, of step 4, is still there/,
    );
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder)).toEqual(["last.ckpt"]);
  });

  it("says where it can't write at all", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(checkpointFolder(join(folder, "file")).save("last", checkpoint(3))).rejects.toThrow(CheckpointError);
    await expect(checkpointFolder(join(folder, "file")).load("last")).rejects.toThrow(CheckpointError);
  });
});
