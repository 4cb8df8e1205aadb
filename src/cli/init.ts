// `rpo init [DIR]`: an rpo.yaml to begin with. Never overwrites one.
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { rpoYamlTemplate } from "../config/rpo-yaml-template.ts";
import { CliError } from "./cli-error.ts";
import { reportingSystemErrors } from "./system-failure.ts";

/** The JSON schema that comes with the program. */
const SCHEMA = fileURLToPath(new URL("../../schema/rpo.schema.json", import.meta.url));

/** Writes the file, and gives its path. @throws CliError where there is one */
export async function init(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, "rpo.yaml");
  // Editors take the path from where the file lies, written as in an address.
  const schema = relative(resolve(directory), SCHEMA).split(sep).join("/");
  try {
    await writeFile(path, rpoYamlTemplate({ schema }), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new CliError(`${path}: is there already, and stays as it is`);
  }
  return path;
}

export const command = new Command("init")
  .description(
    "Write DIR/rpo.yaml, which says what a run is asked to do: every setting with its default and what it means. As it stands it " +
      "runs on a small model in this process; a server is a few lines away. A file that is there stays as it is.",
  )
  .argument("[DIR]", "folder of the run", ".")
  .action(async (directory: string) => {
    const path = await reportingSystemErrors(() => init(directory));
    process.stdout.write(`${path}\n`);
  });
