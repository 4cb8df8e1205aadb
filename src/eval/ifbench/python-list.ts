// Small things of Python that IFBench's rules rest on: how a list is indexed, and what they take off words.

import { PythonError } from "../ifeval/python-error.ts";
import { PUNCTUATION } from "../python/punctuation.ts";

/** What the official program strips words of. */
export const AROUND_WORDS = `${PUNCTUATION} `;

/** The first character, which may be two code units; "" of an empty text. */
export const firstCharacter = (text: string): string => {
  const code = text.codePointAt(0);
  return code === undefined ? "" : String.fromCodePoint(code);
};

/** list[index]: negative ones count from the end. @throws PythonError IndexError, or TypeError for what is no integer */
export function element<T>(list: readonly T[], index: number): T {
  if (!Number.isInteger(index)) throw new PythonError("TypeError");
  const found = list.at(index);
  if (found === undefined) throw new PythonError("IndexError");
  return found;
}

/** text[start:end], in characters. @throws PythonError TypeError for what is no integer */
export function slice<T>(list: readonly T[], start: number, end: number): T[] {
  if (!Number.isInteger(start) || !Number.isInteger(end)) throw new PythonError("TypeError");
  return list.slice(start, end);
}
