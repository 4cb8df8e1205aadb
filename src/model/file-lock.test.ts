import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFileLock } from "./file-lock.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-lock-"));
  path = join(folder, "deep", "file");
});
afterEach(() => rm(folder, { recursive: true }));

describe("withFileLock", () => {
  it("gives out what the work gives, or its error, and leaves no lock", async () => {
    await expect(withFileLock(path, async () => 7)).resolves.toBe(7);
    const failing = withFileLock(path, async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("lets one at a time work", async () => {
    let working = 0;
    let most = 0;
    const waits: number[] = [];
    const work = async () => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setTimeout(resolve, 20));
      working--;
    };
    const onWait = (holder: number) => waits.push(holder);
    await Promise.all([1, 2, 3].map(() => withFileLock(path, work, { onWait })));
    expect(most).toBe(1);
    expect(new Set(waits)).toEqual(new Set([process.pid]));
  });

  it("takes over from a process that is gone", async () => {
    await withFileLock(path, async () => undefined); // makes the folder
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await writeFile(`${path}.lock`, String(pid));
    const runs = await Promise.all([1, 2, 3].map((n) => withFileLock(path, async () => n)));
    expect(runs).toEqual([1, 2, 3]);
  });

  it("lets one at a time work, and leaves no lock, however many take over at once", async () => {
    await withFileLock(path, async () => undefined);
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    let working = 0;
    for (let round = 0; round < 10; round++) {
      await writeFile(`${path}.lock`, String(pid));
      const work = async () => {
        expect(++working).toBe(1);
        await new Promise(setImmediate);
        working--;
      };
      await Promise.all(Array.from({ length: 4 }, () => withFileLock(path, work)));
      expect(existsSync(`${path}.lock`)).toBe(false);
    }
  });

  it("takes over where one was killed while it took over", async () => {
    await withFileLock(path, async () => undefined);
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await writeFile(`${path}.lock`, String(pid));
    await writeFile(`${path}.lock.takeover`, String(pid));
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock.takeover`, longAgo, longAgo);
    await expect(withFileLock(path, async () => 1)).resolves.toBe(1);
    expect(existsSync(`${path}.lock.takeover`)).toBe(false);
  });

  it("stops waiting when it is told to", async () => {
    const stop = new AbortController();
    await withFileLock(path, async () => {
      const waiting = withFileLock(path, async () => undefined, { signal: stop.signal });
      stop.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
    });
  });
});
