// The lines of a file that another process is writing, as they become whole. The file may come later, be replaced (as a resumed
// training replaces its record) or grow shorter: then it is read from its start again.
import { open } from "node:fs/promises";

export interface GrowingFile {
  /** The lines that have come since the last call. */
  newLines(): Promise<string[]>;
}

/** Read at a time. */
const CHUNK_BYTES = 1 << 16;

export function growingFile(path: string): GrowingFile {
  let at = 0;
  let inode = -1;
  let begun = Buffer.alloc(0);
  return {
    async newLines() {
      const file = await open(path).catch(() => null);
      if (file === null) return [];
      try {
        const { size, ino } = await file.stat();
        if (ino !== inode || size < at) [at, inode, begun] = [0, ino, Buffer.alloc(0)];
        const pieces = [begun];
        while (at < size) {
          const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
          if (bytesRead === 0) break;
          pieces.push(buffer.subarray(0, bytesRead));
          at += bytesRead;
        }
        const bytes = Buffer.concat(pieces);
        const end = bytes.lastIndexOf(0x0a) + 1;
        begun = bytes.subarray(end);
        return bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
      } finally {
        await file.close();
      }
    },
  };
}
