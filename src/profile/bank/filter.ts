// Which inspirations are kept (spec/corpora.md, "What a filter meets"). One filter after the other, in the order of FILTERS; the
// first that objects drops the record and is counted with its cause, so that what was read is what was kept and what was dropped.
// Ignores whether a profile could be written from the text.
import { hash } from "node:crypto";
import { type Inspiration, textOf } from "./inspiration.ts";
import { NEAR, NearDuplicates } from "./near-duplicate.ts";
import { mediaSubject, nsfwSubject } from "./subject.ts";

/** All filters, cheap ones first; duplicates last, so that a record is never dropped for one that was dropped itself. */
export const FILTERS = [
  "length",
  "language",
  "usage",
  "rating",
  "words",
  "media",
  "nsfw",
  "duplicate",
  "near-duplicate",
] as const;
export type FilterName = (typeof FILTERS)[number];

/** Filters without a number or a list of their own: asked for by name. */
export const NAMED_FILTERS = ["media", "nsfw", "duplicate", "near-duplicate"] as const satisfies readonly FilterName[];
export type NamedFilter = (typeof NAMED_FILTERS)[number];

/** Characters (code points) of the text that a profile is written from, where nothing else is asked for. */
export const MIN_CHARS = 50;
export const MAX_CHARS = 8_000;

export interface FilterSettings {
  readonly drop: readonly NamedFilter[];
  /** Bounds of the length of `textOf`, in code points, both inclusive. */
  readonly minChars: number;
  readonly maxChars: number;
  /** Languages kept; all where left out. */
  readonly languages?: readonly string[] | undefined;
  /** Least chats. */
  readonly usageMin?: number | undefined;
  /** Least rating, on the source's scale. */
  readonly ratingMin?: number | undefined;
  /** What becomes of a record whose usage or rating is not known, where one is asked for. */
  readonly unknown: "keep" | "drop";
  /** A record that has one of these in its name or text is dropped: whole words in scripts with spaces, case ignored. */
  readonly words?: readonly string[] | undefined;
  /** Estimated similarity from which a text is a near duplicate. */
  readonly near?: number | undefined;
}

/** Why a record was dropped. */
export interface Dropped {
  readonly filter: FilterName;
  /** What it is counted under. */
  readonly cause: string;
  /** The cause for this very record. */
  readonly reason: string;
}

/** A filter for one run over a bank: it remembers what it kept, to know duplicates of it. */
export function inspirationFilter(settings: FilterSettings): (inspiration: Inspiration) => Dropped | null {
  const drops = new Set<FilterName>(settings.drop);
  const words = wordMatcher(settings.words ?? []);
  const exact = new Map<string, string>();
  const near = new NearDuplicates(settings.near ?? NEAR);

  return (inspiration) => {
    const text = textOf(inspiration);
    const dropped =
      byLength(text, settings) ??
      byLanguage(inspiration, settings) ??
      byUsage(inspiration, settings) ??
      byRating(inspiration, settings) ??
      byWords(`${inspiration.name}\n${text}`, words) ??
      (drops.has("media") ? about("media", mediaSubject(inspiration)) : null) ??
      (drops.has("nsfw") ? about("nsfw", nsfwSubject(inspiration)) : null);
    if (dropped !== null) return dropped;
    const digest = drops.has("duplicate") ? hash("sha256", plain(text)) : "";
    const twin = drops.has("duplicate") ? exact.get(digest) : undefined;
    if (twin !== undefined) return { filter: "duplicate", cause: "same text", reason: `the same text as ${twin}` };
    if (drops.has("near-duplicate")) {
      const like = near.add(inspiration.id, text);
      if (like !== null) {
        const reason = `near duplicate of ${like.of} (similarity ${like.similarity.toFixed(2)})`;
        return { filter: "near-duplicate", cause: "nearly the same text", reason };
      }
    }
    if (drops.has("duplicate")) exact.set(digest, inspiration.id);
    return null;
  };
}

/** What makes no difference to whether two texts are the same: case, spaces, compatibility forms. */
const plain = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

function byLength(text: string, { minChars, maxChars }: FilterSettings): Dropped | null {
  const length = codePoints(text);
  if (text.trim() === "" && minChars > 0) return { filter: "length", cause: "empty", reason: "the text is empty" };
  if (length < minChars)
    return {
      filter: "length",
      cause: `under ${minChars} characters`,
      reason: `${length} characters, under ${minChars}`,
    };
  if (length > maxChars)
    return { filter: "length", cause: `over ${maxChars} characters`, reason: `${length} characters, over ${maxChars}` };
  return null;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function byLanguage({ language }: Inspiration, { languages }: FilterSettings): Dropped | null {
  if (languages === undefined || languages.includes(language)) return null;
  return { filter: "language", cause: language, reason: `in ${language}, not in ${languages.join(" or ")}` };
}

const byUsage = ({ usage }: Inspiration, { usageMin, unknown }: FilterSettings): Dropped | null =>
  byNumber("usage", "chats", usage?.chats, usageMin, unknown);

const byRating = ({ usage }: Inspiration, { ratingMin, unknown }: FilterSettings): Dropped | null =>
  byNumber("rating", "rating", usage?.rating, ratingMin, unknown);

function byNumber(
  filter: "usage" | "rating",
  noun: string,
  value: number | undefined,
  least: number | undefined,
  unknown: "keep" | "drop",
): Dropped | null {
  if (least === undefined) return null;
  if (value === undefined) return unknown === "keep" ? null : { filter, cause: "unknown", reason: `${noun} not known` };
  return value >= least ? null : { filter, cause: `under ${least}`, reason: `${noun} ${value}, under ${least}` };
}

function byWords(text: string, matcher: RegExp | null): Dropped | null {
  const word = matcher?.exec(text)?.[0]?.toLowerCase();
  return word === undefined ? null : { filter: "words", cause: `“${word}”`, reason: `has “${word}”` };
}

const about = (filter: "media" | "nsfw", subject: string | null): Dropped | null =>
  subject === null ? null : { filter, cause: subject, reason: `about ${subject}` };

/** A word is not looked for inside a longer one, in scripts that put spaces between words. */
const SPACED = "[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{N}]";

/** The user's words as one pattern of literals; null for none. */
function wordMatcher(words: readonly string[]): RegExp | null {
  const literals = [...new Set(words.map((word) => word.trim()).filter((word) => word !== ""))]
    .sort((a, b) => b.length - a.length)
    .map((word) => {
      const literal = word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+");
      const [first, last] = [new RegExp(`^${SPACED}`, "u"), new RegExp(`${SPACED}$`, "u")].map((edge) =>
        edge.test(word),
      );
      return `${first ? `(?<!${SPACED})` : ""}${literal}${last ? `(?!${SPACED})` : ""}`;
    });
  return literals.length === 0 ? null : new RegExp(literals.join("|"), "iu");
}
