// A program with everything that it starts, as a process group of its own: vLLM runs a process for each graphics processor, and
// one that is left behind holds its memory. Its output goes to a file, which outlives it. POSIX systems only.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface ProcessGroup {
  /** Number of the group, and of its first process. */
  readonly id: number;
  /** Resolved, never rejected, when the first process has ended: how, in words. */
  readonly ended: Promise<string>;
  /** The same as the system told it. */
  readonly exit: Promise<ProcessExit>;
  readonly running: boolean;
  /** Asks all of the group to end their work, as Ctrl-C does. */
  interrupt(): void;
  /** Ends the whole group: asks, waits so long, then kills. Resolved when none of it is left. */
  stop(graceMs: number): Promise<void>;
  /** Ends the whole group at once; for when nothing can be waited for. */
  kill(): void;
}

/** How a process ended: one of the two is null. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Time between two looks at whether a group is gone. */
const LOOK_MS = 20;
/** A killed process goes as soon as the system gets to it; one that stays (a driver that hangs, nobody to bury it) can't be helped. */
const LINGER_MS = 10_000;

/**
 * Starts a program in a group of its own. @param log file that its output is added to
 * @throws the system's error where the program can't be started
 */
export async function startGroup(
  executable: string,
  args: readonly string[],
  {
    env,
    log,
    cwd,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly log: string; readonly cwd?: string },
): Promise<ProcessGroup> {
  const output = openSync(log, "a");
  let child: ChildProcess;
  let running = true;
  let exit: Promise<ProcessExit>;
  try {
    child = spawn(executable, args, { detached: true, env, stdio: ["ignore", output, output], ...(cwd && { cwd }) });
    exit = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        running = false;
        resolve({ code, signal });
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
  } finally {
    closeSync(output);
  }
  const id = child.pid!;
  return {
    id,
    exit,
    ended: exit.then(({ code, signal }) => (signal === null ? `exit code ${code}` : `ended by ${signal}`)),
    get running() {
      return running;
    },
    interrupt: () => void signalGroup(id, "SIGINT"),
    async stop(graceMs) {
      if (!signalGroup(id, "SIGTERM")) return;
      if (await gone(id, graceMs)) return;
      signalGroup(id, "SIGKILL");
      await gone(id, LINGER_MS);
    },
    kill: () => void signalGroup(id, "SIGKILL"),
  };
}

/** Sends a signal to all of a group; false where there is none any more. */
function signalGroup(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-id, signal);
    return true;
  } catch (error) {
    // EPERM: of what is left, nothing is ours to end.
    if (["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

async function gone(id: number, withinMs: number): Promise<boolean> {
  for (let waited = 0; waited < withinMs; waited += LOOK_MS) {
    if (!signalGroup(id, 0)) return true;
    await delay(LOOK_MS);
  }
  return !signalGroup(id, 0);
}
