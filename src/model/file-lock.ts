// Lets one process at a time work on a file that several may want at once (a test run and a quickstart that both fetch the
// same model). Ignores threads of one process other than its own calls, and other machines.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Time between two looks at a lock that another process holds. */
const POLL_MS = 200;
/** A lock file that names no process yet is being written; after so long, its writer must be dead. */
const UNWRITTEN_MS = 10_000;

/**
 * Runs `work` while holding `<path>.lock`. A lock whose process is gone is taken over.
 * @param onWait called once if another process holds the lock.
 * @throws what `work` throws; the signal's reason when it is aborted while waiting.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  {
    signal,
    onWait,
  }: { readonly signal?: AbortSignal | undefined; readonly onWait?: ((holder: number) => void) | undefined } = {},
): Promise<T> {
  const lock = `${path}.lock`;
  await mkdir(dirname(lock), { recursive: true });
  let told = false;
  while (!(await take(lock))) {
    signal?.throwIfAborted();
    const holder = await holderOf(lock);
    if (holder === null) {
      await takeAway(lock);
      continue;
    }
    if (!told) onWait?.(holder);
    told = true;
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock that no process holds. Two that find it so at once must not remove each other's new one: a rename is one step. */
async function takeAway(lock: string): Promise<void> {
  const aside = `${lock}.${process.pid}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch {
    return; // another process was quicker
  }
  if ((await holderOf(aside)) === null) await rm(aside, { force: true });
  else await rename(aside, lock); // it was taken anew in between: given back
}

/** The process that holds the lock (0: not known yet), or null when none does any more. */
async function holderOf(lock: string): Promise<number | null> {
  const text = await readFile(lock, "utf8").catch(() => null);
  if (text === null) return null;
  const pid = Number(text);
  if (text === "" || !Number.isInteger(pid)) {
    const age = Date.now() - ((await stat(lock).catch(() => null))?.mtimeMs ?? 0);
    return age < UNWRITTEN_MS ? 0 : null;
  }
  try {
    process.kill(pid, 0); // asks only whether there is such a process
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? pid : null;
  }
}
