// Where a sample ends because it contains a stop text. Ignores tokens: it looks at text only.

/** Index in `text` at which the earliest stop text begins, or -1 when it contains none. */
export function stopIndex(text: string, stops: readonly string[]): number {
  let first = -1;
  for (const stop of stops) {
    const index = text.indexOf(stop);
    if (index !== -1 && (first === -1 || index < first)) first = index;
  }
  return first;
}

/** The text without what, at its end, may be the beginning of a stop text. */
export function withoutStopBeginning(text: string, stops: readonly string[]): string {
  let held = 0;
  for (const stop of stops) {
    const longest = Math.min(stop.length - 1, text.length);
    for (let length = longest; length > held; length--) {
      if (text.endsWith(stop.slice(0, length))) {
        held = length;
        break;
      }
    }
  }
  return text.slice(0, text.length - held);
}
