// What a text is as a whole: a question, JSON, wrapped in marks, all bold, of a pattern, of a length ("be under 100 words").
import { all, atom, type Requirement } from "../../expression.ts";
import { NONE, SOME, sameSet } from "../../interval.ts";
import { ANY_LITERAL, literalsIn, PHRASE, QUOTED } from "./literal.ts";
import { demanded, quantityOf, TIMES, timesOf } from "./number.ts";
import { affirmed, type Noun, type Predicate, predicate } from "./predicate.ts";
import { RESPONSE } from "./subject.ts";

const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  "square brackets?": ["[", "]"],
  "(?:round brackets?|parenthes[ie]s)": ["(", ")"],
  "(?:curly (?:brackets|braces)|braces)": ["{", "}"],
  "(?:angle|angular) brackets": ["<", ">"],
  "double (?:angle|angular) brackets": ["<<", ">>"],
  "single (?:quotes|quotation marks|quote marks)": ["'", "'"],
  "asterisks|single asterisks": ["*", "*"],
  "double asterisks": ["**", "**"],
  underscores: ["_", "_"],
  backticks: ["`", "`"],
  "(?:pipes|vertical bars)": ["|", "|"],
  tildes: ["~", "~"],
  "an? (?:fenced |single |markdown )*code block": ["```", "```"],
};
const PAIR_NAMES = Object.keys(PAIRS).map((source) => `(?:${source})`);
const WRAP =
  "(?:be )?(?:wrap(?:ped)?|enclosed?|surround(?:ed)?|put|placed?|contained|bracket(?:ed)?|set|framed?|encased?|delimit(?:ed)?|begin and end|start and end|open and close|bookend(?:ed)?)(?: up| entirely| completely| fully| everything| it)*";
const IN = "(?:in|with|within|inside(?: of)?|by|between|in between|using)";
const MARKS = `(?: (?:marks|characters|symbols|signs|\\((?:${ANY_LITERAL})\\)|${ANY_LITERAL}))?`;

const DOUBLE_QUOTES = "(?:a pair of )?(?:double )?(?:quotation marks|quotes|quote marks|speech marks|inverted commas)";

const SCHEMA_KEYS = `(?<keys>(?:${PHRASE})(?:(?:,? and |, ?| or )(?:the key )?(?:${PHRASE}))*)`;
const JSON_NAME =
  "(?:an? |one |a single |only )*(?:valid |well-formed |parseable |syntactically correct )*(?:\\.?JSON)(?<shape> (?:object|array|list))?(?: (?:format|block|document|string|data|output|code block))?";
const AS = "(?:in|as|with|using|via)";

const schema = (shape: string | undefined, keys: string | undefined): Requirement => {
  const kind = shape?.trim().toLowerCase();
  const type = kind === "array" || kind === "list" ? "array" : "object";
  if (keys !== undefined)
    return atom("json-schema", SOME, { schema: JSON.stringify({ type: "object", required: literalsIn(keys) }) });
  if (kind === undefined) return atom("json", SOME);
  return atom("json-schema", SOME, { schema: JSON.stringify({ type }) });
};

const ALONE =
  "(?:,? (?:and|with) (?:nothing else|no other text|no (?:extra|additional|surrounding) text)(?: (?:around|outside|before or after) it)?|,? nothing else|,? only)?";

export const FORM_NOUNS: readonly Noun[] = [
  {
    name: "form/questions",
    pattern: "questions?",
    of: (set) => (sameSet(set, SOME) || sameSet(set, NONE) ? atom("question", set) : null),
  },
];

export const FORM_PREDICATES: readonly Predicate[] = [
  predicate(
    "form/asks",
    "(?:ask|contain|include|pose|have|feature|put)(?: the user| back| them| it)? (?<q>an?|at least one|one or more|any|some|no|a single)? ?questions?(?:,? with a question mark)?(?: (?:to|of) the user| back)?",
    ({ q }, negated) => {
      const quantity = quantityOf(q ?? "");
      if (quantity === null || (quantity.kind === "single" && !negated)) return null;
      const set = demanded(quantity, negated);
      return set === null ? null : atom("question", set);
    },
  ),
  affirmed(
    "form/is-question",
    "be (?:an? )?(?:(?:yes/no|direct) )?(?:question|interrogative|in question form)|(?:be (?:phrased|put|written|framed|formulated|worded)|phrase|put|write|frame|word|formulate) as an? question|be in the form of a question|be a question",
    () => atom("question", SOME),
  ),
  affirmed(
    "form/json",
    `(?:be|answer|reply|respond|write|output|return|produce|give|provide|format|be formatted|be written|be returned|be given|be provided|be wrapped|wrap|present|be presented|contain|use|generate|send|consist of|be output|be output as)(?: (?:everything|it|your (?:entire )?(?:output|response|answer|reply)))?(?: only| just| nothing but| entirely| solely| strictly| exclusively| back)*(?: (?:${AS}))?(?: only| just| nothing but| the form of| the format of)* ${JSON_NAME}(?:,? (?:with|containing|having|that (?:has|contains)|which (?:has|contains))(?: exactly)?(?: the| these)?(?: following)?(?: required| top-level)?(?: (?:keys?|fields?|properties|property))?:? ${SCHEMA_KEYS})?${ALONE}`,
    ({ shape, keys }) => schema(shape, keys),
  ),
  affirmed(
    "form/json-schema",
    `be (?:valid )?JSON (?:that (?:is valid against|conforms to|matches|validates against|follows)|conforming to|matching|valid against) (?:the |this )?(?:following )?(?:JSON )?schema:? (?<schema>${QUOTED})`,
    ({ schema: text }) => {
      try {
        return atom("json-schema", SOME, { schema: literalsIn(text!)[0]! });
      } catch {
        return null;
      }
    },
  ),
  affirmed(
    "form/quoted",
    `${WRAP} ${IN} ${DOUBLE_QUOTES}(?:,? (?:\\((?:["“”]|${ANY_LITERAL})\\)|["“”]))?|be (?:entirely |fully )?(?:quoted|double-quoted)|(?:put|place|add|use|have) ${DOUBLE_QUOTES} around (?:${RESPONSE}|it|everything)|have ${DOUBLE_QUOTES} around it`,
    () => atom("quoted", SOME),
  ),
  ...PAIR_NAMES.map((source, i) =>
    affirmed("form/wrapped", `${WRAP} ${IN} (?:a pair of )?${source}${MARKS}`, () => {
      const [open, close] = Object.values(PAIRS)[i]!;
      return atom("wrapped", SOME, { open, close });
    }),
  ),
  affirmed(
    "form/wrapped-in",
    `${WRAP} ${IN} (?:the )?(?:(?:brackets|marks|tags|symbols|characters|signs|delimiters|markers) )?(?<open>${ANY_LITERAL}) and (?<close>${ANY_LITERAL})(?: (?:brackets|marks|tags))?`,
    ({ open, close }) => atom("wrapped", SOME, { open: literalsIn(open!)[0]!, close: literalsIn(close!)[0]! }),
  ),
  affirmed(
    "form/wrapped-start-end",
    `(?:start|begin|open) with (?<open>${PHRASE}) and (?:end|finish|close) with (?<close>${PHRASE})`,
    ({ open, close }) =>
      all(
        atom("starts-with", SOME, { phrase: literalsIn(open!)[0]! }),
        atom("ends-with", SOME, { phrase: literalsIn(close!)[0]! }),
      ),
  ),
  affirmed(
    "form/all-bold",
    "(?:(?:be|write|print|set|put|render|make|be written|be set|be printed|be formatted|format|be put|answer|reply|respond|show)(?: (?:everything|it all|all of it|it|all text))?(?: entirely| completely| fully| all| only| wholly)*(?: in)?(?: only| all)? (?:bold(?:face)?(?: type| text| font| letters)?|bolded))|bold (?:everything|all of it|it all|all text)",
    () => atom("all-bold", SOME),
  ),
  affirmed(
    "form/all-italic",
    "(?:(?:be|write|print|set|put|render|make|be written|be set|be printed|be formatted|format|be put|answer|reply|respond|show)(?: (?:everything|it all|all of it|it|all text))?(?: entirely| completely| fully| all| only| wholly)*(?: in)?(?: only| all)? (?:italics?(?: type| text| font| letters)?|italici[sz]ed))|italici[sz]e (?:everything|all of it|it all|all text)",
    () => atom("all-italic", SOME),
  ),
  predicate(
    "form/matches",
    `(?:(?:contain|include|have) (?:text|a (?:string|piece of text|passage|substring|match)|something|(?:a )?matches) (?:matching|that matches|for|of)|match|conform to|fit)(?: the| this)?(?: following)?(?: regular expression| regexp?| pattern)* (?<pattern>${QUOTED})(?: ${TIMES})?`,
    ({ pattern, times }, negated) => {
      const quantity = times === undefined ? { set: SOME, kind: "article" as const } : timesOf(times);
      const set = quantity === null ? null : demanded(quantity, negated);
      if (set === null) return null;
      try {
        return atom("matches", set, { pattern: literalsIn(pattern!)[0]! });
      } catch {
        return null;
      }
    },
  ),
  affirmed("form/starts-with-number", "(?:start|begin|open) with an? (?:number|digit|numeral)", () =>
    atom("matches", SOME, { pattern: "\\A\\s*\\d" }),
  ),
  affirmed("form/starts-with-capital", "(?:start|begin|open) with an? (?:capital|upper-?case) letter", () =>
    atom("matches", SOME, { pattern: "\\A\\s*\\p{Lu}" }),
  ),
  affirmed(
    "layout/plain-list",
    "(?:be|answer|reply|respond|write|format|present|set out|lay out|structure|organi[sz]e|put|give|list|break|show)(?: (?:everything|it|them|things|your points|the points|the steps|your steps|your advice|what to do|the answer|this|these|items|all items|all points))?(?: up| out| down)?(?: only)? (?:as|in|using|with|into|in the form of|in the format of) (?:an? )?(?<which>numbered|ordered|bulleted|bullet|bullet-point|bullet-pointed|unordered)(?: markdown)? (?:list|points|list format|form|format)",
    ({ which }) => atom(/^(?:numbered|ordered)$/i.test(which!) ? "numbered-items" : "bullets", SOME),
  ),
  affirmed(
    "layout/as-list",
    "(?:be|answer|reply|respond|write|format|present|set out|structure|organi[sz]e|put|give)(?: (?:everything|it|them|things))?(?: only)? (?:as|in|in the form of|in the format of) an? list",
    () => atom("items", SOME),
  ),
  affirmed(
    "layout/as-table",
    "(?:be|answer|reply|respond|write|format|present|set out|lay out|structure|organi[sz]e|put|give|show)(?: (?:everything|anything|it|them|things|information|data|any of it|any information|any data))?(?: only)? (?:as|in|using|with|in the form of|in the format of) (?:an? )?(?:markdown )?(?:tables?|table format|tabular form|tabular format)",
    () => atom("tables", SOME),
  ),
];
