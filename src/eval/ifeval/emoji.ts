// Emoji as the Python package emoji finds them: those that Unicode recommends, the longest at each place, with or without
// their variation selectors, and the single signs of which they are made. Its list is a few Unicode versions of its own;
// ours is that of this machine's.

const PART = "\\p{Emoji}(?:\\ufe0f?\\u20e3|\\p{Emoji_Modifier}|\\ufe0f)?";
const candidate = new RegExp(
  `\\p{Regional_Indicator}{2}|(?![0-9#*](?!\\ufe0f?\\u20e3))(?!\\p{Regional_Indicator})(?:\\u{1f3f4}[\\u{e0020}-\\u{e007f}]+|${PART})(?:\\u200d${PART})*[\\ufe0e\\ufe0f]?`,
  "gu",
);
const recommended = /^\p{RGI_Emoji}$/v;
const shownAsText = /^(?!\p{Emoji_Presentation})\p{Emoji}$/u;

/** Number of emoji, and the text without them. */
export function withoutEmoji(text: string): { readonly count: number; readonly rest: string } {
  let count = 0;
  const rest = text.replace(candidate, (found) => {
    count += countIn(found);
    return "";
  });
  return { count, rest };
}

/** Emoji in a run joined by joiners: one if it is recommended as a whole, else its parts, the longest first. */
function countIn(run: string): number {
  const parts = run.split("\u200d");
  let count = 0;
  for (let at = 0; at < parts.length; ) {
    let end = parts.length;
    while (end > at + 1 && !recommended.test(qualified(parts.slice(at, end)))) end -= 1;
    count += 1;
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
