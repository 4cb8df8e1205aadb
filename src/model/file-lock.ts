// Lets one process at a time work on a file that several may want at once (a test run and a quickstart that both fetch the
// same model). Ignores threads of one process other than its own calls, and other machines.
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Time between two looks at a lock that another process holds. */
const POLL_MS = 200;
/** The same while another takes away the lock of a process that is gone: that is a matter of milliseconds. */
const TAKEOVER_POLL_MS = 10;
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

/**
 * Removes a lock that no process holds. Only one at a time may look and remove: another could take the lock in between, which
 * would then be removed, or, put aside and given back, stay when its holder is done.
 */
async function takeAway(lock: string): Promise<void> {
  const takeover = `${lock}.takeover`;
  if (!(await take(takeover))) {
    const age = Date.now() - ((await stat(takeover).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > UNWRITTEN_MS) await rm(takeover, { force: true }); // its process was killed within these milliseconds
    await delay(TAKEOVER_POLL_MS);
    return;
  }
  try {
    if ((await holderOf(lock)) === null) await rm(lock, { force: true });
  } finally {
    await rm(takeover, { force: true });
  }
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
