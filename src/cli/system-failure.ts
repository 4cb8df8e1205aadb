// What the file system refuses (no space, no permission, a folder where a file should be), as a failure that the user can
// mend: one line on stderr, exit 1, no stack trace. Bad input needs nothing here: `main.ts` knows InputError.
import { CliError } from "./cli-error.ts";

/** Runs the work of a command. @throws CliError where the system refuses a file */
export async function reportingSystemErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Node's errors of system calls say what and where: "EACCES: permission denied, open 'out/train.jsonl'".
    if (error instanceof Error && "syscall" in error && "code" in error) throw new CliError(error.message);
    throw error;
  }
}
