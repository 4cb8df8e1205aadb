// langdetect 1.0.9's language profiles, compiled for looking up: how often each n-gram (one to three characters) comes in each
// of its 55 languages, and how it takes related characters together before it counts. Ignores where the files come from
// (langdetect-files.ts) and what is done with the frequencies (langdetect.ts).
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

const profileSchema = z.object({
  name: z.string(),
  // Looked through by hand below: zod would copy its thousands of entries.
  freq: z.custom<Record<string, unknown>>((value) => typeof value === "object" && value !== null),
  n_words: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
});

/** Bits of a character's number within a key: three make 39 bits, exact in a number. The profiles have 3,160 characters. */
const CHARACTER_BITS = 13;
const MAX_CHARACTERS = 2 ** CHARACTER_BITS;
/** Flag beside a character's number: two such in a row make a word that is passed over. */
const UPPER = 1 << 15;
/** The number of the space, which parts words. 0 is a character that is in no profile. */
const SPACE = 1;
const CODE_UNITS = 2 ** 16;

/** Upper-case letters of Unicode 15 to 17. The official verdicts are Python 3.11's, which knows Unicode 14. */
const LATER_CAPITALS = /[\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}]/u;
const CAPITAL = /\p{Uppercase}/u;

const isCapital = (code: number): boolean => {
  const character = String.fromCodePoint(code);
  return CAPITAL.test(character) && !LATER_CAPITALS.test(character);
};

/** Frequencies of n-grams, and the characters they are made of. */
export class LanguageProfiles {
  /** Of each code unit the number of the character it counts as, and UPPER. */
  readonly #characters = new Uint16Array(CODE_UNITS);
  /** Hash table with open addressing: keys of n-grams (0: free), and their numbers. */
  readonly #keys: Float64Array;
  readonly #grams: Int32Array;
  readonly #mask: number;
  /** Where the frequencies of an n-gram begin; those of the last one end at the last element. */
  readonly #starts: Int32Array;
  readonly #languages: Uint8Array;
  readonly #frequencies: Float64Array;
  readonly #composed: ReadonlyMap<number, ReadonlyMap<number, number>>;

  /** @throws InputError when the files are not langdetect's */
  constructor(files: LangdetectFiles) {
    const messages = parseMessages(files.messages);
    const profiles = files.profiles.map((text, index) => parseProfile(text, LANGUAGES[index] ?? "one too many"));
    if (profiles.length !== LANGUAGES.length)
      throw new InputError(`langdetect has ${LANGUAGES.length} profiles, not ${profiles.length}`);

    const numbers = this.#numberCharacters(profiles, messages);
    this.#composed = compositions(messages);

    // Twice over all: to number the n-grams and count the languages of each, then to fill in, languages in their order.
    const entries = profiles.reduce((sum, { grams }) => sum + grams.length, 0);
    const slots = 2 ** Math.ceil(Math.log2(entries + 1)); // at least one stays free, in fact two thirds
    this.#mask = slots - 1;
    this.#keys = new Float64Array(slots);
    this.#grams = new Int32Array(slots);
    const gramOf = new Int32Array(entries);
    const starts = new Int32Array(entries + 1);
    let distinct = 0;
    let entry = 0;
    for (const { grams } of profiles)
      for (const text of grams) {
        let key = 0;
        for (let i = 0; i < text.length; i += 1) key = key * MAX_CHARACTERS + numbers[text.charCodeAt(i)]!;
        const slot = this.#slotOf(key);
        if (this.#keys[slot] === 0) {
          this.#keys[slot] = key;
          this.#grams[slot] = distinct;
          distinct += 1;
        }
        const gram = this.#grams[slot]!;
        gramOf[entry] = gram;
        starts[gram + 1]! += 1;
        entry += 1;
      }
    for (let gram = 0; gram < distinct; gram += 1) starts[gram + 1]! += starts[gram]!;
    this.#starts = starts.slice(0, distinct + 1);

    this.#languages = new Uint8Array(entries);
    this.#frequencies = new Float64Array(entries);
    const next = starts; // of each n-gram, where its next language goes
    entry = 0;
    for (const [language, { grams, counts, totals }] of profiles.entries())
      for (const [index, text] of grams.entries()) {
        const place = next[gramOf[entry]!]!;
        next[gramOf[entry]!] = place + 1;
        this.#languages[place] = language;
        this.#frequencies[place] = counts[index]! / totals[text.length - 1]!;
        entry += 1;
      }
  }

  /** The single character that a letter and a diacritical mark after it make in Vietnamese, or undefined. */
  compose(letter: number, mark: number): number | undefined {
    return this.#composed.get(mark)?.get(letter);
  }

  /**
   * The n-grams of a text that are in any profile: words apart, and words in capitals passed over.
   * @param text code points, of which the first `length` count
   * @param grams where their numbers go: room for three a character
   * @returns how many there are
   */
  extract(text: Uint32Array, length: number, grams: Int32Array): number {
    let count = 0;
    let inCapitals = false;
    let wasCapital = false;
    // The last three characters within a word (with the space before it), and how many of them there are.
    let first = 0;
    let second = 0;
    let third = SPACE;
    let held = 1;
    for (let i = 0; i < length; i += 1) {
      const code = text[i]!;
      const entry = code < CODE_UNITS ? this.#characters[code]! : isCapital(code) ? UPPER : 0;
      const character = entry & ~UPPER;
      const capital = entry >= UPPER;
      if (third === SPACE) {
        held = 1;
        inCapitals = false;
        wasCapital = false;
        if (character === SPACE) continue;
      }
      first = second;
      second = third;
      third = character;
      held = Math.min(held + 1, 3);
      inCapitals = capital && (inCapitals || wasCapital);
      wasCapital = capital;
      if (inCapitals || third === 0) continue;
      let key = third;
      if (key !== SPACE) count = this.#push(key, grams, count);
      if (second === 0) continue;
      key += second * MAX_CHARACTERS;
      count = this.#push(key, grams, count);
      if (held < 3 || first === 0) continue;
      count = this.#push(key + first * MAX_CHARACTERS * MAX_CHARACTERS, grams, count);
    }
    return count;
  }

  /** Multiplies each language's probability by the n-gram's frequency in it plus `smoothing`. `factors` is room to work in. */
  weigh(gram: number, smoothing: number, probabilities: Float64Array, factors: Float64Array): void {
    factors.fill(smoothing);
    const end = this.#starts[gram + 1]!;
    for (let i = this.#starts[gram]!; i < end; i += 1) factors[this.#languages[i]!] = smoothing + this.#frequencies[i]!;
    for (let language = 0; language < probabilities.length; language += 1)
      probabilities[language]! *= factors[language]!;
  }

  #push(key: number, grams: Int32Array, count: number): number {
    const slot = this.#slotOf(key);
    if (this.#keys[slot] !== key) return count;
    grams[count] = this.#grams[slot]!;
    return count + 1;
  }

  /** Where the key is, or where it would go. */
  #slotOf(key: number): number {
    const low = key % 2 ** 26;
    const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul((key - low) / 2 ** 26, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & this.#mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & this.#mask;
    return slot;
  }

  /**
   * Numbers the characters of the profiles, and fills in what every code unit counts as.
   * @returns the number of each code unit; 0 for those of no profile
   */
  #numberCharacters(profiles: readonly Profile[], messages: ReadonlyMap<string, string>): Uint16Array {
    const numbers = new Uint16Array(CODE_UNITS);
    numbers[0x20] = SPACE;
    let last = SPACE;
    for (const { grams } of profiles)
      for (const text of grams)
        for (let i = 0; i < text.length; i += 1) {
          const code = text.charCodeAt(i);
          if (numbers[code] !== 0) continue;
          last += 1;
          numbers[code] = last;
        }
    if (last >= MAX_CHARACTERS) throw new InputError("langdetect's profiles have too many characters");

    const represented = new Map<number, number>();
    for (const [key, group] of messages)
      if (key.startsWith("NGram.KANJI_"))
        for (const character of group) represented.set(character.codePointAt(0)!, group.codePointAt(0)!);
    const blanks = message(messages, "NGram.LATIN1_EXCLUDE");
    for (let code = 0; code < CODE_UNITS; code += 1) {
      const counted = represented.get(code) ?? countedAs(code, blanks);
      this.#characters[code] = numbers[counted]! | (isCapital(counted) ? UPPER : 0);
    }
    return numbers;
  }
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

/** Mark → letter → the two as one character. */
function compositions(messages: ReadonlyMap<string, string>): Map<number, Map<number, number>> {
  const letters = message(messages, "TO_NORMALIZE_VI_CHARS");
  const composed = new Map<number, Map<number, number>>();
  for (const mark of message(messages, "DMARK_CLASS")) {
    const code = mark.charCodeAt(0);
    const results = message(messages, `NORMALIZED_VI_CHARS_${code.toString(16).padStart(4, "0")}`);
    composed.set(
      code,
      new Map(Array.from(letters, (letter, index) => [letter.charCodeAt(0), results.charCodeAt(index)])),
    );
  }
  return composed;
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
