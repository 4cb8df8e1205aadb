// What the library throws for bad input, as the command line's own failure: one line on stderr, exit 1.
import { ExportError } from "../dataset/export/export-error.ts";
import { InputError } from "../dataset/input-error.ts";
import { CliError } from "./cli-error.ts";

/** Runs the work of a command. @throws CliError for input that is wrong and files that the system refuses */
export async function reportingBadInput<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError || error instanceof ExportError) throw new CliError(error.message);
    const { code, syscall } = error as NodeJS.ErrnoException;
    // Errors of the file system say what and where: "ENOSPC: no space left on device, write".
    if (code !== undefined && syscall !== undefined) throw new CliError((error as Error).message);
    throw error;
  }
}
