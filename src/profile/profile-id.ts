// Ids of generated profiles, from those of what inspired them: letters, digits, - and _, and still different where the originals
// were.
import { hash } from "node:crypto";

/** Hexadecimal digits of the original's hash: 32 bits, so that two of a corpus's ids meet once in a hundred thousand corpora of 300. */
const DIGITS = 8;

/** The id, or where it has other characters, a legible form of it with a part of its hash. */
export function profileId(id: string): string {
  if (/^[\w-]{1,100}$/.test(id)) return id;
  const legible = id
    .replace(/[^A-Za-z0-9_]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${legible === "" ? "profile" : legible}-${hash("sha256", id, "hex").slice(0, DIGITS)}`;
}
