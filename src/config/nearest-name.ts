// The known name that a misspelt one is likely to mean. Looks at letters only: case and the marks between words say nothing.

/** Slips (a letter wrong, missing, too many, or two swapped) up to this share of the letters are taken for a misspelling. */
const MOST_SLIPS = 0.4;

const letters = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The nearest of the known names, or null where none is near. */
export function nearestName(given: string, known: readonly string[]): string | null {
  const text = letters(given);
  let best: { name: string; slips: number } | null = null;
  for (const name of known) {
    const other = letters(name);
    const most = Math.floor(MOST_SLIPS * Math.max(text.length, other.length));
    // The shorter a name, the cheaper to compare; one of another length by more than `most` cannot be near.
    if (Math.abs(text.length - other.length) > most) continue;
    const slips = distance(text, other);
    if (slips <= most && (best === null || slips < best.slips)) best = { name, slips };
  }
  return best?.name ?? null;
}

/** Damerau-Levenshtein distance in its restricted form: no letter is touched twice. */
function distance(from: string, to: string): number {
  const [a, b] = [[...from], [...to]];
  let earlier: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let slips = Math.min(before[column]! + 1, now[column - 1]! + 1, before[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        slips = Math.min(slips, earlier[column - 2]! + 1);
      now.push(slips);
    }
    [earlier, before] = [before, now];
  }
  return before[b.length]!;
}
