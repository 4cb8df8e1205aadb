// Runs between an opening and a closing mark (bold, links, titles …), found in one pass: a text that opens thousands of marks
// and closes none, as a looping model writes, costs no more than any other. Backtracking patterns take the square of its length.

/** A run by code units: its opening mark starts at `start`, its inside is [from, to), its closing mark ends before `end`. */
export interface Span {
  readonly start: number;
  readonly from: number;
  readonly to: number;
  readonly end: number;
}

/**
 * Finds where a pattern next matches, for questions that go forward only: the last answer is kept, so that all questions
 * together read the text once. The pattern must look a bounded number of characters around.
 */
export function nextIn(text: string, pattern: RegExp): (at: number) => number {
  const search = new RegExp(pattern.source, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`);
  let found = -1;
  return (at) => {
    if (found < at) {
      search.lastIndex = at;
      found = search.exec(text)?.index ?? Number.POSITIVE_INFINITY;
    }
    return found;
  };
}

/** Same as {@link nextIn} for a fixed string. */
function nextString(text: string, wanted: string): (at: number) => number {
  let found = -1;
  return (at) => {
    if (found < at) {
      found = text.indexOf(wanted, at);
      if (found === -1) found = Number.POSITIVE_INFINITY;
    }
    return found;
  };
}

const STAR = { sign: "**", open: /\*\*(?=[^\s*])/g, close: /(?<=[^\s*])\*\*(?!\*)/g };
const UNDERSCORE = { sign: "__", open: /__(?=[^\s_])/g, close: /(?<=[^\s_])__(?!_)/g };

/** Markdown bold: `**…**` and `__…__` within a line, with no white space inside the marks. */
export function boldSpans(text: string): readonly Span[] {
  const marks = [STAR, UNDERSCORE]
    .filter(({ sign }) => text.includes(sign))
    .map(({ open, close }) => ({ open: nextIn(text, open), close: nextIn(text, close) }));
  if (marks.length === 0) return [];
  const newline = nextString(text, "\n");
  const spans: Span[] = [];
  for (let at = 0; ; ) {
    let start = Number.POSITIVE_INFINITY;
    let mark = marks[0]!;
    for (const candidate of marks) {
      const open = candidate.open(at);
      if (open < start) {
        start = open;
        mark = candidate;
      }
    }
    if (start === Number.POSITIVE_INFINITY) return spans;
    const to = mark.close(start + 3);
    if (to < newline(start + 2)) {
      spans.push({ start, from: start + 2, to, end: to + 2 });
      at = to + 2;
    } else at = start + 1;
  }
}

/** Number of Markdown links: `[text](target)` within a line; pictures (`![…](…)`) are none. */
export function countLinks(text: string): number {
  const closeText = nextIn(text, /[\]\n]/g);
  const closeTarget = nextIn(text, /[)\n]/g);
  let count = 0;
  for (let at = text.indexOf("["); at !== -1; ) {
    const middle = closeText(at + 1);
    let next = at + 1;
    if (text[at - 1] !== "!" && middle > at + 1 && text.startsWith("](", middle)) {
      const end = closeTarget(middle + 2);
      if (end > middle + 2 && text[end] === ")") {
        count += 1;
        next = end + 1;
      }
    }
    at = text.indexOf("[", next);
  }
  return count;
}

/** Number of `[…]` within a line that are no link texts. */
export function countPlaceholders(text: string): number {
  const close = nextIn(text, /[\]\n]/g);
  let count = 0;
  for (let at = text.indexOf("["); at !== -1; ) {
    const end = close(at + 1);
    const is = text[end] === "]" && text[end + 1] !== "(";
    if (is) count += 1;
    at = text.indexOf("[", is ? end + 1 : at + 1);
  }
  return count;
}

/** Number of `<<…>>` within a line that hold more than white space and angle brackets. */
export function countTitles(text: string): number {
  const filling = nextIn(text, /[^\s<>]/g);
  const close = nextString(text, ">>");
  const newline = nextString(text, "\n");
  let count = 0;
  for (let at = text.indexOf("<<"); at !== -1; ) {
    const end = close(filling(at + 2) + 1);
    const is = end < newline(at + 2);
    if (is) count += 1;
    at = text.indexOf("<<", is ? end + 2 : at + 1);
  }
  return count;
}
