// Layout: lists and how they are marked, headings, tables, code, separators, emphasis, links, placeholders, titles.
import { all, any, atom, type Requirement } from "../../expression.ts";
import { NONE, SOME, sameSet } from "../../interval.ts";
import { ANY_LITERAL, EXAMPLE, SYMBOL } from "./literal.ts";
import { demanded, quantityOf } from "./number.ts";
import { affirmed, type Noun, type Predicate, predicate } from "./predicate.ts";

/** "such as [name], [address]": examples of a form, which demand nothing. */
export const EXAMPLES = `(?:,? \\(?(?:such as|like|as in|e\\.g\\.?,?|i\\.e\\.?,?|that is,?|for example,?|for instance,?|example:|using|in the (?:form|format|style)(?: of)?:?|with)(?: this:?| so:)? ?(?:${ANY_LITERAL})(?:,? ?(?:and |or )?(?:${ANY_LITERAL}))*(?:,? (?:etc\\.?|and so on))?\\)?| (?:${EXAMPLE}))?`;
const MARKDOWN = "(?:in |using |with )(?:the )?markdown(?: format(?:ting)?| syntax)?";
const IN_MARKDOWN = `(?: ${MARKDOWN})?`;

const count = (measure: string, pattern: string): Noun => ({
  name: `layout/${measure}`,
  pattern,
  of: (set) => atom(measure, set),
});
const matching = (name: string, pattern: string, regex: string): Noun => ({
  name: `layout/${name}`,
  pattern,
  of: (set) => atom("matches", set, { pattern: regex }),
});

/** Lists as such: there is one, or there is none; more than that would need to know where one ends. */
const list = (measure: string, pattern: string): Noun => ({
  name: `layout/${measure}`,
  pattern,
  of: (set) => (sameSet(set, SOME) || sameSet(set, NONE) ? atom(measure, set) : null),
});

const BULLET_STYLE = `(?:,? (?:${MARKDOWN}|in the markdown format|marked with (?:${ANY_LITERAL})))?(?: \\(use (?:${ANY_LITERAL}) to indicate each bullet\\))?`;
const WRITTEN = "(?:(?:written|formatted|set|put|placed|shown|printed|rendered) )?";

export const LAYOUT_NOUNS: readonly Noun[] = [
  count("items", "list items?|items in (?:a|the) list|list entries|list entry|list points?"),
  count(
    "bullets",
    `(?:markdown )?(?:bullet(?:ed)? points?|bullets?|bullet(?:ed)? items?|bulleted list items?|bullet-points?)${BULLET_STYLE}${EXAMPLES}`,
  ),
  list("bullets", "(?:bullet(?:ed|-point| point)?|unordered) lists?"),
  count(
    "numbered-items",
    "numbered (?:list items?|items?|points?|steps?|entries|bullet points?|lines?)|(?:items?|points?|steps?) in a numbered list",
  ),
  list("numbered-items", "(?:numbered|ordered|enumerated) lists?"),
  list(
    "items",
    "(?:(?:bulleted or numbered|numbered or bulleted|bullet or numbered) )?lists?(?: of any kind| of any sort)?",
  ),
  count(
    "headings",
    `(?:(?:markdown|section|#) )?(?:headings?|headers?|sub-?headings?|sub-?headers?)${IN_MARKDOWN}(?: of any level)?${EXAMPLES}`,
  ),
  count("tables", `(?:markdown )?tables?${IN_MARKDOWN}`),
  count("code-blocks", "(?:fenced |markdown )?code[ -]?blocks?|fenced blocks? of code|fenced code"),
  count(
    "rules",
    `(?:markdown )?(?:horizontal (?:rules?|lines?|dividers?|separators?)|separator lines?|dividers?|divider lines?|dividing lines?|thematic breaks?|separators)(?:,? \\(?(?:such as |like )?(?:${SYMBOL})\\)?| \\((?:${SYMBOL})\\))?`,
  ),
  count(
    "bold",
    `(?:bold(?:ed|face|faced)?|strong) (?:(?:words?|texts?|phrases?|passages?|terms?|sections?|parts?|keywords?|key terms?|spans?)(?: or (?:words|phrases))?)${EXAMPLES}|bold(?:ing)?|bold (?:formatting|type|face|font)|boldface`,
  ),
  {
    ...count(
      "bold",
      `(?:words?|phrases?|passages?|terms?|key (?:words|terms|phrases)|keywords?|things?|pieces? of text|sections?|parts?|words? or phrases?) ${WRITTEN}in (?:bold(?:face)?(?: type| text| font| letters)?|markdown bold)${EXAMPLES}`,
    ),
    quantified: true,
  },
  count(
    "italic",
    `italic(?:i[sz]ed|s)? (?:(?:words?|texts?|text sections?|phrases?|passages?|terms?|sections?|parts?|keywords?|spans?)(?: or (?:words|phrases))?)${IN_MARKDOWN}${EXAMPLES}|italics?|italic (?:formatting|type|font)`,
  ),
  {
    ...count(
      "italic",
      `(?:words?|phrases?|passages?|terms?|keywords?|things?|pieces? of text|sections?|parts?|words? or phrases?) ${WRITTEN}in (?:italics?(?: type| text| font)?|markdown italics?)${EXAMPLES}`,
    ),
    quantified: true,
  },
  count(
    "highlights",
    `(?:text )?(?:sections?|parts?|passages?|phrases?|words?|texts?) highlighted(?: (?:with|in|using)(?: the)? (?:markdown|asterisks?)(?: format)?)?${EXAMPLES}|highlighted (?:text )?(?:sections?|parts?|passages?|phrases?|words?|texts?)${IN_MARKDOWN}${EXAMPLES}`,
  ),
  count("links", "markdown (?:hyper)?links?"),
  {
    // Links in Markdown or bare: only whether there is one can be told from both together.
    name: "layout/any-links",
    pattern: "(?:hyper)?links?|(?:hyper)?links? or URLs?|URLs? or (?:hyper)?links?",
    of: (set) => anyLink(sameSet(set, SOME), sameSet(set, NONE)),
  },
  matching("urls", "URLs?|web addresses|web address", "https?://[^\\s)]+"),
  matching("hashtags", "hash-?tags?(?:,? (?:starting|that start) with .{1,40})?", "#[\\pL\\pN_]+"),
  count(
    "placeholders",
    `placeholders?(?:,? (?:(?:which (?:should be|are)|that are) )?(?:represented|marked|indicated|written|shown|enclosed|wrapped|given|denoted|surrounded)?\\s?(?:by|in|with|using|inside|within) (?:square )?brackets?)?${EXAMPLES}|(?:square-bracketed|bracketed|square-bracket) placeholders?${EXAMPLES}`,
  ),
  count(
    "titles",
    `titles?,? (?:(?:that is|which is|that's) )?(?:wrapped|enclosed|contained|placed|put|surrounded|written|set|inside)? ?(?:in|within|by|inside|between|with)? ?double ang(?:le|ular) (?:brackets?|quotes?|quotation marks?)(?: \\(?(?:${EXAMPLE})\\)?)?${EXAMPLES}|titles?(?: (?:wrapped|enclosed|written|set|put|placed))? (?:in|with|within|between|inside) (?:<< ?>>|<< and >>|${EXAMPLE})`,
  ),
];

function anyLink(some: boolean, none: boolean): Requirement | null {
  const bare = { pattern: "https?://" };
  if (none) return all(atom("links", NONE), atom("matches", NONE, bare));
  return some ? any(atom("links", SOME), atom("matches", SOME, bare)) : null;
}

/** Styles of numbering by what people call them, or by how they show them. */
const STYLES: readonly (readonly [source: string, style: string])[] = [
  ["(?:(?:upper-?case|capital) )?Roman numerals?", "I."],
  ["(?:lower-?case|small) Roman numerals?", "i."],
  ["(?:capital|upper-?case) letters", "A."],
  ["(?:lower-?case|small) letters", "a."],
  ["(?:Arabic )?(?:numbers|numerals|digits) (?:followed by|with|and) a (?:period|full stop|dot)", "1."],
  [
    "(?:Arabic )?(?:numbers|numerals|digits) (?:followed by|with|and) (?:a|a closing|a right) (?:parenthesis|bracket|paren)",
    "1)",
  ],
  ["(?:Arabic )?(?:numbers|numerals|digits) in (?:parentheses|round brackets|brackets)", "(1)"],
  ["circled (?:numbers|numerals|digits)", "①"],
  ["Chinese (?:numerals|numbers)", "一、"],
];
const SHOWN_STYLES: readonly (readonly [pattern: RegExp, style: string])[] = [
  [/^I\.?(?:$|[ ,])/, "I."],
  [/^i\.?(?:$|[ ,])/, "i."],
  [/^A[.)](?:$|[ ,])/, "A."],
  [/^a[.)](?:$|[ ,])/, "a."],
  [/^1\.(?:$|[ ,])/, "1."],
  [/^1\)(?:$|[ ,])/, "1)"],
  [/^\(1\)(?:$|[ ,])/, "(1)"],
  [/^1、(?:$|[ ,])?/, "1、"],
  [/^一、/, "一、"],
  [/^（一）/, "（一）"],
  [/^①/, "①"],
  [/^-(?:$|[ ,])/, "-"],
  [/^\*(?:$|[ ,])/, "*"],
  [/^•(?:$|[ ,])/, "•"],
];

/** The style named, the style shown, or null if neither is known or they differ. */
export function styleOf(named: string | undefined, shown: string | undefined): string | null {
  const byName = STYLES.find(([source]) => named !== undefined && new RegExp(`^(?:${source})$`, "i").test(named))?.[1];
  const byShow = SHOWN_STYLES.find(([pattern]) => shown !== undefined && pattern.test(shown.trim()))?.[1];
  if (shown !== undefined && byShow === undefined) return null;
  if (byName !== undefined && byShow !== undefined && byName !== byShow) return null;
  return byShow ?? byName ?? null;
}

/** There are list items, and all are marked in the style. */
const styled = (style: string): Requirement =>
  all(atom("items-numbered", SOME, { style }), atom("items-not-numbered", NONE, { style }));

const NAMED = `(?<named>${STYLES.map(([source]) => source).join("|")})`;
const ITEMS =
  "(?:(?:all |all of )?(?:your |the |every |each |any )?(?:list items?|items?|points?|steps?|bullet points?|bullets?|lists?|sections?|entries|answers?))";
const SIGN_NAMES: Readonly<Record<string, string>> = { dash: "-", hyphen: "-", asterisk: "*", dot: "•", bullet: "•" };

export const LAYOUT_PREDICATES: readonly Predicate[] = [
  affirmed(
    "layout/numbering",
    `(?:number|label|mark|enumerate|prefix) ${ITEMS} (?:with|using|by|in|as) (?:${NAMED}(?: \\((?<shown>[^()]*\\)?[^()]*(?:\\(\\d\\)[^()]*)*)\\)|:? (?<shown2>[(]?[1IiAa][.)].*))?|(?<shown3>[(]?[1IiAa][.)](?:,? .*)?))`,
    ({ named, shown, shown2, shown3 }) => withStyle(styleOf(named, shown ?? shown2 ?? shown3)),
  ),
  affirmed(
    "layout/numbered-list-style",
    `(?:be |set out .{1,60}? as |answer |reply |respond |write |use |give |provide |contain |include |format .{1,40}? as |present .{1,40}? as )(?:with |in |as |using |be )?an? (?:(?:numbered|ordered|lettered|bulleted|enumerated) )?list(?:,? (?:numbered|marked|labell?ed|in the (?:style|form|format)|with|using|of the form)(?: (?:with|using|by|in|as|of))?)? (?:${NAMED}|\\((?<shown>(?:[(]?[\\dIVXivxA-Ca-c]{1,3}[.)],? ?(?:and so on|etc\\.?|…|\\.\\.\\.)?)+)\\)|(?<shown2>[(]?[1IiAa][.)](?:,? [(]?[\\dIVXivxA-Ca-c]{1,3}[.)])*))`,
    ({ named, shown, shown2 }) => {
      const style = styleOf(named, shown ?? shown2);
      return style === null ? null : atom("items-numbered", SOME, { style });
    },
  ),
  affirmed(
    "layout/bullet-sign",
    `(?:mark|start|begin|prefix|indicate) ${ITEMS} with (?:an? )?(?<sign>dash|hyphen|asterisk|bullet|dot)(?: \\(?(?:${ANY_LITERAL}|[-*•])\\)?)?(?: as (?:its|their|the) (?:marker|bullet))?|use (?:an? )?(?<sign2>dash(?:es)?|hyphens?|asterisks?|dots?)(?: \\(?(?:${ANY_LITERAL}|[-*•])\\)?)? (?:for|as|to mark) (?:the |your |all |each )?(?:bullets?(?: points?)?(?: markers?)?|list items?|list markers?|items?)`,
    ({ sign, sign2 }) => withStyle(SIGN_NAMES[(sign ?? sign2)!.toLowerCase().replace(/(?<=dash)es$|s$/, "")] ?? null),
  ),
  predicate(
    "layout/emphasise",
    `(?<how>bold|embolden|italici[sz]e|highlight|emphasi[sz]e|make|put|set|write|render)(?: (?<q>[^,]{1,60}?))??(?: (?<what>(?:text |key |important )?(?:words?|phrases?|terms?|passages?|keywords?|sections?|parts?|points?|words? (?:or|and|/) phrases?|phrases? (?:or|and) words?)))?(?<in> (?:in )?(?:bold(?:face)?|italics?)(?: type| text| font)?)?(?:,? (?:${MARKDOWN}|(?:in|with|using) (?:bold|italics|asterisks|single asterisks|the asterisk symbol)))?(?:,? (?:${MARKDOWN}))?${EXAMPLES}`,
    ({ how, q, what, in: into }, negated) => {
      const style = /bold/i.test(into ?? how!) ? "bold" : /italic/i.test(into ?? how!) ? "italic" : "highlights";
      if (style === "highlights" && !/^highlight$/i.test(how!)) return null;
      if (/^(?:make|put|set|write|render)$/i.test(how!) && into === undefined) return null;
      if (what === undefined) {
        // "bold anything", "put nothing in bold"; "put it in bold" speaks of something else
        if (/^(?:anything|any text|any of (?:it|the text)|text)$/i.test(q ?? ""))
          return negated ? atom(style, NONE) : null;
        return /^(?:nothing|none of (?:it|the text))$/i.test(q ?? "") && !negated ? atom(style, NONE) : null;
      }
      if (q === undefined && !negated) return null; // "put key terms in bold": which ones is a matter of judgement
      const quantity = quantityOf(q ?? "");
      const set = quantity === null ? null : demanded(quantity, negated);
      return set === null ? null : atom(style, set);
    },
  ),
];

const withStyle = (style: string | null): Requirement | null => (style === null ? null : styled(style));
