// A critic for constraints that code can judge: the smallest edit by which a response satisfies one more constraint than it
// did. The method lets the model itself revise its responses, "with least change", where none is good enough, so that the
// scores of a turn spread (spec/method.md, steps 5 and 6). A small model cannot; an edit by rule can, and pairs of a response
// and its edit differ in little else than the constraint. What comes out is checked, so a rule here can be wrong without
// harm: its edit is then not taken. Pure. Ignores style: an edited response reads no better than before.
import { NUMBERINGS } from "../constraint/argument.ts";
import type { Atom, Constraint, Requirement } from "../constraint/expression.ts";
import { contains, type IntervalSet } from "../constraint/interval.ts";
import type { Means } from "../constraint/means.ts";
import { verdictOn, viewOf } from "../constraint/verdict.ts";

/** Texts that might satisfy the requirement, the smaller changes first. */
type Edits = Iterable<string>;

/**
 * The response with the smallest known edit that makes it satisfy the constraint; null where no rule finds one.
 * @param query the user's message, which a constraint with a trigger is judged by
 * @param means what measures beyond the text's own need
 */
export function revise(constraint: Constraint, query: string, response: string, means?: Means): string | null {
  const message = viewOf(query, means);
  for (const edited of editsFor(constraint.must, response, means))
    if (verdictOn(constraint, viewOf(edited, means), message) === "pass") return edited;
  return null;
}

function* editsFor(requirement: Requirement, text: string, means: Means | undefined): Edits {
  if ("judge" in requirement) return;
  if ("all" in requirement) {
    // One after the other: each edit keeps as much of the last one as it can.
    let edited: readonly string[] = [text];
    for (const part of requirement.all)
      edited = edited.flatMap((one) => [one, ...editsFor(part, one, means)]).slice(0, MOST_COMBINED);
    yield* edited;
  } else if ("any" in requirement) {
    for (const part of requirement.any) yield* editsFor(part, text, means);
  } else if ("is" in requirement) {
    const segment = "every" in requirement ? requirement.every : requirement.some;
    if (segment === "line") yield* inEach(text, /\n+/, requirement.is, means);
    if (segment === "paragraph") yield* inEach(text, /\n\s*\n/, requirement.is, means);
    if (segment === "sentence") yield* inEach(text, /(?<=[.!?])\s+/, requirement.is, means);
    if (segment === "item" && /^\s*(?:[-*•]|\d+[.)])\s/m.test(text)) yield* inEach(text, /\n+/, requirement.is, means);
  } else yield* editsForAtom(requirement, text);
}

/** How many texts a requirement of several parts is tried on. */
const MOST_COMBINED = 64;

/** The first edit that each segment has; what separates them stays. */
function* inEach(text: string, separator: RegExp, requirement: Requirement, means: Means | undefined): Edits {
  const pieces = text.split(new RegExp(`(${separator.source})`, separator.flags));
  yield pieces
    .map((piece, i) => {
      if (i % 2 === 1 || piece.trim() === "") return piece;
      if (verdictOn({ must: requirement }, viewOf(piece, means), viewOf("", means)) === "pass") return piece;
      for (const edited of editsFor(requirement, piece, means))
        if (verdictOn({ must: requirement }, viewOf(edited, means), viewOf("", means)) === "pass") return edited;
      return piece;
    })
    .join("");
}

/** The smallest number that the atom admits, and the largest; null for none. */
function bounds(set: IntervalSet): { readonly least: number; readonly most: number | null } {
  return { least: set[0]?.[0] ?? 0, most: set.at(-1)?.[1] ?? null };
}

function* editsForAtom({ measure, arg, in: set }: Atom, text: string): Edits {
  const { least, most } = bounds(set);
  const wanted = !contains(set, 0);
  const phrase = [arg?.phrase, arg?.word].find((value) => typeof value === "string");
  switch (measure) {
    case "starts-with":
    case "starts-with-word":
      if (wanted && phrase !== undefined) yield* [`${phrase} ${text}`, `${phrase}${text}`, `${phrase}\n${text}`];
      break;
    case "ends-with":
    case "ends-with-word":
      if (wanted && phrase !== undefined) yield* [`${text} ${phrase}`, `${text}${phrase}`, `${text}\n${phrase}`];
      break;
    case "occurrences":
    case "word-occurrences":
      if (phrase !== undefined) yield* phraseEdits(text, phrase, wanted ? least : 0);
      break;
    case "marks":
      if (typeof arg?.mark === "string") yield* markEdits(text, arg.mark, least, most);
      break;
    case "emoji":
      if (wanted) for (let more = 1; more <= Math.min(least, MOST_ADDED); more++) yield `${text} ${"🙂".repeat(more)}`;
      else yield text.replace(/\s*\p{Extended_Pictographic}\uFE0F?/gu, "");
      break;
    case "words":
      if (most !== null) yield firstOf(text, /\S+\s*/g, most);
      break;
    case "characters":
      if (most !== null) yield [...text].slice(0, most).join("").trimEnd();
      break;
    case "sentences":
      if (most !== null) yield firstOf(text, /[^.!?]+[.!?]*\s*/g, most);
      break;
    case "lines":
      yield* shapedAs(text, "\n", least, most);
      break;
    case "paragraphs":
      yield* shapedAs(text, "\n\n", least, most);
      break;
    case "items":
    case "bullets":
    case "numbered-items":
    case "items-numbered":
      if (wanted) yield* listEdits(text, measure, arg?.style, least, most);
      else yield text.replace(/^\s*(?:[-*•]|\d+[.)])\s+/gm, "");
      break;
    case "bold":
      if (wanted) yield emphasised(text, least);
      else yield text.replaceAll(/\*\*|__/g, "");
      break;
    case "headings":
      if (wanted) yield `${"# Answer\n\n".repeat(Math.min(least, MOST_ADDED))}${text}`;
      else yield text.replace(/^#+\s*/gm, "");
      break;
    case "rules":
      if (wanted) yield `${text}${"\n\n---".repeat(Math.min(least, MOST_ADDED))}\n`;
      break;
    case "titles":
      if (wanted) yield `<<Answer>>\n${text}`;
      break;
    case "lowercase":
      if (wanted) yield text.toLowerCase();
      break;
    case "uppercase":
      if (wanted) yield text.toUpperCase();
      break;
    case "capital-words":
      if (wanted) yield capitalised(text, least);
      else yield text.replace(/\b\p{Lu}{2,}\b/gu, (word) => word.toLowerCase());
      break;
    case "digits":
    case "numbers":
      if (!wanted) yield text.replaceAll(/\d/g, "");
      break;
    case "quoted":
      if (wanted) yield `"${text.replaceAll('"', "'")}"`;
      break;
    case "wrapped":
      if (wanted && typeof arg?.open === "string" && typeof arg.close === "string")
        yield `${arg.open}${text}${arg.close}`;
      break;
  }
}

/** Things that are added at once at most: whoever wants more of them wants a text that is made for it. */
const MOST_ADDED = 8;

/** The phrase put in where it is missing, or taken out. */
function* phraseEdits(text: string, phrase: string, least: number): Edits {
  if (least === 0) {
    yield text.replaceAll(phrase, "").replace(/ {2,}/g, " ");
    yield text.replace(new RegExp(phrase.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu"), "").replace(/ {2,}/g, " ");
    return;
  }
  const times = Array.from({ length: Math.min(least, MOST_ADDED) }, () => phrase).join(" ");
  const lead = `${times}: ${text}`;
  const end = /[.!?]+\s*$/.exec(text);
  yield lead;
  if (end !== null) yield `${text.slice(0, end.index)}, ${times}${text.slice(end.index)}`;
  yield `${text} ${times}`;
}

const MARKS: Readonly<Record<string, string>> = {
  comma: ",",
  "exclamation mark": "!",
  "question mark": "?",
  semicolon: ";",
  colon: ":",
};

/** Too few marks: sentences that end with it. Too many: other marks in their place, from the end. */
function* markEdits(text: string, name: string, least: number, most: number | null): Edits {
  const mark = MARKS[name];
  if (mark === undefined) return;
  const isEnding = mark === "!" || mark === "?";
  const have = text.split(mark).length - 1;
  if (have < least) {
    let missing = Math.min(least - have, MOST_ADDED);
    if (isEnding) yield text.replace(/\.(?=\s|$)/g, (stop) => (missing-- > 0 ? mark : stop));
    yield `${text.replace(/[.!?,;:\s]+$/, "")}${mark.repeat(Math.min(least - have, MOST_ADDED))}`;
  }
  if (most !== null && have > most) {
    let kept = most;
    yield text.replaceAll(mark, () => (kept-- > 0 ? mark : isEnding ? "." : ""));
  }
}

/** The first so many matches, without white space at the end. */
function firstOf(text: string, unit: RegExp, count: number): string {
  const units = text.match(unit) ?? [];
  return units.slice(0, count).join("").trimEnd();
}

/** The text in as many pieces as are asked for: its sentences shared out, or its first pieces. */
function* shapedAs(text: string, separator: string, least: number, most: number | null): Edits {
  const pieces = text.split(/\n+/).filter((piece) => piece.trim() !== "");
  if (most !== null && pieces.length > most) {
    yield [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(" ")].join(separator);
    yield pieces.slice(0, most).join(separator);
  }
  const sentences = text.match(/[^.!?\n]+[.!?]*\s*/g)?.map((sentence) => sentence.trim()) ?? [];
  if (least <= sentences.length && least <= MOST_PIECES)
    yield [...sentences.slice(0, least - 1), sentences.slice(least - 1).join(" ")].join(separator);
}

/** Sentences are shared out over at most so many lines, paragraphs or list items. */
const MOST_PIECES = 12;

/** The first sentences as list items. */
function* listEdits(
  text: string,
  measure: string,
  style: string | readonly string[] | undefined,
  least: number,
  most: number | null,
): Edits {
  const sentences = (text.match(/[^.!?\n]+[.!?]*/g) ?? [])
    .map((sentence) => sentence.replace(/^[\s\d.)*•-]+/, "").trim())
    .filter((sentence) => sentence !== "");
  const count = Math.min(Math.max(least, Math.min(sentences.length, most ?? 3)), MOST_PIECES);
  if (sentences.length < count) return;
  const marker = (i: number): string => {
    if (measure === "numbered-items") return `${i + 1}.`;
    if (typeof style !== "string") return "-";
    if (!Object.hasOwn(NUMBERINGS, style)) return "-";
    if (style.startsWith("I"))
      return `${["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"][i]}.`;
    if (style.startsWith("A")) return `${String.fromCharCode(65 + i)}.`;
    return style.replace("1", String(i + 1));
  };
  yield sentences
    .slice(0, count)
    .map((sentence, i) => `${marker(i)} ${sentence}`)
    .join("\n");
}

/** So many longer words in bold, one after the other. */
function emphasised(text: string, count: number): string {
  let left = Math.min(count, MOST_ADDED);
  return text.replace(/(?<![\p{L}*])\p{L}{5,}(?![\p{L}*])/gu, (word) => (left-- > 0 ? `**${word}**` : word));
}

/** So many words in capitals, from the beginning. */
function capitalised(text: string, count: number): string {
  let left = Math.min(count, MOST_ADDED);
  return text.replace(/(?<!\p{L})\p{L}{3,}(?!\p{L})/gu, (word) => (left-- > 0 ? word.toUpperCase() : word));
}
