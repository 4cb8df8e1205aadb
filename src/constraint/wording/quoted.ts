// Phrases inside wording stand in “ ”; a backslash keeps such marks, line ends and itself inside.

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "“": "\\“", "”": "\\”", "\n": "\\n", "\r": "\\r" };

/** Source of a pattern (without groups) that matches any quoted phrase. */
export const QUOTED_PATTERN = "“(?:[^“”\\\\\\n\\r]|\\\\.)*”";

export const quote = (phrase: string): string => `“${phrase.replace(/[\\“”\n\r]/g, (mark) => ESCAPES[mark]!)}”`;

/** The phrase in its quotation marks, without them. */
export function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(.)/gu, (_, mark: string) => (mark === "n" ? "\n" : mark === "r" ? "\r" : mark));
}
