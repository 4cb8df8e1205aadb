// Reads constraints phrased in English: folds literals, splits off the trigger, reads each sentence as clauses. Precise
// first: whatever is left over or could be taken two ways makes the whole text unread.
import { all, type Constraint, constraintSchema, type Requirement } from "../../expression.ts";
import { plainClause, readClauses } from "./clause.ts";
import { foldLiterals } from "./literal.ts";
import { spellTimes } from "./number.ts";
import { splitTrigger } from "./trigger.ts";

export interface EnglishReading {
  readonly constraint: Constraint;
  /** Names of the rules that read it, joined by " + ". */
  readonly rule: string;
}

const LIST_MARKER = /^\s*(?:[-*•–—]|\(?\d{1,3}[.)]|\([a-z]\)|[a-z]\))\s+/;
const POSTSCRIPT = /\bP\. ?(P\. ?)?S\b\.?/g;

/** One spelling for what is said alike. */
function normalised(text: string): string | null {
  const undressed = text
    .replace(/\s+/g, " ")
    .replace(/(?<=\p{L})[’‘](?=\p{L})/gu, "'")
    .replace(LIST_MARKER, "");
  const folded = foldLiterals(undressed);
  if (folded === null) return null;
  const whole = foldPostscripts(folded);
  return spellTimes(whole)
    .replace(/\bi\.e\.?,? ?/gi, "such as ")
    .replace(/\be\.g\.?,? ?/gi, "such as ")
    .replace(/’/g, "'")
    .replace(/\s+/g, " ")
    .trim();
}

/** A postscript marker is a literal even without quotation marks (its full stops end no sentence). */
function foldPostscripts(text: string): string {
  return text.replace(
    POSTSCRIPT,
    (_, second: string | undefined) => foldLiterals(second === undefined ? "“P.S.”" : "“P.P.S.”")!,
  );
}

const NO_WORDS_AFTER =
  /[,.;]? (?:and |with )?no (?:other|further|additional|more) (?:words?|text) (?:should|must|may|can) (?:follow|come after)(?: (?:it|that|this|this phrase|the phrase|this sentence))?[.!]?$/i;
const NO_OTHER_LANGUAGE =
  /[,.;]? (?:and )?no other languages? (?:is|are|should be|may be) (?:allowed|permitted|used)[.!]?$/i;
const NO_OTHER_CASE =
  /[,.;]? (?:and |with )?no (?:capital|upper-?case|lower-?case|capitali[sz]ed) letters?(?: (?:is|are|should be|may be))? (?:allowed|permitted|used)[.!]?$/i;

/** Sentences that only say again what the one before them said. */
function withoutEcho(text: string): string {
  if (/\b(?:end|finish|close|conclude|last|final)\b/i.test(text)) {
    const found = text.replace(NO_WORDS_AFTER, "");
    if (found !== text) return found;
  }
  if (/\b(?:in|using|language)\b/i.test(text)) {
    const found = text.replace(NO_OTHER_LANGUAGE, "");
    if (found !== text) return found;
  }
  if (/lower-?case|lower case|all[ -]caps|capital letters/i.test(text.replace(NO_OTHER_CASE, "")))
    return text.replace(NO_OTHER_CASE, "");
  return text;
}

const SENTENCE_BREAK = /(?<=[.!;](?:\s)|[\u{F0000}-\u{FFFFF}]\. )(?=[A-Z\p{L}])/u;

function readRequirement(text: string): { requirement: Requirement; rule: string } | null {
  const whole = readClauses(text);
  if (whole !== null) return whole;
  const sentences = text.split(SENTENCE_BREAK).map((sentence) => sentence.trim());
  if (sentences.length < 2) return null;
  const readings = sentences.map((sentence) => readClauses(sentence));
  if (readings.some((reading) => reading === null)) return null;
  return {
    requirement: all(...readings.map((reading) => reading!.requirement)),
    rule: [...new Set(readings.map((reading) => reading!.rule))].join(" + "),
  };
}

/** The constraint that the text states and the rules that read it, or null. */
export function readEnglish(text: string): EnglishReading | null {
  const plain = normalised(text);
  if (plain === null || plain === "") return null;
  const clause = withoutEcho(plain.replace(/[\s.!;,]+$/, ""));
  const head =
    /^(?:if|when|whenever|unless|should|where|in case|for|in response|any time|anytime|every time|each time)\b/i.test(
      clause,
    )
      ? clause
      : plainClause(clause);
  const split = splitTrigger(head);
  if (split === null) return null;
  // after a trigger a second sentence may or may not be under it
  const read = split.when === null ? readRequirement(split.must) : readClauses(split.must);
  if (read === null) return null;
  const parsed = constraintSchema.safeParse({ ...(split.when && { when: split.when }), must: read.requirement });
  return parsed.success ? { constraint: parsed.data, rule: read.rule } : null;
}
