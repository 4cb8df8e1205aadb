// SHA-256 of a file's bytes. Ignores everything else about the file.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Bytes read at once: large, for files of many megabytes. */
const READ_BYTES = 1 << 20;

/** SHA-256 of a file, in lower-case hexadecimal. @throws the system's error when it can't be read. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
