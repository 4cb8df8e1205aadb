// `rpo run [CONFIG]`: brings a run of data construction up to date, from profiles to pairs.
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import { type OpenedRoles, openRoles } from "../config/role-models.ts";
import { ROLES } from "../config/role-section.ts";
import { type RunConfig, readRunConfig } from "../config/run-config.ts";
import {
  bringUpToDate,
  type ConstructionPairs,
  requireItems,
  STAGES,
  type StageName,
  type StageResults,
  writePairs,
} from "../construct/construct.ts";
import type { Construction } from "../construct/construction.ts";
import { planRun } from "../construct/plan.ts";
import { planText } from "../construct/plan-text.ts";
import { InputError } from "../dataset/input-error.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { censusText } from "../preference/census-text.ts";
import { counted } from "../preference/counted.ts";
import { cutTo, terminalText } from "../report/terminal-text.ts";
import { BudgetReached } from "../run/budget.ts";
import { Interrupted } from "../run/interrupted.ts";
import { Ledger } from "../run/ledger.ts";
import { ledgerTable } from "../run/ledger-text.ts";
import { lockRun } from "../run/run-lock.ts";
import type { StageProgress } from "../run/stage.ts";
import { RunStore } from "../run/store.ts";
import { CliError } from "./cli-error.ts";
import { namesAmong, oddNumber, positiveNumber } from "./option-value.ts";
import { type ProgressLine, progressLine, transfer } from "./progress-line.ts";
import { stageProgressText } from "./stage-progress-text.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

interface RunFlags {
  readonly only?: readonly StageName[];
  readonly budget?: number;
  readonly votes?: number;
  readonly dryRun?: true;
  readonly json?: true;
}

/** The budget ended the run, cleanly: neither done nor failed. */
const EXIT_BUDGET = 3;
/** Failed items that are named with their cause; the others are counted. */
const SHOWN_FAILURES = 5;
/** A cause ends with what to do; a server's own words in it are cut before (endpoint.ts). */
const SHOWN_COLUMNS = 600;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** A line of its own, where a line that renews itself may stand. */
const notice = (text: string): void =>
  say(process.stderr.isTTY ? `\r\u001b[K${terminalText(text)}` : terminalText(text));

/** The file itself, or the rpo.yaml of a folder. */
export async function configFile(given: string): Promise<string> {
  const found = await stat(given).catch(() => null);
  const file = found?.isDirectory() ? join(given, "rpo.yaml") : given;
  if (found === null || !existsSync(file))
    throw new CliError(`${file}: no such file; rpo init writes one, with every setting and what it means`);
  return file;
}

/** A run that is open: its models and its store. */
export interface OpenRun extends Construction {
  close(): Promise<void>;
}

/**
 * Opens a run for work, and keeps others from it.
 * @throws InputError where another process works on it, the store cannot be used, or a model cannot be had
 */
async function openForWork(config: RunConfig, signal: AbortSignal): Promise<OpenRun> {
  const lock = lockRun(config.run.dir, () => new Date());
  try {
    const open = await openRun(config, signal);
    return {
      ...open,
      async close() {
        await open.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Opens a run to look at, whether or not another process works on it.
 * @throws InputError where the store cannot be used, or a model cannot be had
 */
export async function openRun(config: RunConfig, signal: AbortSignal): Promise<OpenRun> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  let store: RunStore | undefined;
  let roles: OpenedRoles;
  try {
    store = new RunStore(config.run.dir, () => new Date());
    // All of them: whatever a stage asks itself, its items are made of what others answered.
    roles = await openRoles(config, ROLES, {
      signal,
      onNotice: notice,
      onProgress: (moved) => progress.update(() => transfer(moved)),
    });
  } catch (error) {
    store?.close();
    throw error;
  } finally {
    progress.done();
  }
  const open = store;
  return {
    config,
    roles,
    store,
    ledger: new Ledger({ prices: config.prices, budget: config.run.budget, before: store.requests.usage() }),
    async close() {
      await roles.dispose();
      open.close();
    },
  };
}

async function run(given: string, flags: RunFlags): Promise<void> {
  const read = await readRunConfig(await configFile(given));
  const budget = flags.budget === undefined ? read.run.budget : { cost: flags.budget };
  const judge = flags.votes === undefined ? read.judge : { ...read.judge, votes: flags.votes };
  const config: RunConfig = { ...read, judge, run: { ...read.run, budget } };
  const stages = flags.only ?? STAGES;
  keepYoungGenerationSmall();
  const stop = stopOnSignal(() => say("\nstopping: what is done is kept; once more ends at once …"));
  const lines = stageLines();
  let open: OpenRun | undefined;
  try {
    open = await openForWork(config, stop.signal);
    await requireItems(open);
    if (flags.dryRun) {
      const plan = await planRun(open);
      process.stdout.write(flags.json ? `${JSON.stringify(plan)}\n` : planText(plan));
      return;
    }
    const { ledger } = open;
    const results = await bringUpToDate(open, {
      stages,
      signal: stop.signal,
      onStage: (stage) => lines.begin(stage.doing, stage.unit),
      onProgress: (progress) => lines.update(progress, ledger),
    });
    lines.end();
    tellFailures(open, results);
    // Nothing at all of a stage: whoever called this has not got what was asked for.
    if (Object.values(results).some(({ done, failed }) => done === 0 && failed > 0)) process.exitCode = 1;
    // A stage alone leaves the pairs as they are.
    const pairs = flags.only === undefined ? await writePairs(open, { signal: stop.signal }) : null;
    if (flags.json)
      process.stdout.write(
        `${JSON.stringify({ stages: results, usage: ledger.rows(), pairs, directory: config.run.dir })}\n`,
      );
    else process.stdout.write(summaryText(results, pairs, ledger, config));
  } catch (error) {
    lines.end();
    ended(error, given);
  } finally {
    lines.end();
    await open?.close();
    stop.release();
  }
}

/** What ended the run, in words and as an exit code. */
function ended(error: unknown, given: string): void {
  if (error instanceof BudgetReached) {
    say(error.message);
    process.exitCode = EXIT_BUDGET;
    return;
  }
  if (error instanceof Interrupted) {
    say(
      `stopped with ${error.done} of ${counted(error.total, "item")} of this stage done; rpo run ${terminalText(given)} goes on from there`,
    );
    process.exitCode = EXIT_INTERRUPTED;
    return;
  }
  if (error instanceof ModelFailure)
    throw new CliError(`${error.message}. What is done is kept; the same command goes on from there`);
  throw error;
}

interface StageLines {
  begin(doing: string, unit: readonly [string, string]): void;
  update(progress: StageProgress, spent: Ledger): void;
  end(): void;
}

function stageLines(): StageLines {
  let line: ProgressLine | undefined;
  let many = "";
  const end = (): void => {
    line?.done();
    line = undefined;
  };
  return {
    begin(doing, unit) {
      end();
      say(doing);
      many = unit[1];
      line = progressLine(performance.now.bind(performance), process.stderr);
    },
    update: (progress, spent) => line?.update(() => stageProgressText(progress, many, spent)),
    end,
  };
}

function tellFailures({ store }: Construction, results: StageResults): void {
  for (const [stage, { failed }] of Object.entries(results)) {
    if (failed === 0) continue;
    say(`${stage}: ${counted(failed, "item")} failed and will be tried again by the next run:`);
    let shown = 0;
    for (const { id, cause } of store.stageItems.failed(stage)) {
      if (shown === Math.min(failed, SHOWN_FAILURES)) break;
      shown += 1;
      say(cutTo(SHOWN_COLUMNS, `  ${terminalText(id)}: ${terminalText(cause)}`));
    }
    if (failed > shown) say(`  and ${failed - shown} more: rpo items ${stage} --failed lists them`);
  }
}

function summaryText(
  results: StageResults,
  pairs: ConstructionPairs | null,
  spent: Ledger,
  { run }: RunConfig,
): string {
  const number = (value: number): string => value.toLocaleString("en-US");
  const lines = Object.entries(results).map(
    ([stage, { done, reused, failed }]) =>
      `${stage}: ${number(done)} done${reused > 0 ? `, ${number(reused)} of them before` : ""}${failed > 0 ? `, ${number(failed)} failed` : ""}`,
  );
  if (pairs !== null) {
    lines.push("", censusText(pairs.census, pairs.turns));
    lines.push(
      pairs.pairs === null
        ? "no turn was answered, so there are no pairs"
        : `${number(pairs.pairs.rows.train)} training and ${number(pairs.pairs.rows.validation)} validation rows in ${pairs.files.dataset}`,
    );
  }
  lines.push("", ledgerTable(spent), `kept in ${run.dir}`, "");
  return lines.join("\n");
}

export const command = new Command("run")
  .description(
    "Bring a run of data construction up to date: profiles and users, self-play, the policy's responses, verdicts, audited reverses, and\n" +
      "from them the turn table, the census, the pairs and their exports (docs/construction.md). What is done is not done again, and what\n" +
      "was answered is not paid for again: stop it at any time and start it again. CONFIG is an rpo.yaml, or a folder with one.",
  )
  .argument("[CONFIG]", "what is asked for; rpo init writes one", "rpo.yaml")
  .addOption(
    new Option("--only <STAGES>", `these stages alone, comma-separated: ${STAGES.join(", ")}`).argParser(
      namesAmong(STAGES),
    ),
  )
  .option(
    "--budget <AMOUNT>",
    "end cleanly before more is spent, by the prices in CONFIG (exit code 3)",
    positiveNumber,
  )
  .option("--votes <K>", "judgements of each constraint, an odd number, in place of judge.votes", oddNumber)
  .option("--dry-run", "say beforehand what the run will take: requests, tokens, cost")
  .option("--json", "end with one JSON object on standard output")
  .action((given: string, flags: RunFlags) => reportingSystemErrors(() => run(given, flags)));

/** @throws InputError for a name that is no stage */
export function stageName(given: string): StageName {
  const name = STAGES.find((one) => one === given);
  if (name === undefined)
    throw new InputError(`there is no stage ${JSON.stringify(given)}; there are ${STAGES.join(", ")}`);
  return name;
}
