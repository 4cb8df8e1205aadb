// Looks up in langdetect's tables: the n-grams of a text, and what one of them says of each language. Ignores how the tables
// are made (langdetect-tables.ts) and what is done with the probabilities (langdetect.ts).
import { CHARACTER_BITS, isCapital, LANGUAGES, type LangdetectTables, SPACE, UPPER } from "./langdetect-tables.ts";

export class LanguageProfiles {
  readonly #characters: Uint16Array;
  readonly #lastTwo: Int32Array;
  readonly #before: Uint16Array;
  readonly #starts: Int32Array;
  readonly #languages: Uint8Array;
  readonly #frequencies: Float64Array;
  readonly #rows: (Float64Array | undefined)[];
  readonly #composed = new Map<number, Map<number, number>>();
  /** Hash table with open addressing: numbers of n-grams, from 1 on (0: free). */
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(tables: LangdetectTables) {
    this.#characters = tables.characters;
    this.#lastTwo = tables.lastTwo;
    this.#before = tables.before;
    this.#starts = tables.starts;
    this.#languages = tables.languages;
    this.#frequencies = tables.frequencies;
    this.#rows = new Array(tables.lastTwo.length);
    for (let i = 0; i < tables.composed.length; i += 3) {
      const [letter, mark, one] = tables.composed.subarray(i, i + 3);
      if (!this.#composed.has(mark!)) this.#composed.set(mark!, new Map());
      this.#composed.get(mark!)!.set(letter!, one!);
    }
    const count = this.#lastTwo.length;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 1))); // at least half stay free
    this.#mask = this.#slots.length - 1;
    for (let gram = 0; gram < count; gram += 1)
      this.#slots[this.#slotOf(this.#lastTwo[gram]!, this.#before[gram]!)] = gram + 1;
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
      const entry = code < this.#characters.length ? this.#characters[code]! : isCapital(code) ? UPPER : 0;
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
      if (third !== SPACE) count = this.#push(third, 0, grams, count);
      if (second === 0) continue;
      const lastTwo = (second << CHARACTER_BITS) | third;
      count = this.#push(lastTwo, 0, grams, count);
      if (held < 3 || first === 0) continue;
      count = this.#push(lastTwo, first, grams, count);
    }
    return count;
  }

  /** How often the n-gram comes in each language. Kept, for the n-grams of one text are drawn many times and come in the next. */
  frequencies(gram: number): Float64Array {
    const known = this.#rows[gram];
    if (known !== undefined) return known;
    const row = new Float64Array(LANGUAGES.length);
    const end = this.#starts[gram + 1]!;
    for (let i = this.#starts[gram]!; i < end; i += 1) row[this.#languages[i]!] = this.#frequencies[i]!;
    this.#rows[gram] = row;
    return row;
  }

  #push(lastTwo: number, before: number, grams: Int32Array, count: number): number {
    const gram = this.#slots[this.#slotOf(lastTwo, before)]!;
    if (gram === 0) return count;
    grams[count] = gram - 1;
    return count + 1;
  }

  /** Where the n-gram is, or where it would go. */
  #slotOf(lastTwo: number, before: number): number {
    const mixed = Math.imul(lastTwo, 0x9e3779b1) ^ Math.imul(before, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & this.#mask;
    for (;;) {
      const gram = this.#slots[slot]! - 1;
      if (gram < 0 || (this.#lastTwo[gram] === lastTwo && this.#before[gram] === before)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}
