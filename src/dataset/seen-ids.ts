// Which ids have been used and where, over an input of any length: 27 to 53 bytes an id, whatever the ids' length. Ids
// are compared by 52 bits of SHA-256; two different ones are taken for the same once in 9,000 inputs of a million rows.
import { hash } from "node:crypto";

/** Where an id was used first. */
export interface UseOfId {
  readonly file: string;
  readonly line: number;
}

/** Open addressing keeps probes short while at most this share of the slots is taken. */
const MAX_LOAD = 0.6;

export class SeenIds {
  #digests = new Float64Array(1 << 10);
  #uses = new Uint32Array(2 << 10);
  #count = 0;
  readonly #files: string[] = [];

  /** Notes an id; gives its first use where it has one already. */
  add(id: string, file: string, line: number): UseOfId | null {
    if (this.#count >= this.#digests.length * MAX_LOAD) this.#grow();
    const digest = Number.parseInt(hash("sha256", id, "hex").slice(0, 13), 16) + 1; // 0 marks a free slot
    const slot = slotOf(this.#digests, digest);
    if (this.#digests[slot] === digest) {
      const [usedIn = 0, usedAt = 0] = this.#uses.subarray(slot * 2, slot * 2 + 2);
      return { file: this.#files[usedIn] ?? "", line: usedAt };
    }
    this.#digests[slot] = digest;
    this.#uses.set([this.#fileNumber(file), line], slot * 2);
    this.#count += 1;
    return null;
  }

  #fileNumber(file: string): number {
    if (this.#files.at(-1) !== file) this.#files.push(file);
    return this.#files.length - 1;
  }

  #grow(): void {
    const [digests, uses] = [this.#digests, this.#uses];
    this.#digests = new Float64Array(digests.length * 2);
    this.#uses = new Uint32Array(uses.length * 2);
    for (const [old, digest] of digests.entries()) {
      if (digest === 0) continue;
      const slot = slotOf(this.#digests, digest);
      this.#digests[slot] = digest;
      this.#uses.set(uses.subarray(old * 2, old * 2 + 2), slot * 2);
    }
  }
}

/** The slot that holds the digest, or the free one where it belongs. The number of slots is a power of two. */
function slotOf(digests: Float64Array, digest: number): number {
  let slot = digest % digests.length;
  while (digests[slot] !== 0 && digests[slot] !== digest) slot = (slot + 1) % digests.length;
  return slot;
}
