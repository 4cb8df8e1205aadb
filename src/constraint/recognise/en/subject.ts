// What a clause speaks of: the whole text, its first paragraph, each of its lines, none of its sentences; and how a
// requirement on that piece becomes one on the whole.

import type { Part, Requirement } from "../../expression.ts";
import { all, atom } from "../../expression.ts";
import { SOME } from "../../interval.ts";
import type { Segment } from "../../text-view.ts";
import { meets, viewOf } from "../../verdict.ts";
import { COUNT_OF_SEGMENT } from "../rule.ts";
import { numberOf, ORDINAL, ordinalOf } from "./number.ts";

export type Subject =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly part: Part }
  | { readonly kind: "every" | "no" | "some"; readonly segment: Segment };

export const WHOLE: Subject = { kind: "whole" };

/** Kinds of text that a response as a whole is called. Parts of one (title, summary, conclusion) are not among them. */
const REPLY = "(?:responses?|reply|replies|answers?|outputs?|messages?)";
const GENRES =
  "responses?|reply|replies|answers?|outputs?|messages?|text|writing|story|poem|essay|e-?mail|letter|blog post|post|article|script|speech|haiku|limerick|song|rap|rap song|song lyrics|lyrics|cover letter|resume|itinerary|ad|advertisement|tweet|report|document|template|dialogue|conversation|biography|riddle|proposal|rubric|joke|review|rewrite|translation|explanation|essay|monologue|announcement|telegram|file|page|pitch";
const QUALITY = "(?:entire|whole|full|complete|final|overall|written|own|generated|one-sentence|finished) ";
/** Source for the response as a whole. */
export const RESPONSE = `(?:(?:each|every|any|all)(?: of)? (?:the |your )?(?:${QUALITY})*${REPLY}|(?:the|your|this|its|their|you) (?:${QUALITY})*(?:${GENRES})|everything(?: you (?:write|say|send|output|produce))?|all of it|the whole thing|the entire thing|all (?:of )?your text|all text)`;
const QUERY =
  "(?:the|their|his|her|this|that|its) (?:user's |user’s |whole |entire |latest |last |original |customer's |incoming )*(?:message|query|prompt|question|request|input|text|post|turn)";

const SEGMENT_NAMES: readonly (readonly [source: string, segment: Segment])[] = [
  ["paragraph", "paragraph"],
  ["(?:(?:separate|single|individual|non-empty) )?line(?: of text)?", "line"],
  ["(?:(?:full|complete|single|individual) )?sentence", "sentence"],
  [
    "(?:list item|bullet(?:ed)? point|bullet|item(?: in (?:the|a|your) list| of (?:the|a|your) list)?|list entry|entry(?: in (?:the|a|your) list)|numbered (?:item|point|step)|list point|point|step|numbered list item|bulleted item|item on (?:the|your) list)",
    "item",
  ],
  ["(?:(?:markdown|section) )?(?:heading|header)", "heading"],
  ["(?:bold(?:ed)? (?:passage|phrase|word|text|section|term)|phrase in bold)", "bold"],
  ["word", "word"],
];
const PLURALS: readonly (readonly [source: string, segment: Segment])[] = [
  ["paragraphs", "paragraph"],
  ["lines(?: of text)?", "line"],
  ["(?:full |complete )?sentences", "sentence"],
  [
    "(?:list items|bullet(?:ed)? points|bullets|items(?: in (?:the|a|your) list)?|list entries|numbered (?:items|points|steps)|points|steps|items on (?:the|your) list)",
    "item",
  ],
  ["(?:markdown |section )?(?:headings|headers)", "heading"],
  ["(?:bold(?:ed)? (?:passages|phrases|words|texts|sections|terms)|phrases in bold)", "bold"],
  ["words", "word"],
];
const alternatives = (names: readonly (readonly [string, Segment])[]): string =>
  names.map(([source]) => source).join("|");
const SINGULAR = `(?:${alternatives(SEGMENT_NAMES)})`;
const PLURAL = `(?:${alternatives(PLURALS)})`;
const named = (table: readonly (readonly [string, Segment])[], text: string): Segment =>
  table.find(([source]) => new RegExp(`^(?:${source})$`, "iu").test(text))![1];

const PLACE = `(?:very )?(?:${ORDINAL}|last|final|closing|opening|second-to-last|penultimate|next-to-last|(?:${ORDINAL})[- ]to[- ]last|(?:${ORDINAL})[- ]last)`;
const OF_TEXT = `(?: (?:of|in|on) (?:${RESPONSE}|the list|your list|it))?`;

/** Source of any subject, with unnamed groups only; `subjectOf` reads what it matched. */
export const PIECE = `(?:(?:the|your|its) ${PLACE} ${SINGULAR}${OF_TEXT}|(?:paragraph|line|sentence|list item|item|bullet point|bullet|step|heading) (?:number |no\\. ?)?(?:\\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)${OF_TEXT}|(?:each and every|every single|each|every|any|an?|no|not one|not a single|none of the|none of your|at least one|one or more of the|each of the|each of your|every one of the|at least one of the|at least one of your|some) ${SINGULAR}s?${OF_TEXT}|(?:all of the|all of your|all the|all your|all|none of the|none of your|each of the|each of your|every one of the|every one of your|at least one of the|at least one of your|one or more|the|your|any of the|any of your) ${PLURAL}${OF_TEXT})`;
/** The plural alone ("sentences must …"), which only stands at the head of a clause. */
export const BARE_PLURAL = PLURAL;
export const SUBJECT = `(?:${RESPONSE}|(?:responses|replies|answers)|${PIECE}|it|they|you|the (?:assistant|model|bot|chatbot))`;
/** The user's message, as a trigger calls it. */
export const USER_MESSAGE = QUERY;

const PIECE_OF = new RegExp(`^(?:the|your|its) (?:very )?(?<place>.+?) (?<segment>${SINGULAR})${OF_TEXT}$`, "iu");
const NUMBERED = new RegExp(`^(?<segment>${SINGULAR}) (?:number |no\\. ?)?(?<n>\\w+)${OF_TEXT}$`, "iu");
const QUANTIFIED = new RegExp(`^(?<q>.*?) ?(?:\\b(?<segment>${SINGULAR})|\\b(?<plural>${PLURAL}))${OF_TEXT}$`, "iu");
const EVERY =
  /^(?:each and every|every single|each|every|any|all|each of (?:the|your)|every one of (?:the|your)|all of (?:the|your)|all the|all your|the|your|any of (?:the|your)|an?|)$/i;
const NO = /^(?:no|not one|not a single|none of (?:the|your))$/i;
const ONE = /^(?:at least one|one or more|some|at least one of (?:the|your)|one or more of the)$/i;
const WHOLE_TEXT = new RegExp(
  `^(?:${RESPONSE}|responses|replies|answers|it|they|you|the (?:assistant|model|bot|chatbot))$`,
  "iu",
);

function positionOf(place: string): number | null {
  const words = place.toLowerCase();
  if (words === "last" || words === "final" || words === "closing") return -1;
  if (words === "opening") return 1;
  if (words === "penultimate" || words === "next-to-last") return -2;
  const back = /^(.+?)[- ](?:to[- ])?last$/.exec(words)?.[1];
  const n = ordinalOf(back ?? words);
  return n === null ? null : back === undefined ? n : -n;
}

/** The subject that words name, or null. */
export function subjectOf(text: string): Subject | null {
  if (WHOLE_TEXT.test(text)) return WHOLE;
  const piece = PIECE_OF.exec(text)?.groups;
  if (piece !== undefined) {
    const at = positionOf(piece.place!);
    if (at !== null) return { kind: "part", part: { segment: named(SEGMENT_NAMES, piece.segment!), at } };
  }
  const numbered = NUMBERED.exec(text)?.groups;
  const n = numbered === undefined ? null : numberOf(numbered.n!);
  if (n !== null && n > 0) return { kind: "part", part: { segment: named(SEGMENT_NAMES, numbered!.segment!), at: n } };
  const quantified = QUANTIFIED.exec(text)?.groups;
  if (quantified === undefined) return null;
  const q = quantified.q!.trim();
  const segment =
    quantified.segment === undefined ? named(PLURALS, quantified.plural!) : named(SEGMENT_NAMES, quantified.segment);
  if (quantified.segment !== undefined && /^(?:|the|your|all)$/i.test(q)) return null;
  if (NO.test(q)) return { kind: "no", segment };
  if (ONE.test(q)) return { kind: "some", segment };
  return EVERY.test(q) ? { kind: "every", segment } : null;
}

/** Whether a clause about this subject is negated by the subject itself ("no line may …"). */
export const negates = (subject: Subject): boolean => subject.kind === "no";

/** The requirement on the subject as one on the whole text; null where the algebra has no such requirement. */
export function placed(subject: Subject, is: Requirement): Requirement | null {
  switch (subject.kind) {
    case "whole":
      return is;
    case "part":
      return inPart(is, subject.part);
    case "some":
      return { some: subject.segment, is };
    default: {
      const every: Requirement = { every: subject.segment, is };
      // "Every item starts with …" presupposes items; a prohibition or an upper bound, which nothing violates, does not.
      return meets(is, viewOf("")) === true ? every : all(atom(COUNT_OF_SEGMENT[subject.segment], SOME), every);
    }
  }
}

function inPart(requirement: Requirement, part: Part): Requirement | null {
  if ("measure" in requirement) return requirement.of === undefined ? { ...requirement, of: part } : null;
  if ("all" in requirement || "any" in requirement) {
    const parts = ("all" in requirement ? requirement.all : requirement.any).map((inner) => inPart(inner, part));
    if (parts.some((inner) => inner === null)) return null;
    return "all" in requirement ? { all: parts as Requirement[] } : { any: parts as Requirement[] };
  }
  return null;
}
