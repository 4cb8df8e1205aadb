// The command `rpo`. Each command is a file beside this one, loaded only when it is asked for, so that `rpo --help` stays
// quick. Exit codes: 0 done, 1 the input or the work failed, 2 the command line is wrong.
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { InputError } from "../dataset/input-error.ts";
import { CliError } from "./cli-error.ts";

/** A file of this folder: it exports `command`, a commander command that prints to stdout and throws CliError. */
interface CommandModule {
  readonly command: Command;
}

const COMMANDS: Record<string, { summary: string; load: () => Promise<CommandModule> }> = {
  quickstart: {
    summary: "sample, judge, reverse, pair: a preference data set and a page",
    load: () => import("./quickstart.ts"),
  },
  init: { summary: "an rpo.yaml to begin with", load: () => import("./init.ts") },
  run: { summary: "data construction from profiles to pairs, by any models", load: () => import("./run.ts") },
  items: { summary: "what a stage of a run made, item by item", load: () => import("./items.ts") },
  import: { summary: "published data as a turn table", load: () => import("./import.ts") },
  bank: { summary: "what profiles are made of: import, filter, count", load: () => import("./bank.ts") },
  census: { summary: "cases and gaps of the response pairs of a turn table", load: () => import("./census.ts") },
  pairs: { summary: "a training set (RPO, DPO, KTO, SFT) from a turn table", load: () => import("./pairs.ts") },
  train: { summary: "an adapter from a training set, on this machine", load: () => import("./train.ts") },
  engines: {
    summary: "environments of TRL and LLaMA-Factory, with locked versions",
    load: () => import("./engines.ts"),
  },
  adapter: { summary: "adapters in other forms, and merged into their model", load: () => import("./adapter.ts") },
  check: { summary: "verdicts by code on a stream of responses", load: () => import("./check.ts") },
  constraint: {
    summary: "what one constraint is recognised as, and its reverse",
    load: () => import("./constraint.ts"),
  },
  judge: { summary: "how good a judge is: against code, and against itself", load: () => import("./judge.ts") },
  eval: { summary: "benchmarks, verdict for verdict as their programs", load: () => import("./eval.ts") },
  reverse: { summary: "reverses of free-text constraints, tried on responses", load: () => import("./reverse.ts") },
  serve: { summary: "a model by OpenAI's chat completions, adapters selectable", load: () => import("./serve.ts") },
  doctor: { summary: "what this machine can train, and how fast", load: () => import("./doctor.ts") },
  vllm: { summary: "run vLLM servers on this machine's graphics processors", load: () => import("./vllm.ts") },
  models: { summary: "fetch and list small models that run here", load: () => import("./models.ts") },
};

const version = (): string => JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

/** Wrong flags and arguments exit 2; help and version exit 0. */
const EXIT_USAGE = 2;

function strict(command: Command): Command {
  command.exitOverride().showSuggestionAfterError().showHelpAfterError("(--help tells more)");
  for (const child of command.commands) strict(child);
  return command;
}

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command("rpo")
    .description("Reverse Preference Optimization: from responses and constraints to noise-free preference data")
    .version(version());
  const named = argv[0] === "help" ? argv[1] : argv[0]; // `rpo help pairs` shows what `rpo pairs --help` does
  const wanted = named !== undefined && Object.hasOwn(COMMANDS, named) ? named : undefined;
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    if (name === wanted) program.addCommand((await load()).command.summary(summary));
    else program.command(name).summary(summary);
  }
  try {
    await strict(program).parseAsync([...argv], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error instanceof CliError || error instanceof InputError) {
      process.stderr.write(`rpo: ${error.message}\n`);
      return error instanceof CliError ? error.exitCode : 1;
    }
    throw error;
  }
}

// A reader that closes early (`rpo check … | head`) ends the program quietly.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
