// A server that is kept running: started, waited for until it is healthy, watched, started again when it dies or falls silent,
// given up when it dies too often. Knows a command, an address to ask for its health and a log; nothing of models.
import { setTimeout as delay } from "node:timers/promises";
import { InputError } from "../dataset/input-error.ts";
import { type ProcessGroup, startGroup } from "./process-group.ts";
import { RESTART_LIMITS, type RestartLimits, RestartPolicy } from "./restart-policy.ts";

export interface ServerCommand {
  /** For messages. */
  readonly name: string;
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answers 200 when the server can serve, and anything else or nothing when it cannot. */
  readonly health: string;
  /** File that its output is added to. */
  readonly log: string;
}

/** What happens to a server. */
export type ServerEvent =
  | { readonly what: "starting" }
  | { readonly what: "healthy" }
  /** `how`: why it is not there any more, in words. */
  | { readonly what: "died"; readonly how: string; readonly restartMs: number }
  | { readonly what: "given up"; readonly how: string };

export interface ServerTiming {
  /** Between two looks at the health of a server that starts, and of one that serves. */
  readonly startingMs: number;
  readonly servingMs: number;
  /** Time allowed for an answer about its health. */
  readonly answerMs: number;
  /** A server that gives no good answer for so long is ended and started again. */
  readonly silentMs: number;
  /** Time allowed to end when asked. */
  readonly graceMs: number;
  readonly restart: RestartLimits;
}

export const SERVER_TIMING: ServerTiming = {
  startingMs: 500,
  servingMs: 5000,
  answerMs: 10_000,
  // A server under load may answer late; one whose engine is dead says so (503) or ends by itself.
  silentMs: 60_000,
  // vLLM ends its workers one after the other.
  graceMs: 20_000,
  restart: RESTART_LIMITS,
};

export interface KeptServer {
  /** Resolved when the server is healthy for the first time. @throws ServerFailed where it never was; the signal's reason */
  readonly ready: Promise<void>;
  /** Resolved, never rejected, when the server is no longer kept: how it died for the last time, or null where it was stopped. */
  readonly over: Promise<string | null>;
  /** Ends it at once, with everything it started; for when nothing can be waited for. */
  kill(): void;
}

/** A server that ended before it was healthy: starting it again would not help. */
export class ServerFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ServerFailed";
  }
}

export interface KeepOptions {
  /** Stops the server. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: ServerEvent) => void;
  readonly timing?: ServerTiming;
  /** Milliseconds, from any start. */
  readonly now?: () => number;
  readonly fetch?: typeof globalThis.fetch;
}

/** Starts a server, and keeps it running until the signal stops it. */
export function keepServer(
  command: ServerCommand,
  {
    signal,
    onEvent,
    timing = SERVER_TIMING,
    now = performance.now.bind(performance),
    fetch = globalThis.fetch,
  }: KeepOptions,
): KeptServer {
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {}); // may be nobody's concern when all is being stopped
  const policy = new RestartPolicy(timing.restart);
  let group: ProcessGroup | undefined;

  async function isHealthy(): Promise<boolean> {
    try {
      const answer = await fetch(command.health, { signal: AbortSignal.timeout(timing.answerMs) });
      await answer.body?.cancel();
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  /** One life of the server: null where the signal ended it, else how it ended. */
  async function live(): Promise<{ readonly how: string; readonly wasHealthy: boolean } | null> {
    onEvent({ what: "starting" });
    const mine = await start(command);
    group = mine;
    // So that kill() and an abort during the start both reach it.
    const stopped = abortion(signal);
    let wasHealthy = false;
    let lastGood = now();
    const ended = mine.ended.then((how) => ({ how }));
    try {
      for (;;) {
        const wait = wasHealthy ? timing.servingMs : timing.startingMs;
        // Not a reason to stay when all else has ended; while there is a server, that is one.
        const look = delay(wait, null, { ref: false });
        const end = await Promise.race([ended, stopped.promise, look]);
        if (end === "stopped") return null;
        if (end !== null) return { ...end, wasHealthy };
        if (await isHealthy()) {
          // What answers is this server only if it is still there.
          if (!mine.running) continue;
          lastGood = now();
          if (!wasHealthy) {
            wasHealthy = true;
            onEvent({ what: "healthy" });
            first.resolve();
          }
        } else if (wasHealthy && now() - lastGood >= timing.silentMs)
          return { how: `no sign of health for ${Math.round((now() - lastGood) / 1000)} s`, wasHealthy };
      }
    } finally {
      stopped.release();
      // Whatever it started goes with it: a worker that is left holds its processor's memory.
      await mine.stop(timing.graceMs);
    }
  }

  async function keep(): Promise<string | null> {
    let served = false;
    for (;;) {
      if (signal.aborted) return null;
      const life = await live();
      if (life === null) return null;
      served ||= life.wasHealthy;
      if (!served) throw new ServerFailed(`${command.name} ended before it served: ${life.how}`);
      const restartMs = policy.died(now());
      if (restartMs === null) {
        onEvent({ what: "given up", how: life.how });
        return life.how;
      }
      onEvent({ what: "died", how: life.how, restartMs });
      await delay(restartMs, undefined, { signal }).catch(() => {});
    }
  }

  const over = keep().then(
    (how) => {
      first.reject(signal.aborted ? signal.reason : new ServerFailed(`${command.name} ended: ${how}`));
      return how;
    },
    (error: unknown) => {
      first.reject(error);
      return error instanceof Error ? error.message : String(error);
    },
  );
  return { ready: first.promise, over, kill: () => group?.kill() };
}

/** @throws InputError where there is no such program */
async function start({ executable, args, env, log }: ServerCommand): Promise<ProcessGroup> {
  try {
    return await startGroup(executable, args, { env, log });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "is not here" : code === "EACCES" ? "may not be run" : null;
    if (what === null) throw error;
    throw new InputError(`${executable} ${what}; install vLLM (pip install vllm), or name its program by --executable`);
  }
}

/** Resolved when the signal is aborted, without leaving a listener behind. */
function abortion(signal: AbortSignal): { readonly promise: Promise<"stopped">; release(): void } {
  const { promise, resolve } = Promise.withResolvers<"stopped">();
  const onAbort = (): void => resolve("stopped");
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return { promise, release: () => signal.removeEventListener("abort", onAbort) };
}
