// The reason at the bottom of an error. Ignores stacks.

/** The innermost cause's message: a failed fetch says only "fetch failed" itself. */
export function failureReason(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  const { code } = reason as NodeJS.ErrnoException;
  return reason.message || code || reason.name; // a refused connection to several addresses has a code and no message
}
