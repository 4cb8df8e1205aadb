// Phrases: which stand in the text, how often, where. Only literals count (quoted, or a bare word after "the word"); what
// is merely named ("mention the weather") is a judge's business.
import { complement } from "../../complement.ts";
import { all, any, atom, type Requirement } from "../../expression.ts";
import { atLeast, type IntervalSet, NONE, SOME } from "../../interval.ts";
import { viewOf } from "../../verdict.ts";
import { literalsIn, PHRASE, QUOTED, SYMBOL } from "./literal.ts";
import { demanded, quantityOf, TIMES, timesOf } from "./number.ts";
import { affirmed, type Predicate, predicate } from "./predicate.ts";

const SEPARATOR =
  "(?:,? (?:and/or|and|or|nor|as well as|&) (?:also )?(?:the (?:(?:key)?words? |phrase |letter )?)?|, ?|; ?| ?/ ?)";
/** Literals in a row: “a”, “b” and “c”. */
export const PHRASES = `(?:${PHRASE})(?:${SEPARATOR}(?:${PHRASE})){0,30}`;
const BARE = "[\\p{L}\\p{N}][\\p{L}\\p{N}'’-]*";
const WORDLIKE =
  "(?:(?:exact|literal|specific|single|forbidden|banned|required|following|full) )?(?:key ?|code ?)?words?|terms?|names?";
const TEXTLIKE =
  "(?:(?:exact|literal|specific|following|full|closing|opening|final|short) )?(?:phrases?|expressions?|sentences?|lines?|strings?|text|symbols?|signs?|characters?|emojis?|questions?|substrings?|tags?|labels?|markers?|greetings?|sign-offs?|abbreviations?|initials|hashtags?|forms?|letters?|catchphrases?|mottos?|slogans?|quotes?|words? or phrases?|words? and phrases?)";
/** Bare words that follow "the word" without being the word that is meant. */
const NOT_MEANT =
  /^(?:above|below|itself|only|count|counts|limit|limits|length|again|or|and|with|in|that|which|who|you|your|for|of|from|to|is|are|must|should|may|twice|once|at|exactly|more|less|fewer|than|times|provided|given|choice|used|listed|mentioned|must|as|before|after|on|by|the|a|an)$/i;

const isOneWord = (phrase: string): boolean => viewOf(phrase).words.length === 1 && /^[\p{L}\p{N}'’-]+$/u.test(phrase);

/** How often a phrase stands in the text; called a word, it must stand there as one. */
function occurs(phrase: string, set: IntervalSet, asWord: boolean): Requirement {
  return asWord ? atom("word-occurrences", set, { word: phrase }) : atom("occurrences", set, { phrase });
}

/** Verbs for uttering: what is said is a word, while a text may contain any string. */
const UTTER = /^(?:use|say|write|utter|avoid|employ|type)$/i;

interface Listed {
  readonly phrases: readonly string[];
  /** How the last two were joined. */
  readonly joined: "and" | "or" | "comma";
}

function listed(list: string): Listed {
  const joined = /(?<!\p{L})(?:and\/or|or|nor)(?!\p{L})| ?\/ ?/iu.test(list)
    ? "or"
    : /(?<!\p{L})(?:and|as well as|&)(?!\p{L})|&/iu.test(list)
      ? "and"
      : "comma";
  return { phrases: literalsIn(list), joined };
}

function bareList(list: string): Listed | null {
  const joined = /(?:,| )\s*or /i.test(list) ? "or" : /(?:,| )\s*and /i.test(list) ? "and" : "comma";
  const phrases = list
    .split(/\s*,\s*(?:and |or )?(?:the word )?|\s+(?:and|or)\s+(?:the word )?/i)
    .map((word) => word.trim());
  return phrases.every((word) => new RegExp(`^${BARE}$`, "u").test(word) && !NOT_MEANT.test(word))
    ? { phrases, joined }
    : null;
}

/**
 * A list of phrases as a requirement. Required ones joined by "or" are alternatives; forbidden ones are each forbidden,
 * however joined ("do not use A and B"), unless it says "both".
 */
function required(
  list: Listed,
  how: string,
  set: IntervalSet | null,
  kindBare: boolean,
  asWord: (p: string) => boolean,
  negated: boolean,
): Requirement | null {
  const { phrases, joined } = list;
  if (phrases.length === 0) return null;
  const each = (in_: IntervalSet): Requirement[] => phrases.map((phrase) => occurs(phrase, in_, asWord(phrase)));
  const some = set ?? SOME;
  switch (how) {
    case "":
      if (negated) return set === null ? all(...each(NONE)) : kindBare ? null : all(...each(some).map(complement));
      return joined === "or" ? any(...each(some)) : all(...each(some));
    case "one":
      if (phrases.length < 2) return null;
      return negated ? (set === null ? all(...each(NONE)) : null) : any(...each(some));
    case "both":
      if (joined === "or") return null;
      return negated ? complement(all(...each(some))) : all(...each(some));
    case "none":
      return negated || set !== null ? null : all(...each(NONE));
    case "exactly one": {
      if (phrases.length < 2 || phrases.length > 6 || set !== null) return null;
      const alternatives = phrases.map((_, i) =>
        all(...phrases.map((phrase, j) => occurs(phrase, i === j ? SOME : NONE, asWord(phrase)))),
      );
      return negated ? complement(any(...alternatives)) : any(...alternatives);
    }
    default:
      return null;
  }
}

const HOW: readonly (readonly [source: string, how: string])[] = [
  ["at least one of|one or more of|one of|any of|any one of|either(?: of)?|some of|one or other of", "one"],
  ["both(?: of)?|all(?: \\w+)?(?: of)?|each(?: one)? of|each|every one of", "both"],
  ["neither|none of|not any of|no", "none"],
  ["exactly one of|only one of|just one of", "exactly one"],
];
const HOW_SOURCE = HOW.map(([source]) => source).join("|");
const howOf = (text: string | undefined): string =>
  text === undefined ? "" : (HOW.find(([source]) => new RegExp(`^(?:${source})$`, "i").test(text))?.[1] ?? "?");

const AFTER =
  "(?: (?:by name|word for word|verbatim|exactly as written|somewhere|anywhere|at all|in any form|at any point|in it|each|in (?:the )?text|as (?:a )?(?:keywords?|exact phrase)|in that order{0}))?";
const PHRASE_NP = new RegExp(
  `^(?:(?<q>at least \\w+|exactly \\w+|[a-z]+ or more) (?:of )?)?(?:(?<how>${HOW_SOURCE}) )?(?:(?:the|these|this|those|your|any of the|an?) )?(?:following |exact |same )*(?:(?<word>${WORDLIKE})|(?<text>${TEXTLIKE}))?(?: of)?(?:,? ?:| -)? ?(?<list>${PHRASES})(?: ${TIMES})?(?<each> each)?${AFTER}$`,
  "iu",
);
const BARE_NP = new RegExp(
  `^(?:(?<how>${HOW_SOURCE}) )?(?:(?:(?:the|these|this) )?(?:following )?(?:(?:exact |single )?(?:key ?)?(?<noun>words?)|names?|terms?):? )(?<list>${BARE}(?:(?:, ?(?:and |or )?| and | or )(?:the word )?${BARE}){0,30}?)(?: ${TIMES})?(?<each> each)?${AFTER}$`,
  "iu",
);
const LETTER_NP = new RegExp(`^(?:the |any )?letters? (?<letter>\\p{L})(?: ${TIMES})?${AFTER}$`, "iu");

/** Phrases that the text must hold: “a” or “b”, the word “a” at least twice, the keywords a, b and c. */
export function readPhrases(np: string, verb: string, negated: boolean): Requirement | null {
  const letter = LETTER_NP.exec(np)?.groups;
  if (letter !== undefined)
    return counted({ phrases: [letter.letter!], joined: "comma" }, "", letter.times, () => false, negated);
  const quoted = PHRASE_NP.exec(np)?.groups;
  if (quoted !== undefined) {
    const { word, text, list, times, how, q } = quoted;
    const found = listed(list!);
    const many = found.phrases.length > 1;
    const asWord = (phrase: string): boolean =>
      text === undefined &&
      (word !== undefined ? many || !/words$/i.test(word) || isOneWord(phrase) : UTTER.test(verb)) &&
      /[\p{L}\p{N}]/u.test(phrase);
    if (q !== undefined) return chosen(found, q, times, how, asWord, negated);
    return counted(found, howOf(how), times, asWord, negated);
  }
  const bare = BARE_NP.exec(np)?.groups;
  if (bare === undefined) return null;
  const found = bareList(bare.list!);
  if (found === null) return null;
  const single = found.phrases.length === 1;
  // "the word story"; but "keywords naturally", "words above" name no word
  if (
    single &&
    (bare.times === undefined || bare.noun === undefined) &&
    !/^(?:[a-z ]*?)(?:the |this )(?:following )?(?:exact |single )?(?:key ?)?(?:word|name|term) /i.test(np)
  )
    return null;
  if (!single && bare.noun === undefined) return null;
  return counted(found, howOf(bare.how), bare.times, () => true, negated);
}

function counted(
  list: Listed,
  how: string,
  times: string | undefined,
  asWord: (p: string) => boolean,
  negated: boolean,
): Requirement | null {
  if (times === undefined) return required(list, how, null, false, asWord, negated);
  const quantity = timesOf(times);
  if (quantity === null || quantity.kind === "any" || quantity.kind === "article" || quantity.kind === "plural")
    return null;
  return required(list, how, quantity.set, quantity.kind === "bare", asWord, negated);
}

/** "At least two of “a”, “b”, “c”": every choice of that many. */
function chosen(
  list: Listed,
  q: string,
  times: string | undefined,
  how: string | undefined,
  asWord: (p: string) => boolean,
  negated: boolean,
): Requirement | null {
  if (times !== undefined || how !== undefined) return null;
  const quantity = quantityOf(q);
  const low = quantity?.set.length === 1 && quantity.set[0]![1] === null ? quantity.set[0]![0] : 0;
  const { phrases } = list;
  if (low < 1 || low > phrases.length || phrases.length < 2 || phrases.length > 6) return null;
  const choices: string[][] = [[]];
  for (const phrase of phrases) choices.push(...choices.map((choice) => [...choice, phrase]));
  const requirement = any(
    ...choices
      .filter((choice) => choice.length === low)
      .map((choice) => all(...choice.map((phrase) => occurs(phrase, SOME, asWord(phrase))))),
  );
  return negated ? complement(requirement) : requirement;
}

const START = "(?:start|begin|open|lead|lead off|kick off|commence)";
const END = "(?:end|finish|close|conclude|sign off|wrap up|terminate)";
const NO_OTHER =
  "(?:(?:,| and|;)? ?(?:with |and )?(?:no|without(?: any)?) (?:other |further |additional )?(?:words?|text|characters?|content)(?: (?:should|must|may|can) (?:follow|come after|be (?:written|added) after))?(?: (?:after|following) (?:it|that|this|this phrase|them|the word (?:QUOTED)))?| and nothing (?:else|after it|more)(?: after (?:it|that)| follows)?)?".replace(
    "QUOTED",
    QUOTED,
  );
const CALLED =
  "(?:(?:the|this|these|an?|your) )?(?:(?:exact|following|exact same|very|literal|single|closing|opening|final|fixed|one) )*(?:(?<word>words?)|phrases?|sentences?|lines?|text|expression|greeting|sign-off|question|emojis?|symbols?|characters?|signs?|strings?|letters?|punctuation marks?|tag|label|hashtag|signature|salutation|catchphrase|motto|headline|title|heading|words? or phrases?)?(?: of)?(?:,? ?:)? ?";

function edge(at: "start" | "end", word: string | undefined, list: string): Requirement | null {
  const { phrases, joined } = listed(list);
  if (joined === "and" || (joined === "comma" && phrases.length > 1) || phrases.length === 0) return null;
  const one = (phrase: string): Requirement =>
    word !== undefined && /^words?$/i.test(word) && isOneWord(phrase)
      ? atom(at === "start" ? "starts-with-word" : "ends-with-word", SOME, { word: phrase })
      : atom(at === "start" ? "starts-with" : "ends-with", SOME, { phrase });
  return any(...phrases.map(one));
}

const sign = (phrase: string): Requirement => atom("ends-with", SOME, { phrase });
const ENDING_MARKS: Readonly<Record<string, readonly string[]>> = {
  "full stop": [".", "。"],
  period: [".", "。"],
  "question mark": ["?", "？"],
  "exclamation mark": ["!", "！"],
  "exclamation point": ["!", "！"],
  ellipsis: ["…", "..."],
  semicolon: [";", "；"],
  colon: [":", "："],
  comma: [",", "，"],
};

const last = (requirement: Requirement & { measure: string }, at: number): Requirement =>
  ({ ...requirement, of: { segment: "sentence", at } }) as Requirement;

export const PHRASE_PREDICATES: readonly Predicate[] = [
  affirmed(
    "phrase/starts-with",
    `${START}(?: off| out)? (?:with|by saying|by writing|on|using|by using) (?:either )?${CALLED}(?<list>${PHRASES})`,
    ({ word, list }) => edge("start", word, list!),
  ),
  affirmed("phrase/starts-with-bare", `${START} with the (?:key)?word (?<bare>${BARE})`, ({ bare }) =>
    NOT_MEANT.test(bare!) ? null : atom("starts-with-word", SOME, { word: bare! }),
  ),
  affirmed(
    "phrase/ends-with",
    `(?:${END}(?: off)?(?: by saying| by writing| by using| with| in| on| using)|have as (?:its|the) (?:last|final) (?:words?|sentence)) (?:either )?${CALLED}(?<list>${PHRASES})${NO_OTHER}`,
    ({ word, list }) => edge("end", word, list!),
  ),
  affirmed("phrase/ends-with-bare", `${END} with the (?:key)?word (?<bare>${BARE})`, ({ bare }) =>
    NOT_MEANT.test(bare!) ? null : atom("ends-with-word", SOME, { word: bare! }),
  ),
  affirmed(
    "phrase/ends-with-mark",
    `${END} (?:with|in|on) an? (?<mark>${Object.keys(ENDING_MARKS).join("|")})(?: (?:${PHRASE})| \\([?!.…;:,]+\\))?`,
    ({ mark }) => any(...ENDING_MARKS[mark!.toLowerCase()]!.map(sign)),
  ),
  affirmed("emoji/starts-with", `${START} (?:with|on) (?:an?|some|one|at least one|a single) (?:emoji|emoticon)`, () =>
    atom("starts-with-emoji", SOME),
  ),
  affirmed("emoji/ends-with", `${END} (?:with|on|in) (?:an?|some|one|at least one|a single) (?:emoji|emoticon)`, () =>
    atom("ends-with-emoji", SOME),
  ),
  predicate(
    "emoji/ending",
    `${END} with (?<q>[a-z\\d ]{1,40}?) (?<distinct>different |distinct |unique )?(?:emojis?|emoticons?)(?: in a row| one after (?:another|the other)| side by side)?`,
    ({ q, distinct }, negated) => {
      const quantity = quantityOf(q!);
      if (quantity === null || (quantity.kind !== "bound" && quantity.kind !== "bare")) return null;
      const set = demanded(quantity, negated);
      return set === null ? null : atom(distinct === undefined ? "ending-emoji" : "distinct-ending-emoji", set);
    },
  ),
  affirmed(
    "mark/ends-with-punctuation",
    `${END} (?:with|in|on) (?:an?|some|any) (?:kind of )?(?:punctuation mark|punctuation|mark of punctuation)`,
    () => atom("ends-with-punctuation", SOME),
  ),
  affirmed("form/ends-with-question", `${END} (?:with|on|in|by asking) (?:an?|one|a single) question`, () =>
    last(atom("question", SOME), -1),
  ),
  affirmed("form/starts-with-question", `${START} (?:with|by asking) (?:an?|one) question`, () =>
    last(atom("question", SOME), 1),
  ),
  affirmed("layout/starts-with-heading", `${START} with an? (?:markdown )?(?:heading|header)`, () =>
    atom("headings", SOME, undefined, { segment: "line", at: 1 }),
  ),
  affirmed(
    "phrase/equals",
    `(?:(?:answer|reply|respond)(?: back)?(?: only| exactly| simply| just)?(?: with| by saying)?(?: exactly| only| just| simply| nothing but| nothing more than| the single)*|(?:say|write|output|return|print)(?: only| exactly| just| nothing but| nothing other than)+|(?:only|just|simply) (?:say|write|output|return|answer|reply|respond)(?: with)?|(?:only )?be(?: exactly| only| just| precisely| nothing but| identical to| equal to)+|be|equal|read(?: exactly)?) ${CALLED}(?<list>${PHRASES})(?:(?:,| and)? (?:and )?(?:only|nothing (?:else|more)|verbatim|word for word|exactly|alone))?`,
    ({ list }) => {
      const { phrases, joined } = listed(list!);
      return joined === "and" || (joined === "comma" && phrases.length > 1)
        ? null
        : any(...phrases.map((phrase) => atom("equals", SOME, { phrase })));
    },
  ),
  affirmed(
    "phrase/one-of",
    `(?:answer|reply|respond|be|choose|pick)(?: only| simply)?(?: with| from)?(?: exactly| only| just)?(?: (?:either )?(?:exactly |only |just )?(?:one|any) of)?(?: (?:the|these))?(?: following)?(?: exact| fixed| allowed| possible)?(?: (?:phrases|options|answers|sentences|responses|words|replies|choices|strings|labels|values))?:? (?<list>${PHRASES})`,
    ({ list }) => {
      const { phrases } = listed(list!);
      return phrases.length < 2 ? null : any(...phrases.map((phrase) => atom("equals", SOME, { phrase })));
    },
  ),
  affirmed(
    "phrase/repeats-query",
    `(?:first,? |before (?:you (?:respond|answer|reply)|answering|responding|replying)(?: with any word| to it)?,? (?:first |please |just )*|start by |begin by |you must first )?(?:please |just )*(?:repeat|repeating|restate|restating|copy|copying|quote|quoting) (?:back )?(?:the|my|this|that)? ?(?:(?:exact|entire|whole|full|complete|original|user's|,) ?)*(?:request|prompt|question|input|message|query)(?: itself| above| below| back)*,? ?(?<how>exactly(?: as it is| as written)?|word for word|verbatim|without (?:any )?changes?|without changing (?:it|a single (?:letter|word)|anything)|unchanged)?(?:,? (?:word for word|verbatim|without (?:any )?changes?|exactly as it is))*(?:,? (?:at the (?:very )?(?:beginning|start)|before (?:you answer|answering|responding|giving your (?:answer|reply|response)|your answer)|first))?(?:,? (?:and )?(?:then|before) (?:give|giving|provide|providing|write|answer|respond|reply|your)\\b[^.]{0,40})?(?: \\(1\\. [^()]{0,300}\\))?`,
    ({ how }) => (how === undefined ? null : atom("repeats-query", SOME)),
  ),
  affirmed(
    "phrase/followed",
    `(?:(?:write|put|place|add|insert|have|use) (?:the (?:word|phrase) )?(?<b>${PHRASE}) (?:right|directly|immediately|straight) after (?:every|each)(?: (?:occurrence|instance|use|mention) of)?(?: the (?:word|phrase))? (?<a>${PHRASE})|(?:follow|complete) (?:every|each)(?: (?:occurrence|instance|use|mention) of)?(?: the (?:word|phrase))? (?<a2>${PHRASE}) (?:(?:immediately|directly|right away) )?(?:with|by)(?: the (?:word|phrase))? (?<b2>${PHRASE}))`,
    ({ a, b, a2, b2 }) =>
      atom("unfollowed", NONE, { phrase: literalsIn((a ?? a2)!)[0]!, next: literalsIn((b ?? b2)!)[0]! }),
  ),
  affirmed(
    "phrase/instead",
    `(?:use|say|write|prefer)(?: the (?:word|term|phrase))? (?<a>${PHRASE})(?: always)?,? (?:instead of|rather than|in place of|and never|and not|not|never)(?: the (?:word|term|phrase))? (?<b>${PHRASE})`,
    ({ a, b }) => all(occurs(literalsIn(a!)[0]!, SOME, true), occurs(literalsIn(b!)[0]!, NONE, true)),
  ),
  affirmed(
    "phrase/replaced",
    `(?:replace|substitute|swap)(?: out)? (?:every|each|all|any)(?: (?:occurrences?|instances?|uses?) of)?(?: the (?:word|term|phrase|letter)s?)? (?<b>${PHRASE}) (?:with|by|for)(?: the (?:word|term|phrase|letter|symbol|emoji))? (?<a>${PHRASE})`,
    ({ b }) => occurs(literalsIn(b!)[0]!, NONE, /^[\p{L}\p{N}]{2,}/u.test(literalsIn(b!)[0]!)),
  ),
  predicate(
    "phrase/parts",
    `(?:(?:consist of|contain|give|have|provide|write|include|offer|generate|produce|be divided into|be split into|use|return|be|divide .{1,30}? into|split .{1,30}? into|answer (?:with|in)|respond (?:with|in)|reply (?:with|in)) )(?<q>[^,]{1,40}?) (?<different>(?:different|distinct|unique) )?(?:parts|sections|paragraphs|responses|versions|answers|replies|segments|pieces|blocks|options|variants|alternatives|poems|jokes|stories),?(?: (?:that are|which are|and))? ?(?:separated?|divided?|parted|split|delimited)(?: (?:them|each|from each other|the (?:parts|responses|versions|sections|paragraphs)))?(?: only)? (?:by|with|using)(?: a line (?:of|containing))?(?: the)?(?: markdown)?(?: dividers?| separators?)?(?: (?:three|six|\\d) asterisks?(?: symbols?)?)?:? ?\\(?(?<separator>${SYMBOL}|${QUOTED})\\)?`,
    ({ q, different, separator }, negated) => parts(q!, different !== undefined, literalsIn(separator!)[0]!, negated),
  ),
  affirmed(
    "phrase/separated",
    `separate (?:the |your |all |each of the |nearby |every |each |these |those |them |both )?(?:(?:two|different|three|\\w+) )?(?:parts|sections|paragraphs?|responses|versions|answers|replies|them|poems|jokes|stories|options)?(?: from each other)?,? ?(?:by|with|using)(?: a line (?:of|containing))?(?: the| exactly)?(?: markdown)?(?: dividers?| separators?)?(?: (?:three|six|\\d) asterisks?(?: symbols?)?)?:? ?\\(?(?<separator>${SYMBOL}|${QUOTED})\\)?`,
    ({ separator }) => atom("parts", atLeast(2), { separator: literalsIn(separator!)[0]! }),
  ),
  predicate(
    "phrase/sections",
    `(?:contain|have|include|give|use|write|be divided into|be split into|consist of|be organi[sz]ed into|be structured (?:in|into|as)|divide .{1,30}? into|split .{1,30}? into|provide) (?<q>[^,]{1,40}?) sections?,? ?(?:(?:and )?(?:(?:each |which are |that are |with each section )?(?:clearly |explicitly )?(?:marked|label(?:l)?ed|titled|headed|noted|starting|beginning|introduced|named|numbered)|mark(?:ing)?(?: the beginning of)? each(?: section| of them)?|label(?:ing)? each(?: section)?)) (?:with|as|by|in the form|like)?:? ?(?<label>(?:${QUOTED})|[\\p{L}]+ [X1N#])(?:,? (?:where X is|such as|like|and so on|etc|2).{0,80})?`,
    ({ q, label }, negated) => {
      const quantity = quantityOf(q!);
      const set = quantity === null ? null : demanded(quantity, negated);
      const word = /^(\p{L}+) ?(?:X|1|N|#)$/u.exec(literalsIn(label!)[0] ?? label!)?.[1];
      return set === null || word === undefined ? null : atom("sections", set, { label: word });
    },
  ),
  affirmed(
    "phrase/postscript",
    `(?:(?:explicitly )?(?:add|include|contain|have|append|write|put|use|finish with|end with|close with|conclude with|feature|give)) (?:an? |the |one )?(?:postscript|post-script|(?<bare>${QUOTED}))(?:,? (?:that |which )?(?:starting|starts|beginning|begins|opening|opens|marked|introduced|labell?ed|headed|indicated|preceded|prefixed|denoted)(?: (?:with|by|as))? (?<marker>(?:the (?:words?|phrase|marker|letters) )?(?:(?:${QUOTED})|P\\.? ?(?:P\\.? ?)?S\\b\\.?)))?(?: at the (?:very )?(?:end|bottom))?`,
    ({ marker, bare }) => {
      if (bare !== undefined && !/^(?:P\.)?P\.S\.$/.test(literalsIn(bare)[0]!)) return null;
      const shown =
        marker === undefined
          ? (literalsIn(bare ?? "")[0] ?? "P.S.")
          : (literalsIn(marker)[0] ?? marker.replace(/^the \w+ /, ""));
      return atom("postscript", SOME, {
        marker: /^p\.? ?p\.? ?s\.?$/i.test(shown) ? "P.P.S." : /^p\.? ?s\.?$/i.test(shown) ? "P.S." : shown,
      });
    },
  ),
];

function parts(q: string, different: boolean, separator: string, negated: boolean): Requirement | null {
  const quantity = quantityOf(q);
  if (quantity === null || (quantity.kind !== "bound" && (quantity.kind !== "bare" || negated))) return null;
  const whole = atom("parts", quantity.set, { separator });
  const requirement = different ? all(whole, atom("distinct-parts", quantity.set, { separator })) : whole;
  return negated ? complement(requirement) : requirement;
}
