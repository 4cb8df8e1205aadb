// Where the reversed constraints stand in the prompt of a pair, so that the page can show what was reversed. They stand in
// system messages and in the query (profile/prompt.ts puts them there); the history between is left alone.
import type { Message } from "../profile/message.ts";

/** A constraint that was reversed: its id, its original text and the one that stands in the prompt. */
export interface Reversal {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** A message cut where reversed constraints begin and end. The texts, `to` for a reversal, join to the message's own. */
export interface HighlightedMessage {
  readonly role: Message["role"];
  readonly parts: readonly (string | Reversal)[];
}

/** The messages with the reversed constraints found in them, and the ones that stand nowhere. */
export interface HighlightedPrompt {
  readonly messages: readonly HighlightedMessage[];
  readonly missing: readonly Reversal[];
}

/** Letters of scripts that put spaces between words, and digits: "use 5" does not stand in "use 50". */
const IN_WORD = /[\p{N}\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u;

/** Finds each reversal wherever its new text stands whole; of overlapping ones the longest is shown. */
export function highlightPrompt(prompt: readonly Message[], reversals: readonly Reversal[]): HighlightedPrompt {
  const found = new Set<Reversal>();
  const byLength = [...reversals].sort((a, b) => b.to.length - a.to.length);
  const messages = prompt.map(({ role, content }, index): HighlightedMessage => {
    if (role !== "system" && index < prompt.length - 1) return { role, parts: [content] };
    const spans: { start: number; end: number; reversal: Reversal }[] = [];
    for (const reversal of byLength) {
      if (reversal.to === "") continue;
      for (let start = content.indexOf(reversal.to); start !== -1; start = content.indexOf(reversal.to, start + 1)) {
        const end = start + reversal.to.length;
        if (cutsWord(content, start) || cutsWord(content, end)) continue;
        if (!spans.every((span) => end <= span.start || span.end <= start)) continue;
        spans.push({ start, end, reversal });
        found.add(reversal);
      }
    }
    const parts: (string | Reversal)[] = [];
    let done = 0;
    for (const { start, end, reversal } of spans.sort((a, b) => a.start - b.start)) {
      if (start > done) parts.push(content.slice(done, start));
      parts.push(reversal);
      done = end;
    }
    if (done < content.length) parts.push(content.slice(done));
    return { role, parts };
  });
  return { messages, missing: reversals.filter((reversal) => !found.has(reversal)) };
}

const cutsWord = (text: string, at: number): boolean =>
  at > 0 && at < text.length && IN_WORD.test(text.charAt(at - 1)) && IN_WORD.test(text.charAt(at));
