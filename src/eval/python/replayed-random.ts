// A generator that is started anew again and again with one seed, as langdetect starts one for every text: what it has drawn
// once it reads again. Ignores what is drawn: the same as PythonRandom draws.
import { PythonRandom } from "./mt19937.ts";

export class ReplayedRandom extends PythonRandom {
  readonly #words: number[] = [];
  /** Pairs by the number of words drawn before them. */
  readonly #pairs = new Map<number, { readonly pair: readonly [number, number]; readonly end: number }>();
  #drawn = 0;

  /** As if newly made with the seed. */
  restart(): void {
    this.#drawn = 0;
    this.spare = null;
  }

  override word(): number {
    if (this.#drawn === this.#words.length) this.#words.push(super.word());
    const word = this.#words[this.#drawn]!;
    this.#drawn += 1;
    return word;
  }

  protected override normalPair(): readonly [number, number] {
    const start = this.#drawn;
    let known = this.#pairs.get(start);
    if (known === undefined) {
      const pair = super.normalPair();
      known = { pair, end: this.#drawn };
      this.#pairs.set(start, known);
    }
    this.#drawn = known.end;
    return known.pair;
  }
}
