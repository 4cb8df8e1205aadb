// What a recognition rule is, and what the rules of both languages share. A rule reads a whole clause or nothing: a text with
// anything left over is not recognised, since a wrong recognition is worse than none.
import type { Requirement } from "../expression.ts";
import type { Segment } from "../text-view.ts";

/** One way to phrase a requirement in one language. */
export interface Rule {
  /** Named in reports, so that a wrong recognition can be traced: "length/at-most". */
  readonly name: string;
  /** Matched against the whole clause, after normalisation; anchored at both ends by the reader. */
  readonly pattern: RegExp;
  /** The requirement said, or null if the match turns out to say something else. */
  readonly read: (groups: Readonly<Record<string, string | undefined>>) => Requirement | null;
}

/** A clause read by a rule. */
export interface RuleReading {
  readonly requirement: Requirement;
  readonly rule: string;
}

/** The measure that counts the segments of a kind: "every list item …" supposes that there is at least one. */
export const COUNT_OF_SEGMENT: Readonly<Record<Segment, string>> = {
  paragraph: "paragraphs",
  line: "lines",
  sentence: "sentences",
  item: "items",
  heading: "headings",
  bold: "bold",
  word: "words",
};
