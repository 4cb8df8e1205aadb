// Progress of a long command on stderr: on a terminal one line that renews itself, elsewhere a line now and then. Nothing
// is said of work that is done in two seconds.

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
