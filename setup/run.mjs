// `npm run quickstart`, `npm test` and their kin: does whatever set-up is still missing, says what it does, then runs the
// task on the pinned Node.js. Plain JavaScript, so that an older Node.js (18 and up) can start it.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { chromiumStep } from "./chromium.mjs";
import { pythonStep, trlPythonStep, verifyPythonStep } from "./python.mjs";
import { PINNED_MAJOR, pinnedNode } from "./runtime.mjs";
import { SET_UP_STDIO } from "./set-up-stdio.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
process.chdir(ROOT);

/** A failed step: its message is all that the user needs. */
class SetupError extends Error {}

/** Runs a command to its end, its output shown; throws if it fails. */
function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, {
    stdio: SET_UP_STDIO,
    shell: process.platform === "win32",
    ...options,
  });
  if (error) throw new SetupError(`${command} could not be started: ${error.message}`);
  if (status !== 0)
    throw new SetupError(
      `${[command, ...args].join(" ")} failed (${signal ?? `exit ${status}`}); see its message above`,
    );
}

/** The environment of everything that runs here: the pinned Node.js comes first. */
function environment() {
  const node = pinnedNode();
  return node === null ? process.env : { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
}

const hashOf = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
/** Written when the dependencies are all there: an interrupted installation has none, and is done again. */
const STAMP = "node_modules/.rpo-installed";

const runtimeStep = {
  name: `Node.js ${PINNED_MAJOR} for this repository alone (kept in setup/runtime)`,
  done: () => pinnedNode() !== null,
  run: () => {
    run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: `${ROOT}/setup/runtime` });
    if (pinnedNode() === null)
      throw new SetupError(
        `no Node.js ${PINNED_MAJOR} package for ${process.platform}-${process.arch}; install Node.js ${PINNED_MAJOR} yourself and try again`,
      );
  },
};

const dependenciesStep = {
  name: "dependencies (npm ci, from the lockfile)",
  done: () => existsSync(STAMP) && readFileSync(STAMP, "utf8") === hashOf("package-lock.json"),
  run: () => {
    run("npm", ["ci", "--no-audit", "--no-fund"], { env: environment() });
    writeFileSync(STAMP, hashOf("package-lock.json"));
  },
};

const MODEL = "smollm2-135m";
const modelStep = {
  name: `the model file of ${MODEL}`,
  done: () => {
    const { status, stdout } = spawnSync(pinnedNode(), ["bin/rpo.mjs", "models", "list", "--json"], {
      encoding: "utf8",
    });
    return status === 0 && JSON.parse(stdout).some(({ name, cached }) => name === MODEL && cached);
  },
  run: () => run(pinnedNode(), ["bin/rpo.mjs", "models", "pull", MODEL], { env: environment() }),
  // The quickstart goes on from recorded responses, and says so, where no model can be had.
  optional: "no model file: going on without",
};

const tablesStep = {
  name: "tables of the evaluation (Punkt's parameters for English, langdetect's language profiles, Thai words, what IFBench counts by)",
  done: () => {
    const { status, stdout } = spawnSync(pinnedNode(), ["bin/rpo.mjs", "eval", "tables", "--json"], {
      encoding: "utf8",
    });
    return status === 0 && JSON.parse(stdout).every(({ cached }) => cached);
  },
  run: () => run(pinnedNode(), ["bin/rpo.mjs", "eval", "tables", "--pull"], { env: environment() }),
  // Tests that need them say so and are left out.
  optional: "no tables of the evaluation: going on without",
};

const BASE = [runtimeStep, dependenciesStep];
const SETUP = {
  base: BASE,
  model: [...BASE, modelStep],
  test: [...BASE, modelStep, tablesStep, pythonStep, trlPythonStep, chromiumStep],
  benchTrain: [...BASE, modelStep, trlPythonStep],
  benchVerify: [...BASE, tablesStep, verifyPythonStep],
};

const TASKS = {
  setup: { needs: SETUP.model, commands: [] },
  quickstart: { needs: SETUP.model, commands: [["bin/rpo.mjs", "quickstart"]], takesArguments: true },
  test: {
    needs: SETUP.test,
    commands: [
      ["node_modules/@biomejs/biome/bin/biome", "ci"],
      ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "."],
      ["node_modules/vitest/vitest.mjs", "run"],
    ],
    takesArguments: true,
  },
  bench: { needs: SETUP.model, commands: [["bench/run.ts"]], takesArguments: true },
  "bench:verify": { needs: SETUP.benchVerify, commands: [["bench/verify.ts"]], takesArguments: true },
  "bench:train": { needs: SETUP.benchTrain, commands: [["bench/train.ts"]], takesArguments: true },
};

async function prepare(steps) {
  for (const step of steps) {
    if (step.done()) continue;
    console.error(`set-up: installing ${step.name}`);
    const start = Date.now();
    try {
      await step.run();
      console.error(`set-up: done in ${((Date.now() - start) / 1000).toFixed(0)} s`);
    } catch (error) {
      if (step.optional === undefined) throw new SetupError(error.message);
      console.error(`set-up: ${error.message}\nset-up: ${step.optional}`);
    }
  }
}

/** Runs a command on the pinned Node.js; Ctrl-C goes to it, and its exit is awaited. */
function runNode(args) {
  return new Promise((resolve) => {
    const child = spawn(pinnedNode(), args, { stdio: "inherit", env: environment() });
    const ignore = () => {};
    process.on("SIGINT", ignore); // the terminal sends it to the child as well
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("exit", (code, signal) => {
      process.off("SIGINT", ignore);
      resolve(code ?? (signal === "SIGINT" ? 130 : 1));
    });
  });
}

async function main([name, ...rest]) {
  const task = TASKS[name];
  if (task === undefined) throw new SetupError(`no task "${name}"; there are: ${Object.keys(TASKS).join(", ")}`);
  await prepare(task.needs);
  for (const [i, command] of task.commands.entries()) {
    const last = i === task.commands.length - 1;
    const code = await runNode([...command, ...(last && task.takesArguments ? rest : [])]);
    if (code !== 0) return code;
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupError ? `set-up failed: ${error.message}` : error);
  process.exitCode = 1;
}
