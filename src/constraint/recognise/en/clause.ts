// Clauses: who must do what. Finds the subject, the negation and the bare predicate of a clause, reads the predicate by the
// rules of the families, and joins clauses by "and" and "or". Every word must be accounted for, or nothing is read.
import { complement } from "../../complement.ts";
import { all, any, type Requirement } from "../../expression.ts";
import { atLeast, atMost } from "../../interval.ts";
import { EMOJI_NOUNS, EMOJI_PREDICATES } from "./emoji.ts";
import { FORM_NOUNS, FORM_PREDICATES } from "./form.ts";
import { LAYOUT_NOUNS, LAYOUT_PREDICATES } from "./layout.ts";
import { exactUnits, LENGTH_NOUNS } from "./length.ts";
import { QUOTED } from "./literal.ts";
import { MARK_NOUNS } from "./mark.ts";
import { numberOf, type QuantityKind, quantityOf, timesOf } from "./number.ts";
import { PHRASE_PREDICATES, PHRASES, readPhrases } from "./phrase.ts";
import { compileNouns, type Predicate, readCounted } from "./predicate.ts";
import { SCRIPT_NOUNS, SCRIPT_PREDICATES } from "./script.ts";
import { BARE_PLURAL, negates, PIECE, placed, RESPONSE, SUBJECT, type Subject, subjectOf, WHOLE } from "./subject.ts";

export interface Reading {
  readonly requirement: Requirement;
  readonly rule: string;
}

/** What a following clause takes over from the one before: "must contain a title and three lists". */
interface Carry {
  readonly subject: Subject;
  readonly negated: boolean;
  /** How the counted noun was put, if there was one; null if the clause had a predicate of another kind. */
  readonly counted: QuantityKind | null;
  readonly verb: string | null;
}

interface Clause extends Reading {
  readonly carry: Carry;
}

const NOUNS = compileNouns([
  ...SCRIPT_NOUNS,
  ...EMOJI_NOUNS,
  ...LAYOUT_NOUNS,
  ...MARK_NOUNS,
  ...LENGTH_NOUNS,
  ...FORM_NOUNS,
]);
const LENGTHS = compileNouns(LENGTH_NOUNS);
const PREDICATES: readonly Predicate[] = [
  ...EMOJI_PREDICATES,
  ...PHRASE_PREDICATES,
  ...SCRIPT_PREDICATES,
  ...LAYOUT_PREDICATES,
  ...FORM_PREDICATES,
];

/** Verbs that say that something stands in the text. */
const CONTAIN =
  "(?:(?:make use of|consist of|be composed of|be made up of|leave in|be written in|be written with|be in|fit in|fit into|fit on|come to|run to|be organi[sz]ed in(?:to)?|be divided into|be split into|be broken into|be structured (?:in|into|as)|(?:answer|reply|respond|write|be answered|say it|keep it|stay|be kept|be given|be phrased|be expressed)(?: back)? (?:in|with|using|within|as|to|on)|put (?:on|in)|end up with|be built from|organi[sz]e .{1,30}? (?:in|into)|divide .{1,30}? into|split .{1,30}? into|break .{1,30}? into|structure .{1,30}? (?:in|into|as)|contain|include|have|use|feature|write|give|provide|add|insert|put|place|employ|incorporate|present|offer|produce|list|supply|show|display|compose|generate|create|draft|deliver|return|output|comprise|hold|carry|leave|be))";
/** Verbs that only take a phrase. */
const NAME =
  "(?:mention|say|utter|type|work in|weave in|drop in|reference|refer to|name|cite|bring in|quote|slip in|sprinkle in|repeat|work|weave|slip|drop|invoke|incorporate|mention by name|spell out|always include|call .{1,20}? by)";
const CONTAINING = new RegExp(`^(?<verb>${CONTAIN}) (?<np>.+)$`, "iu");
const NAMING = new RegExp(`^(?<verb>${NAME}) (?<np>.+?)(?: in| into)?$`, "iu");
const LIMITING =
  /^(?:be kept|keep it|make it|keep|stay|remain|be|come in|run|go|fall|write|be written|clock in|answer|reply|respond|make it|keep it|hold|weigh in)(?: it| things| yourself)?(?: at| to| in)? (?<np>.+)$/iu;
const CAPPING =
  /^(?:be )?(?:(?:keep|keep it|kept|stick|hold|hold it)(?: yourself)? to|(?:limit|limited|restrict|restricted|confine|confined|cap|capped)(?: it| yourself| things)? (?:to|at)|max out at|have a (?:word |character )?limit of|fit (?:in|into|on|within)|run to) (?<np>.+)$/iu;
const EXCEEDING =
  /^(?:exceed|go over|surpass|go beyond|run over|top|pass|go above|be over|run past|go past|extend beyond) (?<np>.+)$/iu;
const NO_MORE_THAN = /^(?:a |the )?(?:limit|maximum|max) of /i;
const BARE_NUMBER_NP =
  /^(?:a |an )?(?<n>\d[\d,]*|[a-z]+(?:[ -][a-z]+){0,4}?) (?<unit>words?|characters?|Chinese characters?|sentences?|lines?|paragraphs?|list items?|bullet points?|emojis?|words? or phrases?)(?: (?:long|in length|in total|total|at most|maximum|max|or fewer|or less|or under|or shorter))*$/iu;
const COMPOUND =
  /^(?:be|write|give|use|answer (?:with|in|as)|reply (?:with|in|as)|respond (?:with|in|as)|provide|produce|compose|send)(?: only)? (?:an? |one )?(?<n>single|\w+)[ -](?<unit>word|sentence|line|paragraph)(?: (?:reply|replies|answer|response|poem|message|story|email|text|post|note|output|paragraph|verse))?$/i;

/** Reads a bare predicate of one text. */
function readPredicate(
  text: string,
  negated: boolean,
): (Reading & { counted: QuantityKind | null; verb: string | null }) | null {
  const read = (
    requirement: Requirement | null,
    rule: string,
    counted: QuantityKind | null = null,
    verb: string | null = null,
  ) => (requirement === null ? null : { requirement, rule, counted, verb });
  for (const { name, pattern, read: make } of PREDICATES) {
    const match = pattern.exec(text);
    const requirement = match === null ? null : make(match.groups ?? {}, negated);
    if (requirement !== null) return read(requirement, name);
  }
  const limited = readLength(text, negated);
  if (limited !== null) return read(limited.requirement, limited.rule, "bound", "contain");
  const compound = COMPOUND.exec(text)?.groups;
  if (compound !== undefined) {
    const n = /^single$/i.test(compound.n!) ? 1 : numberOf(compound.n!);
    const requirement = n === null ? null : exactUnits(compound.unit!, n);
    if (requirement !== null) return read(negated ? complement(requirement) : requirement, "length/compound");
  }
  const containing = CONTAINING.exec(text)?.groups;
  if (containing !== undefined) {
    const found = readNounPhrase(containing.np!, containing.verb!, negated);
    if (found !== null) return found;
  }
  const naming = NAMING.exec(text)?.groups;
  if (naming !== undefined)
    return read(readPhrases(naming.np!, naming.verb!, negated), "phrase/mention", null, naming.verb!);
  return null;
}

function readNounPhrase(np: string, verb: string, negated: boolean) {
  const plain = np.replace(/^(?:only|just) (?=(?:an? |one |\d))/i, "exactly ");
  const counted = readCounted(plain, NOUNS, negated);
  // "answer with a single emoji" leaves no room for anything else; "with at least two" does
  const whole = counted !== null && counted.kind !== "bound" && /^(?:emoji|mark)\//.test(counted.rule);
  if (whole && /^(?:answer|reply|respond)\b/i.test(verb)) return null;
  if (counted !== null) return { requirement: counted.requirement, rule: counted.rule, counted: counted.kind, verb };
  const often = readOften(np, negated);
  if (often !== null) return { ...often, verb };
  const phrases = readPhrases(np, verb, negated);
  if (phrases !== null) return { requirement: phrases, rule: "phrase/contain", counted: null, verb };
  return null;
}

/** "bold text at least twice": a noun with a number of times after it. */
function readOften(np: string, negated: boolean) {
  if (!/ (?:times?|occasions)\b/i.test(np)) return null;
  for (const space of np.matchAll(/ /g)) {
    const times = timesOf(np.slice(space.index + 1));
    if (times === null || times.kind === "plural") continue;
    const quantity = np
      .slice(space.index + 1)
      .replace(/^for /i, "")
      .replace(/ (?:times?|occasions)\b/i, "");
    const found = readCounted(`${quantity} ${np.slice(0, space.index)}`, NOUNS, negated);
    if (found !== null) return { requirement: found.requirement, rule: found.rule, counted: found.kind };
  }
  return null;
}

/** "be under 100 words", "be at most three sentences long", "exceed 100 words", "keep to 100 words". */
function readLength(text: string, negated: boolean): Reading | null {
  const exceeding = EXCEEDING.exec(text)?.groups;
  if (exceeding !== undefined)
    return bareLimit(exceeding.np!.replace(NO_MORE_THAN, ""), (n) => atLeast(n + 1), negated);
  const capping = CAPPING.exec(text)?.groups;
  if (capping !== undefined) {
    const capped = bareLimit(capping.np!.replace(NO_MORE_THAN, ""), atMost, negated);
    if (capped !== null) return capped;
  }
  const limiting = LIMITING.exec(text)?.groups ?? CAPPING.exec(text)?.groups;
  if (limiting === undefined) return null;
  const found = readCounted(limiting.np!, LENGTHS, negated);
  return found !== null && (found.kind === "bound" || found.kind === "bare") ? found : null;
}

function bareLimit(np: string, of: (n: number) => ReturnType<typeof atMost>, negated: boolean): Reading | null {
  const match = BARE_NUMBER_NP.exec(np)?.groups;
  const n = match === undefined ? null : numberOf(match.n!);
  if (n === null) return null;
  const quantity = quantityOf(String(n));
  const found = quantity === null ? null : readCounted(`${n} ${match!.unit!}`, NOUNS, false);
  if (found === null || !("measure" in found.requirement)) return null;
  const requirement = { ...found.requirement, in: of(n) };
  return { requirement: negated ? complement(requirement) : requirement, rule: "length/limit" };
}

const POLITE =
  /^(?:please|kindly|always|strictly|also|additionally,?|in addition,?|furthermore,?|moreover,?|however,?|finally,?|lastly,?|note that|note:|remember(?: to| that|:)|(?:be|make) (?:very )?(?:sure|certain)(?: to| that)?|making sure(?: to| that)?|see to it that|ensure(?: that| to)?|(?:be careful|take care) to|(?:don't|do not|never) (?:forget|fail|neglect) to|it is (?:required|mandatory|essential|important|necessary|imperative|crucial) (?:that|to)|i (?:want|need|would like|expect|require) you to|i'd like you to|your (?:task|job) is to|you(?:'re| are) (?:required|expected|asked|instructed|obliged|supposed|told) to|you(?: must| should| shall| will| need to| have to| are to| ought to)(?! not| never)|you always|must(?! not| never)|should(?! not| never)|at all times,?|in all cases,?|in every case,?|without exception,?|no matter what(?: the user (?:asks|says))?,?|regardless of (?:the topic|what the user (?:says|asks)|the question),?|whatever the (?:question|topic|user (?:says|asks)),?|when(?:ever)? (?:you )?(?:answer|answering|respond|responding|reply|replying|write|writing),?|each time you (?:answer|reply|respond),?|every time you (?:answer|reply|respond),?|and|then|specifically,?|importantly,?|in particular,?|important:|rule:|constraint:|requirement:|format:|style:|length:|language:|in general,?|explicitly),?(?=[\s]) ?/i;
const IN_RESPONSE = new RegExp(
  `(?:^|,? )(?:in|of|within|throughout|across|anywhere in|at any point in|somewhere in|inside|per|for|to) (?:${RESPONSE}|(?<=per )(?:reply|response|answer|message))(?: as a whole)?(?=$|[\\s,;])`,
  "giu",
);
const TRAILING =
  /,? (?:at all times|without exception|in all cases|in every case|every time|always|please|no matter what(?: the user (?:asks|says))?|at all|whatsoever|under any circumstances|for any reason|ever|entirely|altogether|completely|anywhere|whenever you (?:reply|answer|respond)|throughout|overall|in total|no more(?: and|,) no (?:fewer|less)|for it|in it|as well|too|if you please|by name)$/i;

/** Takes off what adds nothing: politeness, "make sure that", "in your response". */
export function plainClause(text: string): string {
  let plain = text
    .replace(/^you're /i, "you are ")
    .replace(/^(give|write|show|send|offer|provide|tell) (?:me|us|the user|them) /i, "$1 ")
    .replace(
      /^(?:at the (?:very )?(?:end|bottom)|after)(?: (?:of|in))?(?: (?:your|the) [a-z ]{1,30}?)?,? (?=.*postscript)/i,
      "",
    )
    .replace(/^use (?:markdown|asterisks|single asterisks|the asterisk symbol) to (?=bold|italici|highlight)/i, "")
    .replace(IN_RESPONSE, (found) => (found.startsWith(",") ? " " : found.startsWith(" ") ? "" : ""))
    .replace(/\s+/g, " ")
    .replace(/\s+,/g, ",")
    .replace(/^[\s,]+|[\s,;.!:]+$/g, "");
  for (let i = 0; i < 6; i++) {
    const next = plain
      .replace(POLITE, "")
      .replace(TRAILING, "")
      .replace(/^[\s,]+/, "");
    if (next === plain) break;
    plain = next;
  }
  return plain;
}

const GERUNDS: Readonly<Record<string, string>> = {
  using: "use",
  containing: "contain",
  including: "include",
  having: "have",
  writing: "write",
  starting: "start",
  beginning: "begin",
  opening: "open",
  ending: "end",
  finishing: "finish",
  closing: "close",
  concluding: "conclude",
  exceeding: "exceed",
  mentioning: "mention",
  keeping: "keep",
  putting: "put",
  placing: "place",
  making: "make",
  asking: "ask",
  adding: "add",
  saying: "say",
  going: "go",
  giving: "give",
  answering: "answer",
  replying: "reply",
  responding: "respond",
  wrapping: "wrap",
  enclosing: "enclose",
  limiting: "limit",
  featuring: "feature",
  employing: "employ",
  being: "be",
  repeating: "repeat",
  inserting: "insert",
  referring: "refer",
  bolding: "bold",
  italicizing: "italicize",
  highlighting: "highlight",
  typing: "type",
  speaking: "speak",
  separating: "separate",
  presenting: "present",
  providing: "provide",
  staying: "stay",
  naming: "name",
  running: "run",
  uttering: "utter",
};
const INFLECTED: Readonly<Record<string, string>> = {
  is: "be",
  are: "be",
  has: "have",
  goes: "go",
  finishes: "finish",
  matches: "match",
  replies: "reply",
};
const asBare = (text: string): string | null => {
  const [first, ...rest] = text.split(" ");
  const bare = GERUNDS[first!.toLowerCase()];
  return bare === undefined ? null : [bare, ...rest].join(" ");
};
const VERBS_S =
  /^(?:contain|include|use|feature|start|begin|open|end|close|conclude|mention|have|exceed|consist|ask|say|write|list|give|show|refer|comprise|run|stay|provide|name|type|answer|reply)s$/i;
export function bareVerb(text: string): string | null {
  const [first, ...rest] = text.split(" ");
  const verb = first!.toLowerCase();
  const bare = INFLECTED[verb] ?? (VERBS_S.test(verb) ? verb.slice(0, -1) : null);
  return bare === null ? null : [bare, ...rest].join(" ");
}

const NOT_IMPERATIVE =
  /^(?:(?:you )?(?:do not|don't|never|must not|mustn't|must never|may not|may never|can not|cannot|can't|can never|should not|shouldn't|should never|shall not|will not|won't|will never|are not to|are never to|are not allowed to|aren't allowed to|are not permitted to|are forbidden to|are prohibited from|are forbidden from|are barred from|need to avoid|must avoid|should avoid|are to avoid|have to avoid)|it is (?:forbidden|prohibited|not allowed|not permitted) to|(?:under no circumstances|on no account|at no point|at no time|in no case)(?:,)?(?: (?:must|should|may|can|will|are) you| do you|)(?: to)?|not)(?: ever| once)? (?<rest>.+)$/i;
const AVOIDING =
  /^(?:avoid|refrain from|abstain from|stay away from|steer clear of|keep away from|shun|without|omit|exclude|skip|leave out|do without|drop|forgo|eschew|resist|cut|keep out)(?: any use of| the use of| all use of| using| the usage of)? (?<rest>.+)$/i;
const MODAL =
  "(?:must|should|shall|needs? to|ha(?:s|ve) to|(?:is|are) to|will|ought to|(?:is|are) required to|(?:is|are) supposed to|(?:is|are) expected to)(?: always| strictly| also| all| each)?";
const NOT_MODAL =
  "(?:(?:must|should|shall|may|can|could|will|do|does)(?: not|n't| never)|cannot|can't|won't|(?:is|are) (?:not|never) (?:to|allowed to|permitted to|supposed to)|(?:isn't|aren't) (?:to|allowed to)|(?:is|are) (?:forbidden|prohibited) (?:to|from)|never)(?: ever)?";
const SUBJECT_MODAL = new RegExp(
  `^(?<subject>${SUBJECT}|(?:${BARE_PLURAL}))(?: themselves| itself)? (?:(?<not>${NOT_MODAL})|(?<modal>${MODAL})|(?<permit>may|can|might))(?: (?<only>only|just|solely))? (?<rest>.+)$`,
  "iu",
);
const SUBJECT_VERB = new RegExp(`^(?<subject>${SUBJECT})(?: always| strictly)?(?<not> never)? (?<rest>.+)$`, "iu");
const THERE =
  /^there (?:(?:must|should|shall|needs? to|ha(?:s|ve) to) (?:always )?be|is to be|are to be)(?<not> not)? (?<np>.+)$/i;
const THERE_NOT =
  /^there (?:(?:must|should|shall|may|can)(?: not|n't| never) be|can't be|cannot be|mustn't be|shouldn't be|are (?:never )?to be no) (?<np>.+)$/i;
const THERE_PERMIT = /^there (?:may|can) be (?<np>.+)$/i;
const APPEAR =
  "(?:appear|be used|be included|be present|occur|be mentioned|be found|show up|be written|be contained|feature|be there|come up|exist|be inserted|be added|turn up|be stated|be said|be repeated|be displayed|be provided|be given|be featured|be in place)";
const NP_APPEAR = new RegExp(
  `^(?<np>.+?) (?:(?<not>(?:must|should|shall|may|can|will|do|does)(?: not|n't| never)|cannot|can't|won't|never)|(?<modal>${MODAL})|(?<permit>may|can)) (?:ever |only )?${APPEAR}(?: (?<times>(?:for )?.+? times?(?: or more| or fewer| or less| at most| at least| only| exactly)?|at least \\d+ times))?$`,
  "iu",
);
const NP_APPEARS =
  /^(?<np>.+?) (?:(?<not>never|(?:does|do) not|doesn't|don't) )?(?:appears?|occurs?|is used|are used|is included|is present|are present)(?: (?<times>.+? times?(?: or more| or fewer| or less| at most| at least| only| exactly)?))?$/iu;
const FORBIDDEN =
  /^(?<np>.+?) (?:(?:(?:is|are|should|must|will)(?: strictly| absolutely| completely| never| to)?(?: be)? )(?:forbidden|prohibited|banned|disallowed|off[- ]limits|not (?:allowed|permitted|acceptable|welcome|to be used|used|accepted|wanted)|avoided|omitted|left out|excluded|allowed|permitted|used at no point|unacceptable|never used)|(?:aren't|isn't|not) (?:allowed|permitted|acceptable))$/i;
const SUBJECT_OBJECT = new RegExp(
  `^(?<verb>start|begin|open|end|finish|close|conclude|keep|limit|restrict|cap|put|write|wrap|enclose|surround|format|print|set|render|phrase|frame|place|confine|bold|italici[sz]e|type|compose|deliver|give|word|have|answer|return|provide|present|output|bracket|make|contain|hold|express|bookend|capitali[sz]e|encase|produce|generate|lead|speak|commence)(?<off> off)? (?<subject>${RESPONSE}|${PIECE}|it)(?: (?<rest>.+))?$`,
  "iu",
);
const IN_PIECE_FIRST = new RegExp(`^(?:in|on|within|for) (?<subject>${PIECE}),? (?<rest>.+)$`, "iu");
const IN_PIECE_LAST = new RegExp(
  `^(?<rest>.+?) (?:in|on|to|at|within|into|per|for|from) (?<subject>${PIECE}|sentence|line|paragraph|list item|bullet point|item|bullet)$`,
  "iu",
);
const WORD_OF = new RegExp(
  `^(?:the |your )?(?:very )?(?<which>first|last|final|opening|closing) (?<what>words?|characters?|letter|thing you (?:say|write)|symbol)(?: (?:of|in) (?<subject>${SUBJECT}))? (?:(?<not>(?:must|should|may|can|will) (?:not|never)|cannot|can't|mustn't) be|(?:must|should|shall|has to|needs to|is to|have to) be|is|are) (?<rest>.+)$`,
  "iu",
);
const LENGTH_OF = new RegExp(
  `^(?:(?:the|your|its) )?(?:(?:total|maximum|minimum|overall|exact|max|min) )?(?:(?<unit>word|character|sentence|paragraph|line)s?[ -](?:count|total|limit|length|number)|number of (?<unit2>[\\p{L} -]{1,40}?)|length|total length|amount of (?<unit3>words|sentences|lines|paragraphs))(?: of (?<subject>${SUBJECT}))?(?: used)?(?<verb>:| (?:(?:must|should|shall|may|can|will)(?: not| never)?|has to|needs to|is to|cannot|can't|mustn't) (?:be|exceed|stay|not exceed|go over|remain|reach|fall|be kept|equal|total|surpass|not be|drop|go|fall)| is| are| not to exceed) ?(?<rest>.+)$`,
  "iu",
);
const OF_SUBJECT_LIMIT = /^(?:max(?:imum|\.)?|min(?:imum|\.)?)(?: length)?:? (?<np>\d.+)$/i;
const FOLLOWED = new RegExp(
  `^(?:(?:the|every|each|any)(?: (?:occurrence|instance|use|mention) of)?(?: the)?(?: (?:word|phrase|name|term))? )?(?<a>${PHRASES})(?: always)? (?:(?:must|should|has to|needs to|is to|shall)(?: always)? be|is(?: always)?)(?: always)? ?(?:(?:immediately|directly|right away|at once|instantly) )?followed (?:(?:immediately|directly|right away) )?by(?: the (?:word|phrase|name))? (?<b>${PHRASES})$`,
  "iu",
);

/** One clause, its own or going on from the one before. */
function readClause(text: string, carry: Carry | null, joiner: string): Clause | null {
  const plain = plainClause(text);
  if (plain === "") return null;
  if (carry === null) return ownClause(plain)?.clause ?? null;
  const noun = continuedNoun(plain, carry, joiner);
  if (noun !== undefined) return noun;
  if (carry.subject.kind !== "whole") {
    const more = continued(plain, carry, joiner);
    if (more !== null) return more;
  }
  const fresh = ownClause(plain);
  if (fresh?.bare && carry.negated)
    // after "do not …": ", and end with …" or "but end with …" starts afresh; a plain "and" could mean either
    return /^(?:or|nor|, or|, nor)$/.test(joiner)
      ? continued(plain, carry, joiner)
      : /^(?:, and|, but|;|but|, then)$/.test(joiner)
        ? fresh.clause
        : null;
  return fresh?.clause ?? continued(plain, carry, joiner);
}

/** A noun under the verb of the clause before; undefined if there is none, null if it can be taken two ways. */
function continuedNoun(text: string, carry: Carry, joiner: string): Clause | null | undefined {
  if (carry.counted === null && carry.verb === null) return undefined;
  const verb = carry.verb ?? "contain";
  const none = carry.counted === "none";
  const affirmed = readNounPhrase(text, verb, false);
  if (affirmed === null && !carry.negated) return undefined;
  // "no commas and at most 50 words": what has a bound of its own is not under the "no" before it
  const under = carry.negated || (none && affirmed?.counted === "plural") || (none && affirmed?.counted === null);
  const np = under ? readNounPhrase(text, verb, true) : affirmed;
  if (np === null) return affirmed === null ? undefined : null;
  if (
    carry.negated &&
    np.counted === "bound" &&
    !(/^(?:or|nor|, or|, nor)$/.test(joiner) && isUpperBound(np.requirement))
  )
    return null;
  if (np.counted !== null && !mayFollow(carry.counted, np.counted, under)) return null;
  return settle(carry.subject, np.requirement, np.rule, {
    ...carry,
    negated: under,
    counted: np.counted ?? carry.counted,
  });
}

function continued(text: string, carry: Carry, joiner: string): Clause | null {
  const withModal = new RegExp(
    `^(?:(?:it|they) )?(?:(?<not>${NOT_MODAL}|not|never)|(?<modal>${MODAL})|(?:be sure|make sure) to) (?<rest>.+)$`,
    "i",
  ).exec(text)?.groups;
  if (withModal !== undefined) return finish(carry.subject, withModal.rest!, withModal.not !== undefined);
  if (carry.negated && !/^(?:or|nor|, or|, nor|,)$/.test(joiner)) return null;
  return finish(carry.subject, text, carry.negated, true);
}

const isUpperBound = (requirement: Requirement): boolean =>
  "measure" in requirement && requirement.in.length === 1 && requirement.in[0]![0] === 0;

/** Whether a noun put one way can share the verb of a noun put another: "three lists and two tables", not "at most 3 … and 2 …". */
function mayFollow(first: QuantityKind | null, next: QuantityKind, negated: boolean): boolean {
  if (next === "plural")
    return (
      first === null ||
      first === "plural" ||
      first === "article" ||
      first === "any" ||
      (negated && first !== "bound" && first !== "bare")
    );
  if (next === "bare") return first === null || first === "bare" || first === "article" || first === "single";
  return true;
}

const settle = (subject: Subject, requirement: Requirement, rule: string, carry: Carry): Clause | null => {
  const whole = placed(subject, requirement);
  return whole === null ? null : { requirement: whole, rule, carry };
};

/** A bare predicate said of a subject. */
function finish(subject: Subject, predicateText: string, negated: boolean, bare = false): Clause | null {
  const text = plainClause(predicateText);
  let negation = negated !== negates(subject);
  let body = text;
  const inner = /^(?:not|never) (.+)$/i.exec(body);
  if (inner !== null && !bare) {
    negation = !negation;
    body = inner[1]!;
  }
  const free =
    /^(?:be (?:completely |entirely |wholly |totally )?(?:free of|free from|devoid of|without|-free)|(?:answer|reply|respond|write|speak|communicate|do so|do it|be written|say it)(?: everything| back)? without)(?: any)?(?: use of)? (?<rest>.+)$/i.exec(
      body,
    )?.groups?.rest;
  if (free !== undefined) {
    if (!negation) return avoided(subject, free, "contain");
    const gerund = asBare(free);
    return finish(subject, gerund ?? `contain ${free}`, false);
  }
  const avoiding = AVOIDING.exec(body)?.groups?.rest;
  if (avoiding !== undefined && !negation) {
    const clause = avoided(subject, avoiding, leftOut(body));
    if (clause !== null) return clause;
  }
  const read = readPredicate(body, negation);
  if (read === null) return null;
  return settle(subject, read.requirement, read.rule, {
    subject,
    negated: negation,
    counted: read.counted,
    verb: read.verb,
  });
}

/** What is left out may be any string; what is avoided is a word. */
const leftOut = (text: string): string =>
  /^(?:exclude|omit|leave|skip|drop|without|do without|cut|keep)\b/i.test(text) ? "contain" : "avoid";

function avoided(subject: Subject, rest: string, verb = "avoid"): Clause | null {
  const bare = asBare(rest);
  if (bare !== null) {
    const clause = finish(subject, bare, true);
    if (clause !== null) return clause;
  }
  const np = readNounPhrase(rest, verb, true);
  return np === null
    ? null
    : settle(subject, np.requirement, np.rule, { subject, negated: true, counted: np.counted ?? "any", verb: np.verb });
}

/** A permission is a constraint only where it sets a limit: "may use at most three". */
function permitted(clause: Clause | null): Clause | null {
  const requirement = clause?.requirement;
  if (clause === null || requirement === undefined || !("measure" in requirement) || requirement.in.length !== 1)
    return null;
  const [low, high] = requirement.in[0]!;
  return low === 0 && high !== null && high > 0 ? clause : null;
}

interface Own {
  readonly clause: Clause;
  /** An imperative without any subject or negation: after a negated clause it might still be negated. */
  readonly bare: boolean;
}
const own = (clause: Clause | null, bare = false): Own | null => (clause === null ? null : { clause, bare });

function ownClause(text: string): Own | null {
  for (const way of WAYS) {
    const found = way(text);
    if (found !== null) return found;
  }
  return null;
}

const contain = (np: string, negated: boolean, verb = "contain"): Clause | null => {
  const found = readNounPhrase(np, verb, negated);
  return found === null
    ? finish(WHOLE, `contain ${np}`, negated)
    : settle(WHOLE, found.requirement, found.rule, { subject: WHOLE, negated, counted: found.counted, verb });
};

const SEPARATED =
  /^(?:the |all |each |every |your )?(?:(?:two|three|\w+) )?(?:parts|sections|paragraphs?|responses|versions|answers|replies|poems|jokes|stories|stanzas)(?: and only \w+)?(?: (?:must|should|are to|shall|have to|need to|has to))?(?: each)?(?: be| are| is)? (?:all )?separated (?:from each other )?(?<how>(?:by|with|using) .+)$/iu;
const EMPHASISED =
  /^(?<np>.+?) (?:must|should|shall|needs? to|ha(?:s|ve) to|are to) be (?:written |set |put |printed |formatted |typed )?(?:in )?(?<how>bold(?:face)?|italics?|italici[sz]ed|bolded|(?:all )?(?:capital|upper-?case) letters|all caps|all-caps|all capitals|all upper-?case|capitals)$/i;
const SHARE =
  /^(?<q>at least half|.{1,30}?(?:%| per ?cent)) of (?:the |your |its |all )*(?:letters|characters|text) (?:must|should|shall|ha(?:s|ve) to) be (?<rest>.+)$/i;
const NEITHER_AFTER = /^(?<verb>[\p{L} ]{1,40}?) neither (?<a>.+?) nor (?<b>.+)$/iu;
const NEITHER_FIRST =
  /^neither (?<a>.+?) nor (?<b>.+?) (?:(?:is|are) (?:allowed|permitted)|(?:must|should|may|can) (?:appear|be used|be present|occur))$/i;

const APPEAR_IN_PIECE = new RegExp(
  `^(?<np>.+?) (?:${MODAL}) ${APPEAR} (?:(?<times>[^,]+? times?) )?in (?<subject>${PIECE})$`,
  "iu",
);
const LANGUAGE_OF =
  /^(?:the )?language(?: (?:of (?:the|your|each|every) (?:response|reply|answer|output)))? (?:must|should|has to|needs to|is to) (?:always )?be (?<language>\p{L}+)$/iu;
const INSTEAD_FIRST = new RegExp(
  `^(?:instead of|rather than|in place of)(?: the (?:word|term|phrase))? (?<b>${QUOTED}),? (?:always )?(?:say|use|write)(?: the (?:word|term|phrase))? (?<a>${QUOTED})$`,
  "iu",
);
const LIST_OF =
  /^(?<verb>.+?) an? (?<kind>numbered|bulleted|bullet|ordered)? ?list of (?<np>.+? )(?:items|points|entries|steps|bullets)$/i;

const GENRE_OF =
  /^(?:write|compose|give|create|produce|provide|generate|deliver|send)(?: me| us)? an? (?:response|reply|answer|story|poem|essay|e-?mail|letter|blog post|post|article|script|speech|song|report|message|text|tweet|dialogue|review)(?: (?<how>of|with|containing|that contains|that has|in|using)|,? (?:that's|that is|which is)) (?<rest>.+)$/i;
const WANT = new RegExp(
  `^i(?: want|'d like| would like| need) (?<subject>${RESPONSE}) (?:to (?<to>.+)|(?<in>(?:in|under|within|at|between|as) .+))$`,
  "iu",
);
const VERY_END = new RegExp(
  `^the (?<which>(?:very )?end|(?:very )?(?:start|beginning))(?: of (?<subject>${SUBJECT}))? (?:must|should|has to|needs to) (?:read|say|be) (?<rest>.+)$`,
  "iu",
);
const ALL_LETTERS =
  /^(?:all|every|each)(?: of)?(?: the)? (?:letters?|words?|characters?|text) (?:must|should|ha(?:s|ve) to|needs? to) be (?:written )?(?:in )?(?<how>(?:all )?(?:lower-?case|lower case|upper-?case|upper case|capital|capitals|capitali[sz]ed|all caps)(?: letters)?)$/i;

const WAYS: readonly ((text: string) => Own | null)[] = [
  (text) => {
    const found = GENRE_OF.exec(text)?.groups;
    if (found === undefined) return null;
    return own(
      finish(
        WHOLE,
        /^(?:of|with|containing|that contains|that has|using)$/i.test(found.how ?? "")
          ? `contain ${found.rest!}`
          : `be ${found.how === undefined ? "" : "in "}${found.rest!}`,
        false,
      ),
    );
  },
  (text) => {
    const found = WANT.exec(text)?.groups;
    return found === undefined ? null : own(finish(WHOLE, found.to ?? `be ${found.in!}`, false));
  },
  (text) => {
    const found = VERY_END.exec(text)?.groups;
    const subject = found === undefined ? null : found.subject === undefined ? WHOLE : subjectOf(found.subject);
    return found === undefined || subject === null
      ? null
      : own(finish(subject, `${/end$/i.test(found.which!) ? "end" : "start"} with ${found.rest!}`, false));
  },
  (text) => {
    const found = ALL_LETTERS.exec(text)?.groups;
    // "all words capitalized" may mean their first letters
    if (found === undefined || (/words?/i.test(text.split(" must")[0]!) && /capitali[sz]ed/i.test(found.how!)))
      return null;
    return own(finish(WHOLE, `be in ${/lower/i.test(found.how!) ? "lowercase" : "all capital letters"}`, false));
  },
  (text) => {
    const found = APPEAR_IN_PIECE.exec(text)?.groups;
    const subject = found === undefined ? null : subjectOf(found.subject!);
    return subject === null || negates(subject)
      ? null
      : own(finish(subject, `contain ${found!.np!}${found!.times === undefined ? "" : ` ${found!.times}`}`, false));
  },
  (text) => {
    const found = LANGUAGE_OF.exec(text)?.groups;
    return found === undefined ? null : own(finish(WHOLE, `be in ${found.language!}`, false));
  },
  (text) => {
    const found = INSTEAD_FIRST.exec(text)?.groups;
    return found === undefined ? null : own(finish(WHOLE, `use ${found.a!} instead of ${found.b!}`, false));
  },
  (text) => {
    const found = LIST_OF.exec(text)?.groups;
    if (found === undefined || !CONTAINING.test(`${found.verb!} x`)) return null;
    const noun =
      found.kind === undefined
        ? "list items"
        : /^(?:numbered|ordered)$/i.test(found.kind)
          ? "numbered list items"
          : "bullet points";
    return own(finish(WHOLE, `contain ${found.np!}${noun}`, false));
  },
  (text) => {
    const found = SEPARATED.exec(text)?.groups;
    return found === undefined ? null : own(finish(WHOLE, `separate the parts ${found.how!}`, false));
  },
  (text) => {
    const found = EMPHASISED.exec(text)?.groups;
    if (found === undefined) return null;
    const how = /bold/i.test(found.how!) ? "in bold" : /italic/i.test(found.how!) ? "in italics" : "in all capitals";
    const counted = readCounted(`${found.np!} ${how}`, NOUNS, false);
    return counted === null || counted.kind === "plural" || counted.kind === "any"
      ? null
      : own(
          settle(WHOLE, counted.requirement, counted.rule, {
            subject: WHOLE,
            negated: false,
            counted: null,
            verb: null,
          }),
        );
  },
  (text) => {
    const found = SHARE.exec(text)?.groups;
    return found === undefined ? null : own(finish(WHOLE, `have ${found.q!} of its letters ${found.rest!}`, false));
  },
  (text) => {
    const found = NEITHER_FIRST.exec(text)?.groups;
    if (found === undefined) return null;
    const a = contain(found.a!, true, "use");
    const b = contain(found.b!, true, "use");
    return a === null || b === null ? null : own({ ...a, requirement: all(a.requirement, b.requirement) });
  },
  (text) => {
    const found = NEITHER_AFTER.exec(text)?.groups;
    if (found === undefined) return null;
    const subject = SUBJECT_MODAL.exec(`${found.verb!} x`)?.groups;
    const whom = subject === undefined || subject.not !== undefined ? WHOLE : subjectOf(subject.subject!);
    const verb = subject === undefined ? found.verb! : subject.rest!.replace(/ x$/, "");
    if (whom === null || (subject !== undefined && subject.modal === undefined)) return null;
    const a = finish(whom, `${verb} ${found.a!}`, true);
    const b = a === null ? null : (finish(whom, `${verb} ${found.b!}`, true) ?? finish(whom, found.b!, true));
    return a === null || b === null ? null : own({ ...a, requirement: all(a.requirement, b.requirement) });
  },
  (text) => {
    const found = FOLLOWED.exec(text)?.groups;
    return found === undefined ? null : own(finish(WHOLE, `follow every ${found.a!} with ${found.b!}`, false));
  },
  (text) => {
    const found = LENGTH_OF.exec(text)?.groups;
    return found === undefined ? null : own(countClause(found));
  },
  (text) => {
    const found = WORD_OF.exec(text)?.groups;
    if (found === undefined) return null;
    const subject = found.subject === undefined ? WHOLE : subjectOf(found.subject);
    if (subject === null) return null;
    const start = /^(?:first|opening)$/i.test(found.which!);
    const what = /^words?$/i.test(found.what!) ? `the ${found.what}` : "the phrase";
    return own(
      finish(
        subject,
        `${start ? "start" : "end"} with ${/^(?:an? |the )/i.test(found.rest!) ? "" : `${what} `}${found.rest!}`,
        found.not !== undefined,
      ),
    );
  },
  (text) => {
    const found = THERE_NOT.exec(text)?.groups;
    return found === undefined ? null : own(contain(found.np!, true));
  },
  (text) => {
    const found = THERE.exec(text)?.groups;
    return found === undefined ? null : own(contain(found.np!, found.not !== undefined));
  },
  (text) => {
    const found = THERE_PERMIT.exec(text)?.groups;
    return found === undefined ? null : own(permitted(contain(found.np!, false)) ?? noneOf(found.np!));
  },
  (text) => {
    const found = NOT_IMPERATIVE.exec(text)?.groups?.rest;
    if (found === undefined) return null;
    const bare = plainClause(found);
    const gerund = asBare(bare);
    if (/^(?:not|never|no)\b/i.test(bare)) return null;
    if (/(?:avoid|prohibited|forbidden from|barred)/i.test(text.slice(0, text.length - found.length)))
      return own(avoided(WHOLE, bare));
    return own(
      objectClause(gerund ?? bare, true) ?? pieceClause(gerund ?? bare, true) ?? finish(WHOLE, gerund ?? bare, true),
    );
  },
  (text) => {
    const found = AVOIDING.exec(text)?.groups?.rest;
    if (found === undefined) return null;
    const bare = asBare(found);
    return own(
      (bare === null ? null : (objectClause(bare, true) ?? pieceClause(bare, true))) ??
        avoided(WHOLE, found.replace(/ out$/i, ""), leftOut(text)),
    );
  },
  (text) => {
    const found = SUBJECT_MODAL.exec(text)?.groups;
    const subject = found === undefined ? null : subjectOf(found.subject!);
    if (found === undefined || subject === null) return null;
    const rest = found.only === undefined ? found.rest! : `only ${found.rest!}`;
    if (found.permit !== undefined && found.only === undefined && !negates(subject))
      return own(permitted(finish(subject, rest, false)));
    if (found.only !== undefined && found.permit === undefined && found.not !== undefined) return null;
    return own(
      finish(subject, rest, found.not !== undefined) ??
        (found.only === undefined ? null : onlyContain(subject, found.rest!)),
    );
  },
  (text) => {
    const found = SUBJECT_VERB.exec(text)?.groups;
    const subject = found === undefined ? null : subjectOf(found.subject!);
    if (found === undefined || subject === null) return null;
    const rest = found.rest!;
    const denied = /^(?:is|are|does|do) ?(?:not|n't) (.+)$/i.exec(rest)?.[1];
    if (denied !== undefined) return own(finish(subject, /^(?:is|are)/i.test(rest) ? `be ${denied}` : denied, true));
    const bare = bareVerb(rest) ?? asBare(rest);
    if (bare === null) return null;
    return own(finish(subject, bare, found.not !== undefined));
  },
  (text) => own(appearing(text)),
  (text) => {
    const none =
      /^(?<np>(?:no|not a single) .+?)(?: is| are| may be| must be| should be| will be| can be)? (?:allowed|permitted|please|used|needed|anywhere)$/i.exec(
        text,
      )?.groups?.np;
    if (none !== undefined) return own(noneOf(none));
    const match = FORBIDDEN.exec(text)?.groups;
    if (match === undefined) return null;
    const found = { np: match.np!.replace(/^(?:the |any |all )?use of (?:any )?/i, "") };
    const allowed =
      /(?:^|\s)(?:is|are|will be|should be|must be) (?:allowed|permitted)$/i.test(text) &&
      !/ (?:not|never) /i.test(text.slice(found.np!.length));
    if (allowed) return own(noneOf(found.np!));
    if (/^no /i.test(found.np!)) return null;
    return own(
      contain(/^(?:any|the|all)\b/i.test(found.np!) ? found.np!.replace(/^all /i, "") : found.np!, true, "avoid"),
    );
  },
  (text) => own(objectClause(text, false)),
  (text) => {
    const found = IN_PIECE_FIRST.exec(text)?.groups;
    const subject = found === undefined ? null : subjectOf(found.subject!);
    if (subject === null || negates(subject)) return null;
    const inner = plainClause(found!.rest!);
    const denied = NOT_IMPERATIVE.exec(inner)?.groups?.rest;
    return own(finish(subject, denied ?? inner, denied !== undefined));
  },
  (text) => own(finish(WHOLE, text, false), true),
  (text) => {
    const bare = bareVerb(text) ?? asBare(text);
    return bare === null ? null : own(finish(WHOLE, bare, false), true);
  },
  (text) => own(pieceClause(text, false)),
  (text) => {
    // a fragment: "No emoji.", "At least three bullet points.", "120 words maximum"
    const limit = OF_SUBJECT_LIMIT.exec(text)?.groups?.np;
    const found = readCounted(
      limit === undefined ? text : `${/^max/i.test(text) ? "at most" : "at least"} ${limit}`,
      NOUNS,
      false,
    );
    if (found !== null && (found.kind === "bound" || found.kind === "none" || found.kind === "bare"))
      return own(
        settle(WHOLE, found.requirement, found.rule, {
          subject: WHOLE,
          negated: false,
          counted: found.kind,
          verb: "contain",
        }),
      );
    return null;
  },
  (text) => {
    const found = new RegExp(`^no (?<np>(?:use of )?(?:the (?:words?|phrases?|terms?) )?(?:${PHRASES}))$`, "iu").exec(
      text,
    )?.groups?.np;
    return found === undefined ? null : own(contain(found.replace(/^use of /i, ""), true, "avoid"));
  },
  (text) => {
    // "lowercase only", "in French", "JSON only", "all caps"
    for (const verb of ["be", "be in", "use only", "be only in"]) {
      const found =
        /^(?:only |entirely |all |in |bold|italic|json|valid json|lower|upper|capital)/i.test(text) ||
        / only$/i.test(text)
          ? readPredicate(`${verb} ${text}`, false)
          : null;
      if (found !== null && /^(?:script|form)\//.test(found.rule))
        return own(
          settle(WHOLE, found.requirement, found.rule, { subject: WHOLE, negated: false, counted: null, verb: null }),
        );
    }
    return null;
  },
];

const onlyContain = (subject: Subject, rest: string): Clause | null =>
  finish(subject, rest.replace(/^(\w+)/, "$1 only"), false);

/** "No commas are allowed"; "at most three emoji are permitted". */
function noneOf(np: string): Clause | null {
  const found = readCounted(np, NOUNS, false);
  const phrases = found === null && /^no /i.test(np) ? readPhrases(np.replace(/^no /i, ""), "use", true) : null;
  if (phrases !== null)
    return {
      requirement: phrases,
      rule: "phrase/contain",
      carry: { subject: WHOLE, negated: true, counted: null, verb: "use" },
    };
  if (found === null) return null;
  const clause = settle(WHOLE, found.requirement, found.rule, {
    subject: WHOLE,
    negated: false,
    counted: found.kind,
    verb: "contain",
  });
  return found.kind === "none" ? clause : permitted(clause);
}

function objectClause(text: string, negated: boolean): Clause | null {
  const found = SUBJECT_OBJECT.exec(text)?.groups;
  const subject = found === undefined ? null : subjectOf(found.subject!);
  if (subject === null || found === undefined) return null;
  const anyOne = /^(?:an?|any) /i.test(found.subject!);
  if (anyOne && !negated && subject.kind !== "whole") return null;
  // "do not end every sentence with …" may mean none of them or not all of them
  if (negated && !anyOne && subject.kind === "every") return null;
  const verb = found.verb!.toLowerCase();
  const rest = found.rest ?? "";
  if (verb === "have" || verb === "make" || verb === "let") {
    const bare = verb === "make" ? finish(subject, `be ${rest}`, negated) : null;
    return (
      bare ?? finish(subject, rest, negated) ?? (verb === "make" ? finish(subject, `make ${rest}`, negated) : null)
    );
  }
  if (verb === "keep" || verb === "contain" || verb === "hold") {
    const kept = finish(subject, `keep ${rest}`, negated) ?? finish(subject, `be ${rest}`, negated);
    if (kept !== null) return kept;
    return /^free (?:of|from) /i.test(rest) && !negated
      ? avoided(subject, rest.replace(/^free (?:of|from) /i, ""))
      : null;
  }
  if (rest === "") {
    if (/^capital/.test(verb) && subject.kind !== "whole") return null; // "capitalize every word" means its first letter
    const style = /^bold/.test(verb)
      ? "in bold"
      : /^italic/.test(verb)
        ? "in italics"
        : /^capital/.test(verb)
          ? "in capital letters"
          : null;
    return style === null ? null : finish(subject, `be entirely ${style}`, negated);
  }
  return finish(subject, `${verb} ${rest}`, negated);
}

function pieceClause(text: string, negated: boolean): Clause | null {
  const found = IN_PIECE_LAST.exec(text)?.groups;
  if (found === undefined) return null;
  const bareNoun = /^(?:sentence|line|paragraph|list item|bullet point|item|bullet)$/i.test(found.subject!);
  if (bareNoun && !/ per \S+(?: \S+)?$/i.test(text)) return null;
  const subject = subjectOf(bareNoun ? `each ${found.subject!}` : found.subject!);
  if (subject === null) return null;
  if (negates(subject)) return negated ? null : finish(subject, found.rest!, false);
  // "do not use X in any line" is about each of them; "in every line" under a negation could be either
  if (/^an? /i.test(found.subject!)) return null;
  if (negated && !/^any\b/i.test(found.subject!) && subject.kind !== "part") return null;
  const plain = finish(subject, found.rest!, negated);
  if (plain !== null) return plain;
  const counted = readCounted(found.rest!, NOUNS, false);
  return counted !== null && !negated && counted.kind === "bound"
    ? settle(subject, counted.requirement, counted.rule, { subject, negated, counted: counted.kind, verb: "contain" })
    : null;
}

/** Something counted or a phrase as the subject: "The word “rain” must appear at least twice", "commas must not be used". */
function appearing(text: string): Clause | null {
  const found = NP_APPEAR.exec(text)?.groups ?? NP_APPEARS.exec(text)?.groups;
  if (found === undefined) return null;
  const { np, not, times, permit } = found;
  const negated = not !== undefined;
  if (/^(?:no|neither|none)\b/i.test(np!) && negated) return null;
  if (/^(?:no|not a single)\b/i.test(np!) && times === undefined) return noneOf(np!);
  if (/^(?:none|neither)\b/i.test(np!)) return times === undefined ? contain(np!, false) : null;
  if (times !== undefined) {
    const clause = containTimes(np!, times, negated);
    return permit === undefined ? clause : permitted(clause);
  }
  const clause = contain(np!, negated, "contain");
  return permit === undefined ? clause : permitted(clause);
}

function containTimes(np: string, times: string, negated: boolean): Clause | null {
  const phrase = contain(`${np} ${times}`, negated);
  if (phrase !== null) return phrase;
  // "commas must appear at least 3 times"
  const quantity = times.replace(/ (?:times?)\b/i, "").trim();
  return contain(`${quantity} ${np}`, negated);
}

const UNIT_NOUN: Readonly<Record<string, string>> = {
  word: "words",
  character: "characters",
  sentence: "sentences",
  paragraph: "paragraphs",
  line: "lines",
};

/** "The word count must not exceed 100", "the number of sentences should be at least 3". */
function countClause(groups: Readonly<Record<string, string | undefined>>): Clause | null {
  const subject = groups.subject === undefined ? WHOLE : subjectOf(groups.subject);
  if (subject === null || negates(subject)) return null;
  const unit = groups.unit === undefined ? (groups.unit2 ?? groups.unit3) : UNIT_NOUN[groups.unit.toLowerCase()];
  const verb = groups.verb!.trim().toLowerCase();
  const negated = /\bnot\b|never|cannot|can't|mustn't/.test(verb);
  const rest = groups.rest!.trim().replace(/^(?:at|to|be|in) (?!least|most)(?=\D)/i, "");
  const exceed = /exceed|go over|surpass/.test(verb);
  const noun = unit === undefined ? "" : ` ${unit}`;
  const body = exceed
    ? `exceed ${rest}${/[a-z]$/i.test(rest) && unit === undefined ? "" : noun}`
    : `contain ${rest}${noun}`;
  const clause = finish(subject, body, negated);
  if (clause === null || /\b(?:may|can)\b/.test(verb)) return negated || clause === null ? clause : permitted(clause);
  return clause;
}

const JOINERS =
  /(?:, and also|, and|, but|, or|, nor|, then|; and|; or|;| and also| and| but also| but| or| nor| without| while| using| with|,)(?= )/giu;
/** Attempts at one text: what needs more is no constraint that a person wrote. */
const MAX_ATTEMPTS = 300;

interface Budget {
  left: number;
}

interface Joined {
  readonly readings: readonly Clause[];
  readonly joiners: readonly string[];
}

function joined(text: string, carry: Carry | null, joiner: string, budget: Budget, depth: number): Joined | null {
  if (budget.left-- <= 0) return null;
  const whole = readClause(text, carry, joiner);
  if (whole !== null) return { readings: [whole], joiners: [] };
  if (depth >= 8) return null;
  for (const match of text.matchAll(JOINERS)) {
    const before = text.slice(0, match.index).trim();
    const word = match[0].trim().toLowerCase();
    const after = text.slice(match.index + match[0].length).trim();
    if (before === "" || after === "" || budget.left-- <= 0) continue;
    const first = readClause(before, carry, joiner);
    if (first === null) continue;
    const second = rest(after, word, first.carry, budget, depth);
    if (second !== null) return { readings: [first, ...second.readings], joiners: [word, ...second.joiners] };
  }
  return null;
}

function rest(text: string, joiner: string, carry: Carry, budget: Budget, depth: number): Joined | null {
  if (joiner === "without") return joined(`avoid ${text}`, { ...carry, negated: false }, "and", budget, depth + 1);
  if (joiner === "with")
    return joined(
      /^(?:no|at|exactly|a|an|one|two|three|\d|fewer|more|less|between|up)\b/i.test(text) ? `contain ${text}` : text,
      { ...carry, counted: null, verb: "contain" },
      ", and",
      budget,
      depth + 1,
    );
  const [verb, ...more] = text.split(" ");
  const bare = GERUNDS[verb!.toLowerCase()];
  if ((joiner === "while" || joiner === "," || joiner === "and" || joiner === ", and") && bare !== undefined) {
    const found = joined([bare, ...more].join(" "), carry, joiner === "," ? ", and" : joiner, budget, depth + 1);
    if (found !== null) return found;
  }
  return joined(text, carry, joiner, budget, depth + 1);
}

/** Clauses joined by "and" or "or", every one of them read; null otherwise. */
export function readClauses(text: string): Reading | null {
  const found = joined(text, null, "", { left: MAX_ATTEMPTS }, 0);
  if (found === null) return null;
  const { readings, joiners } = found;
  const rule = [...new Set(readings.map((reading) => reading.rule))].join(" + ");
  if (readings.length === 1) return { requirement: readings[0]!.requirement, rule };
  const or = joiners.some((joiner) => /\b(?:or|nor)$/.test(joiner));
  const and = joiners.some((joiner) => /\b(?:and|also|but|with|without|while|using|then)$|;$/.test(joiner));
  if (or && and) return null;
  const requirements = readings.map((reading) => reading.requirement);
  const forbidden = readings.every(({ carry }) => carry.negated || carry.counted === "none");
  if (or && !forbidden) {
    if (readings.some(({ carry }) => carry.negated || carry.counted === "none")) return null;
    return { requirement: any(...requirements), rule };
  }
  return { requirement: all(...requirements), rule };
}
