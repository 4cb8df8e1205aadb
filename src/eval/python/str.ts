// Methods of Python's str where JavaScript's counterparts differ: what is white space, what ends a line, what is upper case.
// (str.lower is toLowerCase: both follow Unicode's full mapping, the final sigma included.)
import { isSpace, LINE_END, SPACE } from "./characters.ts";

const words = new RegExp(`[^${SPACE}]+`, "gu");
const lineEnd = new RegExp(`\\r\\n|[${LINE_END}]`, "u");
const upper = /\p{Uppercase}/u;
/** Unicode 14, which Python 3.11 goes by, takes ʕ for lower case, and five modifier letters not yet. */
const lower = /(?![\u10fc\ua7f2-\ua7f4\uab69])[\p{Lowercase}\u0295]/u;
const title = /\p{Lt}/u;

/** str.strip(): without white space at both ends. No white space lies outside the first plane, so code units do. */
export function strip(text: string): string {
  return rstrip(lstrip(text));
}

/** str.lstrip() */
export function lstrip(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text[start] as string)) start += 1;
  return start === 0 ? text : text.slice(start);
}

/** str.rstrip() */
export function rstrip(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1] as string)) end -= 1;
  return text.slice(0, end);
}

/** str.strip(character), both ends unless told otherwise. The character is one code unit. */
export function stripCharacter(text: string, character: string, ends: "both" | "left" | "right" = "both"): string {
  let start = 0;
  let end = text.length;
  if (ends !== "right") while (start < end && text[start] === character) start += 1;
  if (ends !== "left") while (end > start && text[end - 1] === character) end -= 1;
  return text.slice(start, end);
}

/** str.split(): the runs between white space. */
export const split = (text: string): string[] => text.match(words) ?? [];

/** str.splitlines(): lines without their ends; no empty line after the last end. */
export function splitlines(text: string): string[] {
  const lines = text.split(lineEnd);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** str.isupper(): a cased character, and none that is lower or title case. */
export const isUpper = (text: string): boolean => upper.test(text) && !lower.test(text) && !title.test(text);

/** str.islower() */
export const isLower = (text: string): boolean => lower.test(text) && !upper.test(text) && !title.test(text);

/** len(): code points. */
export function length(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i += 1) if (isLowSurrogate(text, i) && isHighSurrogate(text, i - 1)) count -= 1;
  return count;
}

const isHighSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xd800;
const isLowSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** str.removeprefix() */
export const removePrefix = (text: string, prefix: string): string =>
  text.startsWith(prefix) ? text.slice(prefix.length) : text;

/** str.removesuffix() */
export const removeSuffix = (text: string, suffix: string): string =>
  suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
