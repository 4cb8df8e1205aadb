// Ctrl-C, and the signal by which other programs end one: the first asks the work to stop and keep what is done, the second ends
// the process at once.

export interface SignalStop {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

/** The exit code of a program that Ctrl-C ended: 128 and the number of SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;

/**
 * @param onStop called at the first signal, to say what happens now
 * @param onEnd called at the second one, before the process ends: for what must not outlive it
 */
export function stopOnSignal(onStop: () => void, onEnd: () => void = () => {}): SignalStop {
  const stop = new AbortController();
  // Not `once`: a library of node-llama-cpp's ends the process where it finds no listener but its own.
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      // process.exit() would wait for the threads' current work; the system's own way of ending does not.
      onEnd();
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      return;
    }
    onStop();
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: stop.signal,
    release() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
