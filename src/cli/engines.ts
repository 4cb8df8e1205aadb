// `rpo engines`: the Python environments of the PyTorch engines. The work is in engine/install-engine.ts.
import { Argument, Command, Option } from "commander";
import { type EngineEnvironment, engineEnvironment, enginesDirectory } from "../engine/engine-environment.ts";
import { ENGINE_NAMES, ENGINE_TITLES, type EngineName } from "../engine/engine-name.ts";
import { BUILDS, type Build, type InstallProgress, installEngine } from "../engine/install-engine.ts";
import { CliError } from "./cli-error.ts";
import { duration, progressLine } from "./progress-line.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface InstallFlags {
  readonly dir?: string;
  readonly build: Build;
  readonly python?: string;
  readonly fresh?: true;
  readonly json?: true;
}

const DIRECTORY = [
  "--dir <DIR>",
  "folder of the environments, one a folder in it (default: RPO_ENGINES, or engines/ in the cache)",
] as const;

async function install(engine: EngineName, pipArguments: readonly string[], flags: InstallFlags): Promise<void> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const say = (text: string): void => {
    progress.done();
    process.stderr.write(`${text}\n`);
  };
  const start = performance.now();
  const stop = stopOnSignal(() => say("stopping; what is installed is kept …"));
  try {
    const location = { env: process.env, directory: flags.dir };
    const before = await engineEnvironment(engine, location);
    const made = await installEngine(engine, {
      ...location,
      build: flags.build,
      python: flags.python ?? null,
      pipArguments,
      fresh: flags.fresh === true,
      signal: stop.signal,
      onNotice: say,
      onProgress: (now) => progress.update((seconds) => `${engine}: ${progressText(now)}, ${duration(seconds)}`),
    });
    progress.done();
    if (made.state !== "ready") throw new CliError(`${made.folder}: was not completed; start the same command again`);
    if (before.state !== "ready" || flags.fresh) say(`made in ${duration((performance.now() - start) / 1000)}`);
    process.stdout.write(flags.json ? `${JSON.stringify(made)}\n` : `${line(made)}\n`);
  } catch (error) {
    if (!(stop.signal.aborted && error === stop.signal.reason)) throw error;
    say(`${engine}: stopped; the same command goes on from there`);
    process.exitCode = EXIT_INTERRUPTED;
  } finally {
    progress.done();
    stop.release();
  }
}

function progressText({ stage, done, of, fetching }: InstallProgress): string {
  if (stage === "environment") return "making the environment";
  if (stage === "check") return "looking at what came of it";
  if (stage === "files") return `putting ${of} packages in their places`;
  return `package ${done} of ${of}${fetching === null ? "" : `: ${fetching}`}`;
}

/** An environment in a line: "trl  ready  trl 1.16.0, torch 2.13.0+cpu, Python 3.11.7  /…". */
function line({ engine, folder, state, stamp }: EngineEnvironment): string {
  const name = engine.padEnd(Math.max(...ENGINE_NAMES.map(({ length }) => length)));
  if (stamp === null) return `${name}  not installed  \`rpo engines install ${engine}\``;
  const versions = Object.entries(stamp.versions).filter(
    ([package_]) => package_ === "trl" || package_ === "llamafactory",
  );
  const what = [...versions, ["torch", stamp.torch], ["Python", stamp.python]].map((pair) => pair.join(" ")).join(", ");
  const how = state === "ready" ? "ready" : `outdated: \`rpo engines install ${engine}\``;
  return `${name}  ${how}  ${what}  ${folder}`;
}

const installCommand = new Command("install")
  .description(
    "make the environment of an engine, or go on making it: 1.5 GB, 1 to 5 minutes; several GB more with CUDA",
  )
  .addArgument(new Argument("<engine>", "which").choices(ENGINE_NAMES))
  .argument("[pip...]", "after --, passed on to pip: --find-links, --index-url, …")
  .option(...DIRECTORY)
  .addOption(
    new Option("--build <BUILD>", "build of torch; auto: CUDA's where nvidia-smi tells of a graphics processor")
      .choices(BUILDS)
      .default("auto"),
  )
  .option("--python <PATH>", "interpreter that it is made from, 3.11 to 3.13 (default: one that is on PATH)")
  .option("--fresh", "make it anew")
  .option("--json", "end with one JSON object on standard output")
  .addHelpText(
    "after",
    `
Every version is pinned. Those are the versions in which \`rpo doctor --engine\` has proved that a pair's margin reaches the
loss; no other is trained on. Packages come from where pip's configuration says; so does the build of torch.`,
  )
  .action((engine: EngineName, pip: readonly string[], flags: InstallFlags) =>
    reportingSystemErrors(() => install(engine, pip, flags)),
  );

const listCommand = new Command("list")
  .description("engines, what is installed of them, and where")
  .option(...DIRECTORY)
  .option("--json", "print one JSON array")
  .action(async ({ dir, json = false }: { dir?: string; json?: boolean }) => {
    const location = { env: process.env, directory: dir };
    const states: EngineEnvironment[] = [];
    for (const engine of ENGINE_NAMES) states.push(await engineEnvironment(engine, location));
    if (json) process.stdout.write(`${JSON.stringify(states, null, 2)}\n`);
    else process.stdout.write(`${states.map(line).join("\n")}\nin ${enginesDirectory(location)}\n`);
  });

export const command = new Command("engines")
  .description(
    `Python environments of the engines that train with PyTorch: ${Object.values(ENGINE_TITLES).join(" and ")}, each with locked versions`,
  )
  .addCommand(installCommand)
  .addCommand(listCommand);
