// A disk that takes no more, told apart from every other failure: it ends a run at once, with all that was written kept.
import { InputError } from "../dataset/input-error.ts";

/** The disk, or the user's share of it, is full. What was acknowledged before is stored. */
export class DiskFull extends InputError {
  constructor(path: string) {
    super(
      `${path}: no space left on the disk. All that ended before is kept; make space, then start the same command again: it goes on from there`,
    );
    this.name = "DiskFull";
  }
}

/**
 * SQLite's and the system's ways of saying so. A quota and a limit on file sizes reach SQLite as a failed write; a
 * shared-memory index that cannot grow, as one of its own.
 */
const CODES: ReadonlySet<string> = new Set([
  "SQLITE_FULL",
  "SQLITE_IOERR_WRITE",
  "SQLITE_IOERR_SHMSIZE",
  "ENOSPC",
  "EDQUOT",
]);

export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && CODES.has(String(error.code));
