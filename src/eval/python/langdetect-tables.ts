// langdetect 1.0.9's language profiles made into tables for looking up: which characters count as which, and how often each
// n-gram (one to three characters) comes in each of its 55 languages. Ignores where the files come from (langdetect-files.ts)
// and how the tables are looked up in (langdetect-profiles.ts).
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";

/**
 * The languages in the order in which the official verdicts were computed. langdetect reads its profiles as the file system
 * lists them, so the order is that of one machine; it decides in which order probabilities are summed, that is their last bits.
 */
export const LANGUAGES = [
  ..."pl gu zh-tw fi af ne ro da hr de pa en fa ca so ja ko es cs ru vi uk bn fr kn hu te lv sk sl el id it bg ta he sq hi".split(
    " ",
  ),
  ..."th tr ml mk pt tl mr sv et nl sw cy no ur lt ar zh-cn".split(" "),
] as const;

/** What is needed of the package: its table of characters and its profiles, as they stand there. */
export interface LangdetectFiles {
  /** utils/messages.properties */
  readonly messages: string;
  /** profiles/<language>, in the order of LANGUAGES. */
  readonly profiles: readonly string[];
}

/** What is looked up. */
export interface LangdetectTables {
  /** Of each code unit the number of the character it counts as (0: in no profile), and UPPER. */
  readonly characters: Uint16Array<ArrayBuffer>;
  /** Of each n-gram its last two characters (CHARACTER_BITS each; 0 for none) and the one before them. */
  readonly lastTwo: Int32Array<ArrayBuffer>;
  readonly before: Uint16Array<ArrayBuffer>;
  /** Where the languages and frequencies of each n-gram begin, and where those of the last one end. */
  readonly starts: Int32Array<ArrayBuffer>;
  /** Places in LANGUAGES, ascending for each n-gram. */
  readonly languages: Uint8Array<ArrayBuffer>;
  /** Of all n-grams of its length in the language. */
  readonly frequencies: Float64Array<ArrayBuffer>;
  /** A Vietnamese letter, a diacritical mark after it, and the two as one character: code units, three by three. */
  readonly composed: Uint16Array<ArrayBuffer>;
}

const profileSchema = z.object({
  name: z.string(),
  // Looked through by hand below: zod would copy its thousands of entries.
  freq: z.custom<Record<string, unknown>>((value) => typeof value === "object" && value !== null),
  n_words: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
});

/** Bits of a character's number: two characters in a row make a number of 26 bits. The profiles have 3,160 characters. */
export const CHARACTER_BITS = 13;
/** Flag beside a character's number: two such in a row make a word that is passed over. */
export const UPPER = 1 << 15;
/** The number of the space, which parts words. 0 is a character that is in no profile. */
export const SPACE = 1;
const CODE_UNITS = 2 ** 16;

/** Upper-case letters of Unicode 15 to 17. The official verdicts are Python 3.11's, which knows Unicode 14. */
const LATER_CAPITALS = /[\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}]/u;
const CAPITAL = /\p{Uppercase}/u;

export const isCapital = (code: number): boolean => {
  const character = String.fromCodePoint(code);
  return CAPITAL.test(character) && !LATER_CAPITALS.test(character);
};

/** @throws InputError when the files are not langdetect's */
export function compileTables(files: LangdetectFiles): LangdetectTables {
  const messages = parseMessages(files.messages);
  const profiles = files.profiles.map((text, index) => parseProfile(text, LANGUAGES[index] ?? "one too many"));
  if (profiles.length !== LANGUAGES.length)
    throw new InputError(`langdetect has ${LANGUAGES.length} profiles, not ${profiles.length}`);

  const ngrams = new Map<string, { language: number; frequency: number }[]>();
  for (const [language, { grams, counts, totals }] of profiles.entries())
    for (const [index, gram] of grams.entries()) {
      const frequency = counts[index]! / totals[gram.length - 1]!;
      const known = ngrams.get(gram);
      if (known === undefined) ngrams.set(gram, [{ language, frequency }]);
      else known.push({ language, frequency });
    }

  const numbers = numberCharacters(ngrams.keys());
  const numbersOf = (gram: string): number[] =>
    Array.from({ length: 3 }, (_, i) => numbers[gram.charCodeAt(gram.length - 3 + i)] ?? 0);
  const keys = [...ngrams.keys()].map(numbersOf);
  const entries = [...ngrams.values()];
  let end = 0;
  return {
    characters: characterTable(numbers, messages),
    lastTwo: Int32Array.from(keys, ([, second, third]) => (second! << CHARACTER_BITS) | third!),
    before: Uint16Array.from(keys, ([first]) => first!),
    starts: Int32Array.from([[], ...entries], ({ length }) => (end += length)),
    languages: Uint8Array.from(entries.flat(), ({ language }) => language),
    frequencies: Float64Array.from(entries.flat(), ({ frequency }) => frequency),
    composed: compositions(messages),
  };
}

/** Numbers the characters of the n-grams. @returns the number of each code unit; 0 for those of no profile */
function numberCharacters(ngrams: Iterable<string>): Uint16Array {
  const numbers = new Uint16Array(CODE_UNITS);
  numbers[0x20] = SPACE;
  let last = SPACE;
  for (const gram of ngrams)
    for (let i = 0; i < gram.length; i += 1) {
      const code = gram.charCodeAt(i);
      if (numbers[code] !== 0) continue;
      last += 1;
      numbers[code] = last;
    }
  if (last >= 2 ** CHARACTER_BITS) throw new InputError("langdetect's profiles have too many characters");
  return numbers;
}

/** What every code unit counts as. */
function characterTable(numbers: Uint16Array, messages: ReadonlyMap<string, string>): Uint16Array<ArrayBuffer> {
  const represented = new Map<number, number>();
  for (const [key, group] of messages)
    if (key.startsWith("NGram.KANJI_"))
      for (const character of group) represented.set(character.codePointAt(0)!, group.codePointAt(0)!);
  const blanks = message(messages, "NGram.LATIN1_EXCLUDE");
  return Uint16Array.from({ length: CODE_UNITS }, (_, code) => {
    const counted = represented.get(code) ?? countedAs(code, blanks);
    return numbers[counted]! | (isCapital(counted) ? UPPER : 0);
  });
}

/** Ranges of characters that count as one, first and last, and that one. */
const TAKEN_TOGETHER = [
  [0x2000, 0x206f, 0x20], // general punctuation: space
  [0x1ea0, 0x1eff, 0x1ec3], // Vietnamese letters
  [0x3040, 0x309f, 0x3042], // hiragana
  [0x30a0, 0x30ff, 0x30a2], // katakana
  [0x3100, 0x312f, 0x3105], // bopomofo
  [0x31a0, 0x31bf, 0x3105], // bopomofo extended
  [0xac00, 0xd7af, 0xac00], // hangul
] as const;

/** Letters written as others: Romanian with a comma below as with a cedilla, Farsi yeh as Arabic yeh. */
const WRITTEN_AS: ReadonlyMap<number, number> = new Map([
  [0x219, 0x15f],
  [0x21b, 0x163],
  [0x6cc, 0x64a],
]);

/** The character as which a code unit counts, Chinese ones apart. */
function countedAs(code: number, blanks: string): number {
  const character = String.fromCharCode(code);
  if (code < 0x80) return /[A-Za-z]/.test(character) ? code : 0x20;
  if (blanks.includes(character)) return 0x20;
  for (const [first, last, one] of TAKEN_TOGETHER) if (code >= first && code <= last) return one;
  return WRITTEN_AS.get(code) ?? code;
}

function compositions(messages: ReadonlyMap<string, string>): Uint16Array<ArrayBuffer> {
  const letters = message(messages, "TO_NORMALIZE_VI_CHARS");
  const marks = [...message(messages, "DMARK_CLASS")].map((mark) => mark.charCodeAt(0));
  return Uint16Array.from(
    marks.flatMap((mark) => {
      const results = message(messages, `NORMALIZED_VI_CHARS_${mark.toString(16).padStart(4, "0")}`);
      return Array.from(letters, (letter, index) => [letter.charCodeAt(0), mark, results.charCodeAt(index)]).flat();
    }),
  );
}

function message(messages: ReadonlyMap<string, string>, key: string): string {
  const value = messages.get(key);
  if (value === undefined) throw new InputError(`langdetect's messages have no ${key}`);
  return value;
}

/** Lines of key=value, characters beyond ASCII written as \uXXXX. */
function parseMessages(text: string): Map<string, string> {
  const messages = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals < 0) continue;
    const value = line.slice(equals + 1).trimEnd();
    messages.set(
      line.slice(0, equals),
      value.replace(/\\u([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
  }
  return messages;
}

/** A profile, its n-grams and their counts side by side. */
interface Profile {
  readonly grams: readonly string[];
  readonly counts: readonly number[];
  /** Of all n-grams of one, two and three characters. */
  readonly totals: readonly [number, number, number];
}

function parseProfile(text: string, language: string): Profile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`langdetect's profile of ${language} is no JSON: ${(error as Error).message}`);
  }
  const profile = profileSchema.safeParse(value);
  if (!profile.success || profile.data.name !== language)
    throw new InputError(`what should be langdetect's profile of ${language} is none`);
  const { freq, n_words: totals } = profile.data;
  const grams = Object.keys(freq);
  const counts = Object.values(freq);
  for (const [index, gram] of grams.entries()) {
    if (gram.length < 1 || gram.length > totals.length)
      throw new InputError(`langdetect's profile of ${language}: "${gram}" is no n-gram`);
    if (!isCount(counts[index])) throw new InputError(`langdetect's profile of ${language}: "${gram}" has no count`);
  }
  return { grams, counts: counts as number[], totals };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
