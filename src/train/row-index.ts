// Where the rows of a data set lie in its file, and how long they are: what is kept of millions of rows so that any can be read
// when it is its turn. 29 bytes a row. Ignores what a row is: token-rows.ts fills it.

/** What is known of a row without reading it. */
export interface IndexedRow {
  /** First byte of its line in the file. */
  readonly offset: number;
  /** Bytes of its line, without the line end. */
  readonly bytes: number;
  /** Its line, 1 for the first. */
  readonly line: number;
  /** Messages of the history that are left out so that it fits (history-cut.ts). */
  readonly cut: number;
  /** Tokens of its prompt and all its completions, the history that is left out not counted. */
  readonly tokens: number;
  /** Whether it is the row before it with chosen and rejected exchanged. */
  readonly isMirror: boolean;
}

/** Rows that room is made for at first; doubled whenever there are more. */
const FIRST_ROOM = 1024;

export class RowIndex {
  #length = 0;
  #offsets = new Float64Array(FIRST_ROOM); // whole numbers up to 2^53: files beyond 4 GB
  #bytes = new Int32Array(FIRST_ROOM);
  #lines = new Float64Array(FIRST_ROOM);
  #cuts = new Int32Array(FIRST_ROOM);
  #tokens = new Int32Array(FIRST_ROOM);
  #mirrors = new Uint8Array(FIRST_ROOM);

  get length(): number {
    return this.#length;
  }

  add({ offset, bytes, line, cut, tokens, isMirror }: IndexedRow): void {
    if (this.#length === this.#offsets.length) this.#grow();
    const index = this.#length;
    this.#offsets[index] = offset;
    this.#bytes[index] = bytes;
    this.#lines[index] = line;
    this.#cuts[index] = cut;
    this.#tokens[index] = tokens;
    this.#mirrors[index] = isMirror ? 1 : 0;
    this.#length += 1;
  }

  /** @throws RangeError for a number that is not there */
  at(index: number): IndexedRow {
    if (!Number.isInteger(index) || index < 0 || index >= this.#length)
      throw new RangeError(`row ${index} of ${this.#length}`);
    return {
      offset: this.#offsets[index] as number,
      bytes: this.#bytes[index] as number,
      line: this.#lines[index] as number,
      cut: this.#cuts[index] as number,
      tokens: this.#tokens[index] as number,
      isMirror: this.#mirrors[index] === 1,
    };
  }

  /** `tokens` of each row. */
  lengths(): Int32Array {
    return this.#tokens.slice(0, this.#length);
  }

  #grow(): void {
    const room = 2 * this.#offsets.length;
    const grown = <T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#offsets = grown(this.#offsets, new Float64Array(room));
    this.#bytes = grown(this.#bytes, new Int32Array(room));
    this.#lines = grown(this.#lines, new Float64Array(room));
    this.#cuts = grown(this.#cuts, new Int32Array(room));
    this.#tokens = grown(this.#tokens, new Int32Array(room));
    this.#mirrors = grown(this.#mirrors, new Uint8Array(room));
  }
}
