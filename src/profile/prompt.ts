// The prompt of a turn with some of its constraints in other words: x_{S_y} of spec/method.md, "The idea". A constraint is
// replaced where it stands; one that stands nowhere goes into an appended list; everything else stays to the letter.
// Ignores what the constraints say and why one is replaced.
//
// Where: every system message and the user's query (the last message). Earlier user messages and replies are history: the
// replies in them answered the wording that stands there.
import type { Message } from "./message.ts";

/** Headings of the appended list. It ends the system message, so "above" would leave out the conversation after it. */
const HEADING = {
  en: "The following requirements hold. Where anything else differs from them, they prevail:",
  zh: "以下要求必须遵守；其他内容与之不一致时，以此为准：",
} as const;

/** Share of Han among Han and Latin letters from which a prompt is Chinese; Chinese prompts carry Latin names and code. */
const HAN_SHARE = 0.3;

/** An occurrence of a constraint's text: UTF-16 offsets in one message, and which text. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly constraint: number;
  /** Whether it begins and ends where clauses do; "use no commas" in "Always use no commas here." does neither. */
  readonly beginsClause: boolean;
  readonly endsClause: boolean;
}

/** Per constraint the text now in force, null where the constraint is removed. */
type InForce = readonly (string | null)[];

/**
 * Finds the constraints in a prompt once, and gives a function that rewrites it, any number of times.
 *
 * All literal occurrences are replaced at once, so that no inserted text is replaced again; the longest text is found
 * first, so that one that contains another is not broken. A text does not stand inside a longer word or number
 * ("use 5" does not stand in "use 50"). Of two equal constraints the first is the one that stands.
 *
 * The function takes, per constraint, the text now in force: the original one to leave it, another to replace it, null to
 * remove it, with its line and list number where nothing else stands there (no other list number changes). Every text in
 * force is said in the result: one whose constraint stands nowhere is appended to the first system message, which is made
 * where there is none, in a numbered list under a heading in the language of the prompt. A message that a removal would
 * leave blank is left out if it is a system message, and kept as it is if it is the query.
 *
 * A replacement that is a whole sentence (by its index in `wholeSentences`) does not fit where the constraint stands inside
 * a clause. There it goes without its subject if the words before it allow (`asPredicate`); otherwise the constraint is left
 * as it stands, and the sentence is appended to the list, whose heading says that it prevails. The function throws RangeError
 * for a wrong number of texts.
 */
export function promptRewriter(
  messages: readonly Message[],
  constraints: readonly string[],
): (inForce: InForce, wholeSentences?: ReadonlySet<number>) => Message[] {
  const spans = messages.map((message, index) =>
    isRewritable(message, index, messages) ? findSpans(message.content, constraints) : [],
  );
  const standing = new Set(spans.flat().map((span) => span.constraint));
  return (inForce, wholeSentences) => {
    if (inForce.length !== constraints.length) {
      throw new RangeError(`${inForce.length} texts in force were given for ${constraints.length} constraints`);
    }
    const textIn =
      (content: string) =>
      (span: Span): string | null => {
        const text = inForce[span.constraint] ?? null;
        const original = textAt(constraints, span.constraint);
        if (text === null || text === original || !wholeSentences?.has(span.constraint)) return text;
        if (span.beginsClause && span.endsClause) return text;
        const predicate = span.endsClause ? asPredicate(text, content.slice(0, span.start)) : null;
        if (predicate === null) misfits.add(span.constraint);
        return predicate ?? original;
      };
    const rewritten: Message[] = [];
    const misfits = new Set<number>();
    for (const [index, message] of messages.entries()) {
      const found = spans[index] ?? [];
      const content =
        found.length === 0 ? message.content : replaceSpans(message.content, found, textIn(message.content));
      if (content.trim() !== "" || message.content.trim() === "") rewritten.push({ ...message, content });
      else if (message.role !== "system") rewritten.push(message);
    }
    const missing = new Set<string>();
    for (const [index, text] of inForce.entries()) {
      if (text === null) continue;
      if (standing.has(index) && !misfits.has(index)) continue;
      // Unchanged, it may stand as part of a longer constraint that stays.
      if (text === constraints[index] && standsIn(rewritten, text)) continue;
      missing.add(text);
    }
    return missing.size === 0 ? rewritten : withList(rewritten, HEADING[promptLanguage(messages)], [...missing]);
  };
}

/**
 * A sentence that can stand where another stood: with a full stop only if that one had an end mark. "Use a comma." in place
 * of "no commas" in "Be brief; no commas; be kind." is "Use a comma".
 */
export function endedLike(sentence: string, original: string): string {
  return /[.。!！?？;；]\s*$/.test(original) ? sentence : sentence.replace(/[.。]$/, "");
}

/** The language of a prompt's system messages and query: "zh" where Han makes up 30 % of the letters or more. */
export function promptLanguage(messages: readonly Message[]): "en" | "zh" {
  let han = 0;
  let latin = 0;
  for (const { content } of messages.filter(isRewritable)) {
    han += content.match(/\p{Script=Han}/gu)?.length ?? 0;
    latin += content.match(/\p{Script=Latin}/gu)?.length ?? 0;
  }
  return han > 0 && han >= HAN_SHARE * (han + latin) ? "zh" : "en";
}

function isRewritable(message: Message, index: number, all: readonly Message[]): boolean {
  return message.role === "system" || index === all.length - 1;
}

function standsIn(messages: readonly Message[], text: string): boolean {
  return messages.filter(isRewritable).some(({ content }) => findSpans(content, [text]).length > 0);
}

/** Occurrences that do not overlap, the longest texts first, in the order of the message. */
function findSpans(content: string, constraints: readonly string[]): Span[] {
  const byLength = [...constraints.keys()].sort(
    (a, b) => textAt(constraints, b).length - textAt(constraints, a).length,
  );
  const spans: Span[] = [];
  for (const constraint of byLength) {
    const text = textAt(constraints, constraint);
    if (text === "") continue;
    for (let start = content.indexOf(text); start !== -1; start = content.indexOf(text, start + 1)) {
      const end = start + text.length;
      if (isInsideWord(content, start) || isInsideWord(content, end)) continue;
      if (spans.some((span) => start < span.end && span.start < end)) continue;
      spans.push({ start, end, constraint, ...clauseEdges(content, start, end) });
    }
  }
  return spans.sort((a, b) => a.start - b.start);
}

// Scripts that put spaces between words, and digits; in the others (Han, kana, Thai …) a text has no visible edge.
const WORD_CHARACTER = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]/u;

const isInsideWord = (content: string, at: number): boolean =>
  at > 0 &&
  at < content.length &&
  WORD_CHARACTER.test(content.charAt(at - 1)) &&
  WORD_CHARACTER.test(content.charAt(at));

// A clause begins after punctuation, a line's start or a list marker, and ends before punctuation or a line's end; quotes and
// emphasis do not count. Only a few characters beside the text are looked at: that is where such marks are.
const CLAUSE_START = /(?:^|[\n，,。.；;：:！!？?、)）】\]》…—–\-*•·|①-⑳])[^\S\n]*["“「『*_`]*$/;
const CLAUSE_END = /^["”」』*_`]*[^\S\n]*(?:$|[\n，,。.；;：:！!？?、(（[【…—–|])/;
const ENDS_CLAUSE = /[，,。.；;：:！!？?…]$/;
const BESIDE = 8;

function clauseEdges(content: string, start: number, end: number): { beginsClause: boolean; endsClause: boolean } {
  const before = content.slice(Math.max(0, start - BESIDE), start);
  const after = content.slice(end, end + BESIDE);
  return {
    beginsClause: CLAUSE_START.test(before),
    endsClause: CLAUSE_END.test(after) || ENDS_CLAUSE.test(content.slice(start, end)),
  };
}

// The sentences that the rules make, of one clause about the response. "不得是且仅是" (not: is, and is only) would change its
// meaning without 得.
const SENTENCE_ZH = /^回复(?<mode>不得|必须)(?!是且仅是)(?<rest>[^；]+)$/;
const SENTENCE_EN = /^The response must (?<rest>[^;]+)$/;
/** 你需要, 回答必须, 每轮都要 …; 只要, 只需要 and 不要 are none of them. */
const MODAL_ZH = /(?:(?<!只)需要|必须|应该?|[你都答复并且]要)$/;
const ASKING_ZH = /请$/;
/** What can be the subject of 不得 or 必须, or stand between them and an earlier subject. */
const SUBJECT_ZH = /(?:你|你的回[答复]|每[次轮]回[答复]|并且?|[，；。]且)$/;
const MODAL_EN = /\b(?:must|should|to) $/i;

/** A whole sentence without its subject, where it reads well after the words before it; otherwise null. */
function asPredicate(sentence: string, before: string): string | null {
  const zh = SENTENCE_ZH.exec(sentence)?.groups;
  if (zh !== undefined) {
    const { mode = "", rest = "" } = zh;
    if (MODAL_ZH.test(before)) return mode === "不得" ? `做到不${rest}` : rest;
    if (ASKING_ZH.test(before)) return mode === "不得" ? `不要${rest}` : rest;
    return SUBJECT_ZH.test(before) ? mode + rest : null;
  }
  const en = SENTENCE_EN.exec(sentence)?.groups;
  return en !== undefined && MODAL_EN.test(before) ? (en.rest ?? null) : null;
}

const textAt = (texts: readonly string[], index: number): string => texts[index] ?? "";

function replaceSpans(content: string, spans: readonly Span[], textOf: (span: Span) => string | null): string {
  const edits: { start: number; end: number; text: string }[] = [];
  const removed = spans.filter((span) => textOf(span) === null);
  for (const span of spans) {
    const text = textOf(span);
    edits.push(text === null ? { ...cutFor(span, content, removed), text: "" } : { ...span, text });
  }
  let result = "";
  let done = 0;
  for (const { start, end, text } of edits.sort((a, b) => a.start - b.start)) {
    // Two removals of one line cut the same range.
    result += content.slice(done, Math.max(done, start)) + text;
    done = Math.max(done, end);
  }
  const lastLineCut = done === content.length && result.endsWith("\n") && !content.endsWith("\n");
  return lastLineCut ? result.slice(0, -1) : result + content.slice(done);
}

const LIST_MARKER =
  "(?:[-*+•·●○▪–—①-⑳]|[（(【[]?(?:\\d{1,3}|[一二三四五六七八九十]{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.．、)）】\\]:：])?";
/** What is left of a line, spaces trimmed, when all that it said is gone: a list marker and stray punctuation. */
const BARE_LINE = new RegExp(`^${LIST_MARKER}[;；.。,，、\\s]*$`);
/** Where a sentence may start, spaces trimmed: after a list marker, or after the mark that ended the one before. */
const SENTENCE_START = new RegExp(`(?:^${LIST_MARKER}|[.。!！?？;；:：,，、])$`);
const LEADING_PUNCTUATION = /^[;；.。,，、][^\S\n]*/;

/** What to cut for a removed constraint: its whole line(s) where nothing else stands there, else the text and its end mark. */
function cutFor(span: Span, content: string, removed: readonly Span[]): { start: number; end: number } {
  const lineStart = content.lastIndexOf("\n", span.start - 1) + 1;
  const newline = content.indexOf("\n", span.end);
  const lineEnd = newline === -1 ? content.length : newline;
  let left = "";
  let from = lineStart;
  for (const { start, end } of removed) {
    if (end <= lineStart || start >= lineEnd) continue;
    left += content.slice(from, Math.max(from, start));
    from = end;
  }
  left += content.slice(from, Math.max(from, lineEnd));
  if (BARE_LINE.test(left.trim())) return { start: lineStart, end: newline === -1 ? lineEnd : newline + 1 };
  const before = content.slice(lineStart, span.start);
  const after = content.slice(span.end, lineEnd);
  const endMark = SENTENCE_START.test(before.trim()) ? LEADING_PUNCTUATION.exec(after) : null;
  if (endMark !== null) return { start: span.start, end: span.end + endMark[0].length };
  const doubleSpace = before.endsWith(" ") && after.startsWith(" ");
  return { start: span.start, end: span.end + (doubleSpace ? 1 : 0) };
}

function withList(messages: readonly Message[], heading: string, texts: readonly string[]): Message[] {
  const list = [heading, ...texts.map((text, index) => `${index + 1}. ${text}`)].join("\n");
  const at = messages.findIndex((message) => message.role === "system");
  if (at === -1) return [{ role: "system", content: list }, ...messages];
  return messages.map((message, index) =>
    index === at ? { ...message, content: `${message.content}${blankLineAfter(message.content)}${list}` } : message,
  );
}

const blankLineAfter = (content: string): string =>
  content === "" || content.endsWith("\n\n") ? "" : content.endsWith("\n") ? "\n" : "\n\n";
