// Emoji: how many, how many different ones, only certain ones.
import { atom } from "../../expression.ts";
import { NONE, SOME } from "../../interval.ts";
import { EMOJI, literalsIn, PHRASE } from "./literal.ts";
import { demanded, quantityOf } from "./number.ts";
import { affirmed, type Noun, type Predicate, predicate } from "./predicate.ts";

const CALLED = "(?:emojis?|emoticons?|emoji (?:characters?|symbols?|icons?))";
const EXAMPLES = `(?:,? (?:such as|like|e\\.g\\.,?|for example,?) (?:${EMOJI})(?:,? (?:and |or )?(?:${EMOJI}))*)?`;
/** Emoji one after another, with or without commas, quoted or not. */
const SET = `(?<set>(?:${PHRASE})(?:,? ?(?:and |or |/ ?)?(?:${PHRASE}))*)`;

export const EMOJI_NOUNS: readonly Noun[] = [
  {
    name: "emoji/distinct",
    pattern: `(?:different|distinct|unique|separate) ${CALLED}${EXAMPLES}`,
    of: (set) => atom("distinct-emoji", set),
  },
  {
    name: "emoji/count",
    pattern: `${CALLED}${EXAMPLES}(?: of any kind| at all| whatsoever)?`,
    of: (set) => atom("emoji", set),
  },
];

const USE = "(?:use|contain|include|have|feature|add|employ|pick|choose|insert|show|limit yourself to|stick to)";
const outside = (list: string | undefined) => atom("emoji-outside", NONE, { set: literalsIn(list!) });

export const EMOJI_PREDICATES: readonly Predicate[] = [
  affirmed(
    "emoji/only",
    `(?:only ${USE}|${USE} only|limit yourself to|stick to)(?: ${CALLED})?(?: from)?(?: the| these| this)?(?: following)?(?: ${CALLED})?(?: set| list)?(?: of ${CALLED})?:? ${SET}`,
    ({ set }) => (allEmoji(set) ? outside(set) : null),
  ),
  affirmed(
    "emoji/no-other",
    `${USE} no(?: other)? ${CALLED}(?:,? (?:other than|except(?: for)?|but|besides|apart from|than|outside(?: of)?))(?: the| these)?(?: following)?(?: set)?:? ${SET}`,
    ({ set }) => (allEmoji(set) ? outside(set) : null),
  ),
  predicate(
    "emoji/not-other",
    `${USE} any(?: other)? ${CALLED}(?:,? (?:other than|except(?: for)?|but|besides|apart from|than|outside(?: of)?))(?: the| these)?(?: following)?(?: set)?:? ${SET}`,
    ({ set }, negated) => (negated && allEmoji(set) ? outside(set) : null),
  ),
  predicate(
    "emoji/among",
    `${USE} (?<q>[a-z\\d ]+?) (?:of|from) (?:the |these )(?:following )?${CALLED}(?: set| list)?:? ${SET}`,
    ({ q, set }, negated) => {
      const quantity = quantityOf(q!.replace(/ emojis?$/, ""));
      if (quantity === null || !allEmoji(set)) return null;
      // "one of these" leaves open how many more: at least one
      const wanted = q!.toLowerCase() === "one" ? (negated ? NONE : SOME) : demanded(quantity, negated);
      return wanted === null ? null : atom("emoji-among", wanted, { set: literalsIn(set!) });
    },
  ),
];

const PICTOGRAPH = /\p{RGI_Emoji}|\p{Extended_Pictographic}/v;
const allEmoji = (list: string | undefined): boolean =>
  list !== undefined && literalsIn(list).every((text) => PICTOGRAPH.test(text));
