// Takes one known entry out of a wheel (a zip archive) as a stream of bytes. The names in the archive are compared, never
// used as paths. Ignores hashes: the caller checks them.
import { openPromise } from "yauzl";

/**
 * The bytes of an entry.
 * @throws Error when the archive is damaged, or has no such entry of that size.
 */
export async function* wheelEntry(
  wheel: string,
  { entry: name, entryBytes }: { readonly entry: string; readonly entryBytes: number },
): AsyncGenerator<Buffer> {
  const archive = await openPromise(wheel, { autoClose: false });
  try {
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName !== name) continue;
      if (entry.uncompressedSize !== entryBytes)
        throw new Error(`${name} in ${wheel} has ${entry.uncompressedSize} bytes, expected ${entryBytes}`);
      yield* (await archive.openReadStreamPromise(entry)) as AsyncIterable<Buffer>;
      return;
    }
  } finally {
    archive.close();
  }
  throw new Error(`${wheel} has no entry ${name}`);
}
