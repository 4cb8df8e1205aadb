// How IFBench's program parts a text into sentences: since December 2025 by NLTK's Punkt, before by regular expressions, which
// mark the periods that end no sentence, move closing quotes before the sign that they follow, and split after every . ? and !.

import type { RuleContext } from "../ifeval/instruction.ts";
import { sentenceSpans } from "../nltk/punkt.ts";
import { SPACE } from "../python/characters.ts";
import { strip } from "../python/str.ts";

export const sentencesOf = (text: string, context: RuleContext): string[] =>
  context.suite === "ifbench_2026"
    ? sentenceSpans(text, context.punkt()).map(([start, end]) => text.slice(start, end))
    : sentencesBySigns(text);

/** Stand for a period within a sentence, and for a sentence's end. A text may hold them itself. */
const PERIOD = "<prd>";
const STOP = "<stop>";

const S = `[${SPACE}]`;
const STARTERS = `(Mr|Mrs|Ms|Dr|Prof|Capt|Cpt|Lt|He${S}|She${S}|It${S}|They${S}|Their${S}|Our${S}|We${S}|But${S}|However${S}|That${S}|This${S}|Wherever)`;

/** In this order. */
const MARKS: readonly (readonly [RegExp | string, string])[] = [
  ["\n", " "],
  [/(Mr|St|Mrs|Ms|Dr)\./g, `$1${PERIOD}`],
  [/\.(com|net|org|io|gov|edu|me)/g, `${PERIOD}$1`],
  [/([0-9])\.([0-9])/g, `$1${PERIOD}$2`],
];
const ABBREVIATIONS: readonly (readonly [RegExp | string, string])[] = [
  ["Ph.D.", `Ph${PERIOD}D${PERIOD}`],
  [new RegExp(`${S}([A-Za-z])\\. `, "gu"), ` $1${PERIOD} `],
  [new RegExp(`([A-Z]\\.[A-Z]\\.(?:[A-Z]\\.)?) ${STARTERS}`, "gu"), `$1${STOP} $2`],
  [/([A-Za-z])\.([A-Za-z])\.([A-Za-z])\./g, `$1${PERIOD}$2${PERIOD}$3${PERIOD}`],
  [/([A-Za-z])\.([A-Za-z])\./g, `$1${PERIOD}$2${PERIOD}`],
  [new RegExp(` (Inc|Ltd|Jr|Sr|Co)\\. ${STARTERS}`, "gu"), ` $1${STOP} $2`],
  [/ (Inc|Ltd|Jr|Sr|Co)\./g, ` $1${PERIOD}`],
  [/ ([A-Za-z])\./g, ` $1${PERIOD}`],
  [".”", "”."],
  ['."', '".'],
  ['!"', '"!'],
  ['?"', '"?'],
  [".", `.${STOP}`],
  ["?", `?${STOP}`],
  ["!", `!${STOP}`],
  [PERIOD, "."],
];

function sentencesBySigns(text: string): string[] {
  const apply = (written: string, [found, replacement]: readonly [RegExp | string, string]): string =>
    written.replaceAll(found, replacement);
  const marked = MARKS.reduce(apply, ` ${text}  `).replace(/\.{2,}/g, (dots) => PERIOD.repeat(dots.length) + STOP);
  const sentences = ABBREVIATIONS.reduce(apply, marked).split(STOP).map(strip);
  if (sentences.at(-1) === "") sentences.pop();
  return sentences;
}
