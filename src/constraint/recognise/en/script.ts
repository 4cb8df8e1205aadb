// Language, writing system, and case.
import { LANGUAGES, SCRIPTS } from "../../argument.ts";
import { all, any, atom, type Requirement } from "../../expression.ts";
import { NONE, SOME } from "../../interval.ts";
import { EXAMPLES } from "./layout.ts";
import { demanded, quantityOf } from "./number.ts";
import { affirmed, type Noun, type Predicate, predicate } from "./predicate.ts";

const names = (table: Readonly<Record<string, { readonly en: string }>>): string =>
  Object.values(table)
    .map(({ en }) => en)
    .join("|");
const codeOf = (table: Readonly<Record<string, { readonly en: string }>>, name: string): string | undefined =>
  Object.entries(table).find(([, { en }]) => en.toLowerCase() === name.toLowerCase())?.[0];

const OTHER_NAMES: Readonly<Record<string, string>> = { Mandarin: "zh", Farsi: "fa", "Mandarin Chinese": "zh" };
const LANGUAGE = `(?:${names(LANGUAGES)}|${Object.keys(OTHER_NAMES).join("|")})`;
const languageCode = (name: string): string | undefined =>
  codeOf(LANGUAGES, name) ??
  Object.entries(OTHER_NAMES).find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1];
/** What people call the writing systems; "English letters" are the Latin ones. */
const SCRIPT_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SCRIPTS).map(([code, { en }]) => [en.toLowerCase(), code])),
  english: "Latin",
  roman: "Latin",
  hangul: "Hangul",
  han: "Han",
  russian: "Cyrillic",
};
const SCRIPT = `(?:${Object.keys(SCRIPT_NAMES).join("|")})`;

const CAPS =
  "(?:all[ -]caps|(?:all )?(?:(?:capital|upper-?case)(?: letters| characters)?|capitali[sz]ed (?:letters|characters))|(?:all )?capitals|full caps|block capitals|caps|all[ -]capitals|ALL CAPS|upper[- ]?case(?: only)?)";
const LOWER =
  "(?:(?:all )?(?:lower-?case|lower case|small)(?: letters| characters)?|all[ -]lower-?case|(?:all )?lower-?cases|all letters lower-?cased|lower case only)";

const matching = (name: string, pattern: string, regex: string): Noun => ({
  name: `script/${name}`,
  pattern,
  of: (set) => atom("matches", set, { pattern: regex }),
});

export const SCRIPT_NOUNS: readonly Noun[] = [
  {
    name: "script/capital-words",
    pattern: `(?:words?|words? or phrases?|keywords?|terms?)(?:,? (?:that (?:is|are))?)? ?(?:written |set |put )?(?:in|with) (?:all[ -]caps|all (?:capital|upper-?case)(?: letters)?|all capitals|capital letters|capitals|full caps|upper-?case(?: letters)?|block capitals|full capitals|ALL CAPS)${EXAMPLES}|(?:all-caps|all caps|all-capital|fully capitali[sz]ed|upper-?case|all-uppercase) words?${EXAMPLES}`,
    of: (set) => atom("capital-words", set),
  },
  matching("capital-letters", "(?:capital|upper-?case|upper case) (?:letters?|characters?)|capitals", "\\p{Lu}"),
  matching("lowercase-letters", "(?:lower-?case|lower case|small) (?:letters?|characters?)", "\\p{Ll}"),
  ...Object.entries(SCRIPT_NAMES).map(
    ([called, script]): Noun => ({
      name: "script/letters",
      pattern: `${called} letters?(?: of the alphabet)?${script === "Latin" || script === "Han" || script === "Hangul" ? "" : `|${called} characters?`}|(?:letters?|characters?) (?:of|from) the ${called} (?:alphabet|script)`,
      of: (set) => (script === "Han" ? null : atom("letters", set, { script })),
    }),
  ),
];

/** Said beside a language: it adds nothing to it. */
const NO_OTHER =
  "(?:,? (?:and )?(?:ensure )?(?:(?:with )?no other languages?(?: (?:is|are|should be|may be|can be))?(?: (?:allowed|permitted|used|accepted|acceptable))?|nothing else|not in any other language)(?: throughout .{1,40})?)?";
const IN_LANGUAGE = `(?:in |using |with )?(?:only |just |entirely |solely |exclusively |purely )*(?:in |using |with )?(?:only )?(?:the )?(?<l>${LANGUAGE})(?: or (?:in )?(?<l2>${LANGUAGE}))?(?: language)?(?: only| alone| throughout)?`;
const WRITE =
  "(?:(?:only |always |strictly )?(?:answer|reply|respond|write|speak|communicate|talk|be written|be|be phrased|be given|be provided|be composed|be answered|converse|stay|remain|output|use|phrase everything|write everything|keep everything|ask|message|be asked|be entirely|be all|say everything|compose .{1,20}?|text|type)(?: back)?(?: (?:it|everything|text|all text))?)";

const languages = (...found: readonly (string | undefined)[]): Requirement | null => {
  const codes = found.filter((name) => name !== undefined).map(languageCode);
  if (codes.length === 0 || codes.some((code) => code === undefined)) return null;
  return any(...codes.map((language) => atom("language", SOME, { language: language! })));
};

export const SCRIPT_PREDICATES: readonly Predicate[] = [
  affirmed("script/language", `${WRITE} ${IN_LANGUAGE}${NO_OTHER}`, ({ l, l2 }) => languages(l, l2)),
  predicate(
    "script/no-other-language",
    `(?:use|contain|include|write in|be in) (?:any|no) (?:other )?language(?: other than| than| except| but) (?<l>${LANGUAGE})`,
    ({ l }, negated) => (negated ? languages(l) : languages(l)),
  ),
  affirmed(
    "script/speak",
    `(?:only )?(?:speak|use|write)(?: only| in only| just| nothing but| exclusively)? (?:the )?(?<l>${LANGUAGE})(?: language)?(?: only| and no other language| exclusively)?${NO_OTHER}`,
    ({ l }) => languages(l),
  ),
  affirmed(
    "script/uppercase",
    `(?!(?:use|contain|have|write) (?:capital|upper-?case|capitals|lower-?case|small)\\b(?! (?:letters |characters )?(?:only|throughout|exclusively)))(?:${WRITE}|contain|consist of|have|print|shout|set|be set|be printed|put|be typed|capitali[sz]e)(?: (?:everything|it all|all of it|all letters|every letter|everything you write|each letter))?(?: entirely| completely| fully| only| exclusively| solely| strictly| all)*(?: in| using| with| of)?(?: only| just| nothing but| entirely)?(?: the)? ?${CAPS}(?: only| throughout| exclusively)?(?:,? (?:and |with )?no (?:lower-?case|small) letters?(?: (?:are |is )?(?:allowed|permitted|used))?)?|capitali[sz]e (?:everything|every letter|all letters|all of it|each letter)|be (?:entirely |fully |completely |all )(?:capitali[sz]ed)|be (?:entirely |fully |completely |all )?upper-?cased?`,
    () => atom("uppercase", SOME),
  ),
  affirmed(
    "script/lowercase",
    `(?!(?:use|contain|have|write) (?:capital|upper-?case|capitals|lower-?case|small)\\b(?! (?:letters |characters )?(?:only|throughout|exclusively)))(?:${WRITE}|contain|consist of|have|print|set|be set|be printed|put|be typed|keep)(?: (?:everything|it all|all of it|all letters|every letter|everything you write))?(?: entirely| completely| fully| only| exclusively| solely| strictly| all)*(?: in| using| with| of)?(?: only| just| nothing but| entirely)?(?: the)? ?${LOWER}(?: only| throughout| exclusively)?(?:,? (?:and |with )?(?:no|without(?: any)?) (?:capital|upper-?case)(?: letters?)?(?: (?:are |is )?(?:allowed|permitted|used))?|,? (?:and |with )?no (?:capitals|capitali[sz]ations?)(?: allowed)?)?|be (?:entirely |fully |completely |all )?lower-?cased`,
    () => atom("lowercase", SOME),
  ),
  affirmed(
    "script/language-and-case",
    `${WRITE} ${IN_LANGUAGE}(?:,? and|,| with)? (?:(?:be |written )?(?:in |with )?(?:only )?(?:(?<upper>${CAPS})|(?<lower>${LOWER}|no capital letters(?: are (?:used|allowed))?|without (?:any )?capital letters)))`,
    ({ l, l2, upper }) => {
      const language = languages(l, l2);
      return language === null ? null : all(language, atom(upper === undefined ? "lowercase" : "uppercase", SOME));
    },
  ),
  predicate(
    "script/share",
    `(?:have|contain|be|consist of|write|use|make) (?<q>[a-z\\d ]{1,30}?)(?<percent> ?%| per ?cent)?(?: of)? (?:its|the|your|all)? ?(?:letters|characters|text)? ?(?:be |in |to be |written in |from |made up of )?(?:the )?(?<script>${SCRIPT})(?: script| letters| characters| alphabet)`,
    ({ q, percent, script }, negated) => {
      if (q === undefined) return null;
      const half = /^at least half$/i.test(q.trim());
      const quantity = percent !== undefined || half ? quantityOf(half ? "at least 50" : q) : null;
      const set = quantity === null || quantity.kind === "bare" ? null : demanded(quantity, negated);
      return set === null ? null : atom("script-share", set, { script: SCRIPT_NAMES[script!.toLowerCase()]! });
    },
  ),
  affirmed(
    "script/only",
    `(?:(?:only|exclusively) (?:use|contain|write in|write with|consist of|be written in)|(?:use|contain|write in|write with|write|consist of|be written in|be written) (?:only|exclusively|solely|entirely|nothing but|entirely in|only in|solely in|exclusively in)) (?:the )?(?<script>${SCRIPT}) (?:letters|script|alphabet|characters)`,
    ({ script }) => atom("script-share", [[100, null]], { script: SCRIPT_NAMES[script!.toLowerCase()]! }),
  ),
  affirmed(
    "script/no-case",
    `(?:be|write|be written)(?: everything)? (?:without|with no) (?:any )?(?<which>capital|upper-?case|lower-?case) letters`,
    ({ which }) => atom("matches", NONE, { pattern: /^lower/i.test(which!) ? "\\p{Ll}" : "\\p{Lu}" }),
  ),
];
