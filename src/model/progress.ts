// How far a transfer of bytes is: done, total, rate, time left. Ignores how it is shown.

/** A transfer at one moment. */
export interface Progress {
  /** What is transferred, for a person to read. */
  readonly label: string;
  /** Bytes there, those of an earlier run included. */
  readonly bytes: number;
  /** Bytes of the whole; null when the source doesn't say. */
  readonly total: number | null;
  /** Bytes a second since this run began; null until it can be told. */
  readonly bytesPerSecond: number | null;
  /** Null until it can be told. */
  readonly secondsLeft: number | null;
}

/**
 * Measures a transfer.
 * @param start bytes that were there when it began.
 * @param now clock in milliseconds.
 */
export function progressMeter(
  label: string,
  start: number,
  now: () => number,
): (bytes: number, total: number | null) => Progress {
  const began = now();
  return (bytes, total) => {
    const seconds = (now() - began) / 1000;
    const bytesPerSecond = seconds > 0 && bytes > start ? (bytes - start) / seconds : null;
    const secondsLeft = bytesPerSecond === null || total === null ? null : (total - bytes) / bytesPerSecond;
    return { label, bytes, total, bytesPerSecond, secondsLeft };
  };
}
