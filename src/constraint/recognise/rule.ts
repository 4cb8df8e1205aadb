// What a recognition rule is. A rule reads a whole clause or nothing: a text with anything left over is not recognised,
// since a wrong recognition is worse than none.
import type { Requirement } from "../expression.ts";

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
