// Progress of a long command on stderr: on a terminal one line that renews itself, elsewhere a line now and then. Nothing
// is said of work that is done in two seconds.

import type { Progress } from "../model/progress.ts";

/** Milliseconds before the first line, and between lines on a terminal and elsewhere. */
const QUIET_MS = 2000;
const TERMINAL_MS = 250;
const LOG_MS = 10_000;

export interface ProgressLine {
  /** Says how far the work is, if it is time to. Cheap enough to call for every item. */
  update(text: (seconds: number) => string): void;
  /** Clears the line of a terminal. */
  done(): void;
}

/**
 * @param now milliseconds, from any start
 * @param stream where to write; `isTTY` decides the manner
 */
export function progressLine(
  now: () => number,
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
): ProgressLine {
  const start = now();
  const terminal = stream.isTTY === true;
  let next = start + QUIET_MS;
  let shown = false;
  return {
    update(text) {
      const time = now();
      if (time < next) return;
      next = time + (terminal ? TERMINAL_MS : LOG_MS);
      const line = text((time - start) / 1000);
      stream.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
      shown = terminal;
    },
    done() {
      if (shown) stream.write("\r\u001b[K");
      shown = false;
    },
  };
}

/** "1,234 turns, 56,789 rows, 20,000 rows/s" and the like: counts, then the rate of the last of them. */
export function countsAndRate(counts: Readonly<Record<string, number>>, seconds: number): string {
  const format = (count: number): string => Math.round(count).toLocaleString("en-US");
  const entries = Object.entries(counts);
  const [unit, count] = entries.at(-1) ?? ["", 0];
  return [...entries.map(([name, value]) => `${format(value)} ${name}`), `${format(count / seconds)} ${unit}/s`].join(
    ", ",
  );
}

const MEGABYTE = 1e6;

/** A transfer: `SmolLM2: 45.2 of 92.9 MB, 12.1 MB/s, 4 s left`. */
export function transfer({ label, bytes, total, bytesPerSecond, secondsLeft }: Progress): string {
  const megabytes = (count: number): string => (count / MEGABYTE).toFixed(1);
  const amount = total === null ? `${megabytes(bytes)} MB` : `${megabytes(bytes)} of ${megabytes(total)} MB`;
  const rate = bytesPerSecond === null ? "" : `, ${megabytes(bytesPerSecond)} MB/s`;
  const left = secondsLeft === null || secondsLeft < 0.5 ? "" : `, ${duration(secondsLeft)} left`;
  return `${label}: ${amount}${rate}${left}`;
}

/** "45 s", "1 min 23 s". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
