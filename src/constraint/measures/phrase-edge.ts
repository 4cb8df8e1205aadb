// Whether a text begins or ends with a phrase, and whether one text can begin or end with two. Marks around the text are let pass
// where the phrase has none of its own: “**Ahoy!**” begins and ends with “Ahoy”, but “… Ahoy.” does not end with “Ahoy!”. After a
// phrase with its stop, quotation marks, brackets and emphasis are let pass: “**Ahoy!**” ends with “Ahoy!” too. Pure; all texts and phrases are in small letters, without white space around.

/** Marks that open a text: quotation marks, brackets and emphasis. */
const OPENING = /[\s“"‘'「『（(*_]/;
/** Marks that close a text: stops, and the quotation marks, brackets and emphasis after them. */
const CLOSING = /[\s。．.!！?？…~～"”’'」』）)*_]/;

const opens = (phrase: string): boolean => OPENING.test(phrase[0] ?? "");
const closes = (phrase: string): boolean => CLOSING.test(phrase.at(-1) ?? "");
/** Those of the closing marks that say nothing by themselves: what they close may be a whole response. */
const WRAPPING = /[\s"”’'」』）)*_]/;
const wraps = (phrase: string): boolean => WRAPPING.test(phrase.at(-1) ?? "");

function withoutOpening(text: string): string {
  let start = 0;
  while (start < text.length && OPENING.test(text[start]!)) start += 1;
  return text.slice(start);
}

function withoutEnd(text: string, marks: RegExp): string {
  let end = text.length;
  while (end > 0 && marks.test(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

export const startsWith = (text: string, phrase: string): boolean =>
  text.startsWith(phrase) || (!opens(phrase) && withoutOpening(text).startsWith(phrase));

/** The marks that may stand after a phrase: all closing ones, or after a stop of its own only those that say nothing. */
const marksAfter = (phrase: string): RegExp => (closes(phrase) ? WRAPPING : CLOSING);

export const endsWith = (text: string, phrase: string): boolean =>
  text.endsWith(phrase) || (!wraps(phrase) && withoutEnd(text, marksAfter(phrase)).endsWith(phrase));

/** Whether some text starts with both. Of two phrases of which one begins with marks, the marks may stand before both. */
export function canStartWithBoth(a: string, b: string): boolean {
  const [one, other] = opens(a) === opens(b) ? [a, b] : [withoutOpening(a), withoutOpening(b)];
  return one.startsWith(other) || other.startsWith(one);
}

/** Whether some text ends with both. What may stand after one may be the other's end: “so bye!” ends with “bye” and with “!”. */
export function canEndWithBoth(a: string, b: string): boolean {
  const followedBy = (phrase: string, next: string): string =>
    phrase + next.slice(withoutEnd(next, marksAfter(phrase)).length);
  return [a, b, followedBy(a, b), followedBy(b, a)].some((text) => endsWith(text, a) && endsWith(text, b));
}
