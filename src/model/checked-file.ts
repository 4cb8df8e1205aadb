// A file of the cache that is small enough to be hashed whenever it is read: some milliseconds for the largest, of 5 MB. Read at once, so
// that what asks for a table at the first question about it need not be asynchronous.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The file's bytes; null where it is not there, or is not what it should be. */
export function checkedFile(path: string, sha256: string): Buffer | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return createHash("sha256").update(bytes).digest("hex") === sha256 ? bytes : null;
}
