// Word tokens as NLTK's word_tokenize gives them: Punkt's sentences, each split as the Penn Treebank does. The rules work
// by putting spaces around what is to stand alone, one after the other, and their order matters. Ignores spans.
import { DIGIT, SPACE, WORD } from "../python/characters.ts";
import { rstrip, split } from "../python/str.ts";
import { type PunktParameters, sentenceSpans } from "./punkt.ts";

const BOUNDARY = `(?:(?<![${WORD}])(?=[${WORD}])|(?<=[${WORD}])(?![${WORD}]))`;
/** Python's IGNORECASE takes i, ı and İ for one another, JavaScript's doesn't. */
const I = "[iıİ]";
const together = (first: string, second: string, after = BOUNDARY): Rule => [
  new RegExp(`${BOUNDARY}(${first})(${second})${after}`, "giu"),
  " $1 $2 ",
];

type Rule = readonly [pattern: RegExp, replacement: string];

/** Rules in a row, and what at least one of them needs to find anything: most sentences have little of it, and one look is cheap. */
interface Rules {
  readonly needed: RegExp;
  readonly rules: readonly Rule[];
}

const OPENING: Rules = {
  needed: /[«“‘„`"']/u,
  rules: [
    [/([«“‘„]|`+)/gu, " $1 "],
    [/^"/u, "``"],
    [/(``)/gu, " $1 "],
    [/([ ([{<])("|'{2})/gu, "$1 `` "],
    [new RegExp(`(')(?!re|ve|ll|m|t|s|d|n)([${WORD}])(?![${WORD}])`, "giu"), "$1 $2"],
  ],
};

const SIGNS_BEFORE_PERIOD: Rules = {
  needed: /[:,;@#$%&]|\.\./u,
  rules: [
    [new RegExp(`([:,])([^${DIGIT}])`, "gu"), " $1 $2"],
    [/([:,])(?=\n?$)/gu, " $1 "],
    [/\.{2,}/gu, " $& "],
    [/[;@#$%&]/gu, " $& "],
  ],
};

const SIGNS_AFTER_PERIOD: Rules = {
  needed: /[?!'*\][(){}<>]|--/u,
  rules: [
    [/[?!]/gu, " $& "],
    [/([^'])' /gu, "$1 ' "],
    [/[*]/gu, " $& "],
    [/[\][(){}<>]/gu, " $& "],
    [/--/gu, " -- "],
  ],
};

/** NLTK 3.8, or 3.9, which also sets contractions apart where a line ends after them. */
export type NltkVersion = "3.8" | "3.9";

const ONE_SPACE: Rule = [new RegExp(`[${SPACE}]+`, "gu"), " "];
const CLOSING_QUOTES: Rules = {
  needed: /[»”’'"]/u,
  rules: [
    [/([»”’])/gu, " $1 "],
    [/''/gu, " '' "],
    [/"/gu, " '' "],
  ],
};
const CLITICS: Rules = {
  needed: /'/u,
  rules: [
    [/([^' ])('[sS]|'[mM]|'[dD]|') /gu, "$1 $2 "],
    [/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /gu, "$1 $2 "],
  ],
};

const CONTRACTIONS: Rules = {
  needed: / 't|can(?=not)|d(?='ye)|g[iıİ]m(?=me)|gon(?=na)|got(?=ta)|lem(?=me)|more(?='n)|wan(?=na)/iu,
  rules: [
    together("can", "not"),
    together("d", "'ye"),
    together(`g${I}m`, "me"),
    together("gon", "na"),
    together("got", "ta"),
    together("lem", "me"),
    together("more", "'n"),
    together("wan", "na", `(?=[${SPACE}])`),
    [new RegExp(` ('t)(${I}s)${BOUNDARY}`, "giu"), " $1 $2 "],
    [new RegExp(` ('t)(was)${BOUNDARY}`, "giu"), " $1 $2 "],
  ],
};

const apply = (text: string, { needed, rules }: Rules): string =>
  needed.test(text)
    ? rules.reduce((written, [pattern, replacement]) => written.replace(pattern, replacement), text)
    : text;

const closersAndSpaces = /^[\])}>"'»”’ ]*/u;
const closers = /^[\])}>"']*/u;

/** Sets the last period apart where only closing signs and white space follow it: `space` between it and those. */
function finalPeriod(text: string, signs: RegExp, space: string): string {
  const period = text.lastIndexOf(".");
  if (period < 1 || text[period - 1] === ".") return text;
  const rest = text.slice(period + 1);
  const following = (signs.exec(rest) as RegExpExecArray)[0];
  if (rstrip(rest).length > following.length) return text;
  return `${text.slice(0, period)} .${space}${following} `;
}

function treebankTokens(sentence: string, version: NltkVersion): string[] {
  let text = apply(sentence, OPENING);
  text = finalPeriod(text, closersAndSpaces, " ");
  text = apply(text, SIGNS_BEFORE_PERIOD);
  text = finalPeriod(text, closers, "");
  text = apply(text, SIGNS_AFTER_PERIOD);
  text = apply(` ${text} `, CLOSING_QUOTES);
  if (version === "3.9") text = text.replace(...ONE_SPACE);
  text = apply(text, CLITICS);
  return split(apply(text, CONTRACTIONS));
}

/** Tokens of the text. */
export const wordTokens = (text: string, parameters: PunktParameters, version: NltkVersion = "3.8"): string[] =>
  sentenceSpans(text, parameters).flatMap(([start, end]) => treebankTokens(text.slice(start, end), version));
