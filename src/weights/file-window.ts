// Reads a file from front to back in small pieces, for headers of unknown length in files of many gigabytes. Every length that
// the file states is held against the bytes that it has left, so that a broken one can ask for no memory and no long loop.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { InputError } from "../dataset/input-error.ts";

/** Bytes read at once: most headers but for their vocabulary. */
const WINDOW_BYTES = 1 << 18;

/** A number of 64 bits that is not held exactly. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** Little-endian values, one after the other. */
export class FileWindow {
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly #descriptor: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Where the buffer begins in the file, and the next value in the buffer. */
  #start = 0;
  #next = 0;

  /** @throws the system's error when the file can't be opened. */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, "r");
    const found = fstatSync(this.#descriptor);
    if (!found.isFile()) {
      this.close();
      throw new InputError(`${path} is no file`);
    }
    this.size = found.size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Of the next value. */
  get position(): number {
    return this.#start + this.#next;
  }

  get left(): number {
    return this.size - this.position;
  }

  /** @throws InputError when fewer than so many bytes are left. `what` stands for those bytes in its message. */
  demand(bytes: number, what: string): void {
    if (bytes > this.left)
      throw new InputError(
        `${this.path} is truncated or broken: ${what} at byte ${this.position} needs ${bytes} bytes, ${this.left} are left`,
      );
  }

  /** The next bytes; valid until more is read. */
  bytes(count: number, what: string): Buffer {
    this.demand(count, what);
    if (this.#next + count > this.#buffer.length) {
      this.#start += this.#next;
      this.#next = 0;
      const wanted = Math.min(Math.max(count, WINDOW_BYTES), this.size - this.#start);
      const buffer = Buffer.allocUnsafe(wanted);
      let read = 0;
      while (read < wanted) {
        const got = readSync(this.#descriptor, buffer, read, wanted - read, this.#start + read);
        if (got === 0) throw new InputError(`${this.path} became shorter while it was read`);
        read += got;
      }
      this.#buffer = buffer;
    }
    const value = this.#buffer.subarray(this.#next, this.#next + count);
    this.#next += count;
    return value;
  }

  /** Passes over bytes without reading them. */
  skip(count: number, what: string): void {
    this.demand(count, what);
    if (this.#next + count <= this.#buffer.length) this.#next += count;
    else {
      this.#start += this.#next + count;
      this.#next = 0;
      this.#buffer = Buffer.alloc(0);
    }
  }

  u32(what: string): number {
    return this.bytes(4, what).readUInt32LE();
  }

  /** @throws InputError for a number above 2^53: nothing in a file is that long. */
  u64(what: string): number {
    const at = this.position;
    const value = this.bytes(8, what).readBigUInt64LE();
    if (value > LARGEST) throw new InputError(`${this.path} is broken: ${what} at byte ${at} is ${value}`);
    return Number(value);
  }
}
