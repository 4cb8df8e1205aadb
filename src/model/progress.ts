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

const MEGABYTE = 1e6;

/** One line for a person: `SmolLM2: 45.2 of 92.9 MB, 12.1 MB/s, 4 s left`. */
export function progressLine({ label, bytes, total, bytesPerSecond, secondsLeft }: Progress): string {
  const megabytes = (count: number): string => (count / MEGABYTE).toFixed(1);
  const amount = total === null ? `${megabytes(bytes)} MB` : `${megabytes(bytes)} of ${megabytes(total)} MB`;
  const rate = bytesPerSecond === null ? "" : `, ${megabytes(bytesPerSecond)} MB/s`;
  const left = secondsLeft === null || secondsLeft < 0.5 ? "" : `, ${duration(secondsLeft)} left`;
  return `${label}: ${amount}${rate}${left}`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
