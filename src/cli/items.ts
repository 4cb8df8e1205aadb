// `rpo items STAGE [CONFIG]`: what a stage of a run made, item by item, or why it did not. Reads; asks no model.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { readRunConfig } from "../config/run-config.ts";
import { stageNamed } from "../construct/construct.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { terminalJson } from "../report/terminal-text.ts";
import { STORE_FILE } from "../run/store.ts";
import { CliError } from "./cli-error.ts";
import { wholeNumber } from "./option-value.ts";
import { configFile, openRun, stageName } from "./run.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface ItemsFlags {
  readonly limit?: number;
  readonly failed?: true;
}

async function run(given: string, path: string, { limit, failed }: ItemsFlags): Promise<void> {
  const name = stageName(given);
  const config = await readRunConfig(await configFile(path));
  // Opening would make one.
  if (!existsSync(join(config.run.dir, STORE_FILE)))
    throw new CliError(`${config.run.dir}: no run is kept there yet; rpo run ${path} begins it`);
  const open = await openRun(config, new AbortController().signal);
  try {
    let shown = 0;
    const write = (row: object): boolean => {
      process.stdout.write(terminalJson(jsonLine(row)));
      shown += 1;
      return shown !== limit;
    };
    if (failed) {
      for (const { id, cause, failures, detail } of open.store.stageItems.failed(name))
        if (!write({ id, cause, failures, detail: detail === null ? null : JSON.parse(detail) })) return;
      return;
    }
    for await (const { id, output } of stageNamed(name, open).outputs()) if (!write({ id, output })) return;
  } finally {
    await open.close();
  }
}

export const command = new Command("items")
  .description(
    "What a stage of a run made, an item a line as JSON; or with --failed why it did not, and what the model said.",
  )
  .argument("<STAGE>", "profiles, users, sessions, responses or reversals")
  .argument("[CONFIG]", "rpo.yaml of the run, or its folder", "rpo.yaml")
  .option("--limit <N>", "so many", wholeNumber(1))
  .option("--failed", "items that failed, with their causes")
  .action((stage: string, path: string, flags: ItemsFlags) => reportingSystemErrors(() => run(stage, path, flags)));
