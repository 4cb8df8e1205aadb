// Punctuation marks, digits and numbers, by the names that people call them.
import { MARKS } from "../../argument.ts";
import { all, atom } from "../../expression.ts";
import { NONE, sameSet } from "../../interval.ts";
import { ANY_LITERAL } from "./literal.ts";
import type { Noun } from "./predicate.ts";

const CALLED: Readonly<Record<string, string>> = {
  comma: "commas?",
  "full stop": "(?:full stops?|periods?)",
  "exclamation mark": "exclamation (?:marks?|points?|signs?)|exclamations",
  "question mark": "question marks?",
  semicolon: "semi-?colons?",
  colon: "colons?",
  "enumeration comma": "enumeration commas?",
  dash: "dash(?:es)?",
  hyphen: "hyphens?",
  ellipsis: "ellips[ie]s",
  parenthesis: "opening parenthes[ie]s",
  "quotation mark": "quotation marks?|quote marks?",
};
/** The sign itself may stand after its name: exclamation marks “!”, question marks (?). */
const SHOWN = `(?: (?:symbols?|signs?|characters?))?(?:,? (?:${ANY_LITERAL})| \\([!?,.;:…—–-]+\\))?(?: of any kind| whatsoever| at all)?`;

/** Signs that are no marks of the algebra, counted as phrases. */
const SIGNS: Readonly<Record<string, string>> = {
  "em[ -]?dash(?:es)?": "—",
  "en[ -]?dash(?:es)?": "–",
  "asterisks?": "*",
  "ampersands?": "&",
  "hash signs?|pound signs?": "#",
  "dollar signs?": "$",
  "percent signs?": "%",
  "at signs?": "@",
  "underscores?": "_",
  "tildes?": "~",
  slash: "/",
  "plus signs?": "+",
  "equals signs?": "=",
};

export const MARK_NOUNS: readonly Noun[] = [
  ...Object.keys(MARKS).map(
    (mark): Noun => ({
      name: `mark/${mark.replaceAll(" ", "-")}`,
      pattern: `(?:${CALLED[mark]})${SHOWN}`,
      of: (set) => atom("marks", set, { mark }),
    }),
  ),
  ...Object.entries(SIGNS).map(
    ([pattern, sign]): Noun => ({
      name: "mark/sign",
      pattern: `(?:${pattern})${SHOWN}`,
      of: (set) => atom("occurrences", set, { phrase: sign }),
    }),
  ),
  {
    // A bracket counts by its opening half; without any, there must be no closing one either.
    name: "mark/parentheses",
    pattern: "parenthes[ie]s|round brackets|parenthetical brackets",
    of: (set) =>
      sameSet(set, NONE)
        ? all(atom("marks", NONE, { mark: "parenthesis" }), atom("occurrences", NONE, { phrase: ")" }))
        : null,
  },
  {
    name: "mark/punctuation",
    pattern: "punctuation(?: marks?| symbols?| characters?)?(?: of any kind| at all| whatsoever)?",
    of: (set) => atom("punctuation", set),
  },
  {
    name: "mark/digits",
    pattern: "(?:numeric |Arabic )?(?:digits?|numerals?|figures)(?: \\(0-9\\))?",
    of: (set) => atom("digits", set),
  },
  {
    name: "mark/numbers",
    pattern: "(?:Arabic )?numbers?(?: (?:written )?(?:in|as) (?:figures|digits|numerals))?",
    of: (set) => atom("numbers", set),
  },
];
