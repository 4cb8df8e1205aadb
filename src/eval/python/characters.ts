// Python's classes of characters, as they are in its re module and its str methods (Unicode), written as the inside of a
// JavaScript character class (flag u). They were compared with Python 3.11 over all characters that it knows (Unicode 14):
// no difference. Characters that Unicode took in later are classed by this machine's Unicode.

/** re's `\s`, and what str.strip, split and isspace call white space: unlike JavaScript's, with U+001C–U+001F and U+0085, without U+FEFF. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
/** re's `\w`: letters and whatever has a numeric value, but no combining marks. */
export const WORD = "\\p{L}\\p{N}_";
/** re's `\d`. */
export const DIGIT = "\\p{Nd}";
/** What str.isdigit is true of beyond `\d`: superscripts, digits in circles and such. */
const DIGIT_LIKE =
  "\\xb2\\xb3\\xb9\\u1369-\\u1371\\u19da\\u2070\\u2074-\\u2079\\u2080-\\u2089\\u2460-\\u2468\\u2474-\\u247c\\u2488-\\u2490\\u24ea\\u24f5-\\u24fd\\u24ff" +
  "\\u2776-\\u277e\\u2780-\\u2788\\u278a-\\u2792\\u{10a40}-\\u{10a43}\\u{10e60}-\\u{10e68}\\u{11052}-\\u{1105a}\\u{1f100}-\\u{1f10a}";
/** What str.splitlines calls the end of a line; "\r\n" is one. */
export const LINE_END = "\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029";

const isSpaceRegex = new RegExp(`[${SPACE}]`, "u");
const isWordRegex = new RegExp(`[${WORD}]`, "u");
const isDigitRegex = new RegExp(`[${DIGIT}]`, "u");
const digitValueRegex = new RegExp(`[${DIGIT}${DIGIT_LIKE}]`, "u");
const isAlphaRegex = /\p{L}/u;
const isAlnumRegex = /[\p{L}\p{N}]/u;

export const isSpace = (character: string): boolean => isSpaceRegex.test(character);
export const isWord = (character: string): boolean => isWordRegex.test(character);
export const isDigit = (character: string): boolean => isDigitRegex.test(character);
/** str.isdigit() of one character. */
export const hasDigitValue = (character: string): boolean => digitValueRegex.test(character);
/** str.isalpha() of one character. */
export const isAlpha = (character: string): boolean => isAlphaRegex.test(character);
/** str.isalnum() of one character. */
export const isAlnum = (character: string): boolean => isAlnumRegex.test(character);

/** The value of a decimal digit of any script. They stand in runs of ten, from 0 to 9. */
export function decimalValue(digit: string): number {
  const code = digit.codePointAt(0) as number;
  let start = code;
  while (isDigit(String.fromCodePoint(start - 1))) start -= 1;
  return (code - start) % 10;
}
