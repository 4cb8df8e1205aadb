// Python's classes of characters, as they are in its re module and its str methods (Unicode), written as the inside of a
// JavaScript character class (flag u). They were compared with Python 3.11 over all characters that it knows (Unicode 14):
// no difference. Characters that Unicode took in later are classed by this machine's Unicode.

/** re's `\s`, and what str.strip, split and isspace call white space: unlike JavaScript's, with U+001C–U+001F and U+0085, without U+FEFF. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
/** re's `\w`: letters and whatever has a numeric value, but no combining marks. */
export const WORD = "\\p{L}\\p{N}_";
/** re's `\d`. */
export const DIGIT = "\\p{Nd}";
/** What str.splitlines calls the end of a line; "\r\n" is one. */
export const LINE_END = "\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029";

const isSpaceRegex = new RegExp(`[${SPACE}]`, "u");
const isWordRegex = new RegExp(`[${WORD}]`, "u");
const isDigitRegex = new RegExp(`[${DIGIT}]`, "u");

export const isSpace = (character: string): boolean => isSpaceRegex.test(character);
export const isWord = (character: string): boolean => isWordRegex.test(character);
export const isDigit = (character: string): boolean => isDigitRegex.test(character);
