// Emoji as the Python package emoji finds them: those that Unicode recommends, the longest at each place, with or without
// their variation selectors, and the single signs of which they are made. Its list is a few Unicode versions of its own;
// ours is that of this machine's.

const FLAG = "\\p{Regional_Indicator}{2}";
const KEYCAP = "[0-9#*]\\ufe0f?\\u20e3";
/** A flag of England, Scotland or Wales: letters of their own after a black flag. */
const TAGGED = "\\u{1f3f4}[\\u{e0020}-\\u{e007e}]+\\u{e007f}";
const PART = "(?![0-9#*]|\\p{Regional_Indicator})\\p{Emoji}(?:\\p{Emoji_Modifier}|\\ufe0f)?";
/** A joiner that joins nothing goes with the emoji before it. */
const candidate = new RegExp(`(?:${FLAG}|${KEYCAP}|${TAGGED}|${PART})(?:\\u200d${PART})*\\u200d?`, "gu");
const recommended = /^\p{RGI_Emoji}$/v;
const shownAsText = /^(?!\p{Emoji_Presentation})\p{Emoji}$/u;
const flag = new RegExp(`^${FLAG}`, "u");
const coloured = /(?<=.)\p{Emoji_Modifier}$/u;
/** Selectors beside no emoji go as well: the package gives them out nowhere. */
const selectors = /[\ufe0e\ufe0f]/gu;

/** Number of emoji, and the text without them. */
export function withoutEmoji(text: string): { readonly count: number; readonly rest: string } {
  let count = 0;
  let rest = "";
  let end = 0;
  candidate.lastIndex = 0;
  for (let match = candidate.exec(text); match !== null; match = candidate.exec(text)) {
    const [found] = match;
    const letters = flag.exec(found)?.[0];
    if (letters !== undefined && !recommended.test(letters)) {
      // Two letters that are no country's: the second may begin one.
      candidate.lastIndex = match.index + letters.length / 2;
      continue;
    }
    count += countIn(found);
    rest += text.slice(end, match.index);
    end = candidate.lastIndex;
  }
  return { count, rest: (rest + text.slice(end)).replace(selectors, "") };
}

/**
 * Emoji in a run joined by joiners: one if it is recommended as a whole, else its parts, the longest first. A colour of skin
 * that the sign before it can't have is an emoji by itself.
 */
function countIn(run: string): number {
  const parts = run.replace(/\u200d$/u, "").split("\u200d");
  let count = 0;
  for (let at = 0; at < parts.length; ) {
    let end = parts.length;
    let found = 0;
    for (; found === 0; end -= found === 0 ? 1 : 0) {
      const sign = qualified(parts.slice(at, end));
      if (recommended.test(sign)) found = 1;
      else if (coloured.test(sign) && recommended.test(qualified([sign.replace(coloured, "")]))) found = 2;
      else if (end === at + 1) found = 1;
    }
    count += found;
    at = end;
  }
  return count;
}

/** With the variation selectors that the recommended spelling has. */
const qualified = (parts: readonly string[]): string =>
  parts
    .map((part) => part.replace(/[\ufe0e\ufe0f]$/u, ""))
    .map((part) => (shownAsText.test(part) ? `${part}\ufe0f` : part))
    .join("\u200d");
