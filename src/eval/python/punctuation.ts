// string.punctuation, the 32 signs of ASCII, and what str.strip and str.translate do with them.

/** string.punctuation, in its order. */
export const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

const punctuation = /[!-/:-@[-`{-~]+/g;

/** str.translate() that takes every sign out. */
export const withoutPunctuation = (text: string): string => text.replace(punctuation, "");

/** str.strip(characters): signs of punctuation by default. Each character is one code unit. */
export function stripCharacters(
  text: string,
  characters: string = PUNCTUATION,
  ends: "both" | "left" | "right" = "both",
): string {
  let start = 0;
  let end = text.length;
  if (ends !== "right") while (start < end && characters.includes(text[start] as string)) start += 1;
  if (ends !== "left") while (end > start && characters.includes(text[end - 1] as string)) end -= 1;
  return text.slice(start, end);
}
