import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockRun } from "./run-lock.ts";

const now = (): Date => new Date("2026-01-02T03:04:05Z");
const HOLD = `
  import { lockRun } from ${JSON.stringify(new URL("run-lock.ts", import.meta.url).href)};
  lockRun(process.argv[1], () => new Date("2026-01-02T03:04:05Z"));
  gc(); // nobody holds on to the lock
  console.log("held");
  setInterval(() => undefined, 1000);
`;

let directory: string;
let child: ChildProcess | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-run-lock-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

/** A process that holds the lock, once it does. */
async function holder(): Promise<ChildProcess> {
  const started = spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", HOLD, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child = started;
  await once(started.stdout, "data");
  return started;
}

describe("lockRun", () => {
  it("refuses a second process, saying who is at work, and takes over when that one is killed", async () => {
    const first = await holder();
    expect(() => lockRun(directory, now)).toThrow(
      `${directory}: process ${first.pid}, since 2026-01-02T03:04:05.000Z, is at work on this run.`,
    );
    const ended = once(first, "exit");
    first.kill("SIGKILL");
    await ended;
    lockRun(directory, now).release();
  });

  it("is refused within one process as well, and free again after its release", () => {
    const lock = lockRun(directory, now);
    expect(() => lockRun(directory, now)).toThrow(`process ${process.pid}, since`);
    lock.release();
    lock.release();
    lockRun(directory, now).release();
  });

  it("of one run is not another's", () => {
    const lock = lockRun(join(directory, "a"), now);
    lockRun(join(directory, "b"), now).release();
    lock.release();
  });

  it("says which file is in its way", () => {
    mkdirSync(join(directory, "run.lock"));
    expect(() => lockRun(directory, now)).toThrow(/run\.lock cannot be used: unable to open database file/);
  });
});
