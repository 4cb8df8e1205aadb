// Waiting that a signal cuts short. Ignores what becomes of the work: whoever started it ends it.

/**
 * The work's result, or undefined as soon as the signal is aborted. Work that fails after that is nobody's concern.
 * @throws what the work throws before.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    work.catch(() => undefined);
  }
}
