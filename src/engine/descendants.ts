// The processes that a process has started, and those that they have: torchrun puts each of its ranks into a session of its own, so
// that a signal to torchrun's group doesn't reach them, and a rank that is left holds its processor's memory. POSIX systems.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** ps counts from the time since boot, which it rounds anew at every call. */
const JITTER_MS = 2000;

/** A process, told from a later one of the same number by when it began. */
export interface SeenProcess {
  readonly id: number;
  /** Milliseconds since 1970, to the second. */
  readonly began: number;
}

/** All that descend from a process, as far as they still have their parents; none where that can't be told. */
export const descendantsOf = async (id: number): Promise<SeenProcess[]> => descendantsIn(await listing(), id);

/** The same from an answer of `ps -A -o pid=,ppid=,lstart=`. */
export function descendantsIn(listing: string, id: number): SeenProcess[] {
  const children = new Map<number, SeenProcess[]>();
  for (const { parent, ...process } of parsed(listing))
    children.set(parent, [...(children.get(parent) ?? []), process]);
  const found = new Map<number, SeenProcess>();
  for (const waiting = [id]; waiting.length > 0; ) {
    for (const child of children.get(waiting.pop() ?? -1) ?? []) {
      if (child.id === id || found.has(child.id)) continue;
      found.set(child.id, child);
      waiting.push(child.id);
    }
  }
  return [...found.values()];
}

/** Ends those of the processes that are still there, and no other that has got its number. */
export async function killRemaining(seen: readonly SeenProcess[]): Promise<void> {
  if (seen.length === 0) return;
  const began = new Map(parsed(await listing()).map((process) => [process.id, process.began]));
  killNow(seen.filter(({ id, began: then }) => Math.abs((began.get(id) ?? 0) - then) <= JITTER_MS));
}

/** Ends processes without looking; those that are gone are passed over. */
export function killNow(seen: readonly SeenProcess[]): void {
  for (const { id } of seen) {
    try {
      process.kill(id, "SIGKILL");
    } catch {
      // Gone already, or not ours.
    }
  }
}

async function listing(): Promise<string> {
  const answer = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,lstart="], {
    env: { ...process.env, LC_ALL: "C" },
  }).catch(() => ({ stdout: "" }));
  return answer.stdout;
}

function parsed(listing: string): (SeenProcess & { readonly parent: number })[] {
  return listing.split("\n").flatMap((line) => {
    const [, id, parent, began] = /^\s*(\d+)\s+(\d+)\s+(.*\S)\s*$/.exec(line) ?? [];
    return began === undefined ? [] : [{ id: Number(id), parent: Number(parent), began: Date.parse(began) }];
  });
}
