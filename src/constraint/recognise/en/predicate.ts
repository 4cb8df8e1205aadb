// What rules are made of in English. A predicate begins with a bare verb ("contain …", "be …", "start with …") and is read
// whatever it is said of: the response, a part of it, each of its lines, or the user's message. A noun is anything that
// can be counted ("list items"), so that one rule reads "contain at most 3 …" for all of them.
import { complement } from "../../complement.ts";
import type { Requirement } from "../../expression.ts";
import type { IntervalSet } from "../../interval.ts";
import { demanded, type QuantityKind, quantityOf } from "./number.ts";

export type Groups = Readonly<Record<string, string | undefined>>;

/** A way to put a predicate; like a `Rule`, but it is told of a negation before it, which it takes into what it returns. */
export interface Predicate {
  /** Named in reports: "length/limit". */
  readonly name: string;
  readonly pattern: RegExp;
  readonly read: (groups: Groups, negated: boolean) => Requirement | null;
}

/** A predicate whose pattern is anchored at both ends. */
export const predicate = (name: string, source: string, read: Predicate["read"]): Predicate => ({
  name,
  pattern: new RegExp(`^(?:${source})$`, "iu"),
  read,
});

/** A predicate whose negation is its complement. */
export const affirmed = (name: string, source: string, read: (groups: Groups) => Requirement | null): Predicate =>
  predicate(name, source, (groups, negated) => {
    const requirement = read(groups);
    return requirement !== null && negated ? complement(requirement) : requirement;
  });

/** Something that is counted. */
export interface Noun {
  readonly name: string;
  /** Source of the noun, singular and plural, with what may follow it without changing what is meant. */
  readonly pattern: string;
  readonly of: (set: IntervalSet) => Requirement | null;
  /** Units of length: "no words", "a sentence" and the bare plural say nothing of them. */
  readonly unit?: true;
  /** The bare plural would leave open which ones: "put key terms in bold". */
  readonly quantified?: true;
}

interface CompiledNoun {
  readonly noun: Noun;
  /** The noun at the end; and, tried after it, the noun with more of the quantity after it. */
  readonly patterns: readonly RegExp[];
}

export const compileNouns = (nouns: readonly Noun[]): readonly CompiledNoun[] =>
  nouns.map((noun) => ({
    noun,
    patterns: ["", "(?:,? (?<after>[^,].{0,60}))"].map(
      (after) => new RegExp(`^(?:(?<before>.{1,120}?) )??(?:${noun.pattern})${after}$`, "iu"),
    ),
  }));

const LENGTH_TAIL = /^(?:(?:long|in length|in total|total|altogether|overall|in all|only|of text)(?: |$))+/i;
const UNIT_KINDS: readonly QuantityKind[] = ["bound", "bare", "single"];

/** A counted noun in words ("at most three list items", "120 words or fewer"), as the requirement that there be so many. */
export function readCounted(
  text: string,
  nouns: readonly CompiledNoun[],
  negated: boolean,
  before = "",
): { readonly requirement: Requirement; readonly rule: string; readonly kind: QuantityKind } | null {
  for (const { noun, pattern } of nouns.flatMap(({ noun, patterns }) =>
    patterns.map((pattern) => ({ noun, pattern })),
  )) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const after = `${(match.groups?.after ?? "").replace(LENGTH_TAIL, "").trim()}`;
    const quantity = quantityOf([before, match.groups?.before ?? "", after].filter((part) => part !== "").join(" "));
    if (quantity === null) continue;
    const { kind } = quantity;
    // "commas only" shuts out the rest of the text; "three commas only" is a number
    if (/\bonly\b/i.test(match.groups?.after ?? "") && kind !== "bare" && kind !== "single") continue;
    if (noun.unit && !UNIT_KINDS.includes(kind)) continue;
    if (noun.quantified && kind === "plural" && !negated) continue;
    const set = demanded(quantity, negated);
    const requirement = set === null ? null : noun.of(set);
    if (requirement !== null) return { requirement, rule: noun.name, kind };
  }
  return null;
}
