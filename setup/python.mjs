// The Python environment `.venv/` that test/exports.test.ts reads our exports back in (plain JavaScript: it must load on
// any Node.js ≥ 18). What is in it is pinned in test/python/requirements.txt; a change there makes it anew.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VENV = join(ROOT, ".venv");
const REQUIREMENTS = join(ROOT, "test", "python", "requirements.txt");
/** Holds the hash of the requirements that were installed; written last, so that a broken installation is made again. */
const STAMP = join(VENV, "requirements.sha256");

/** The pinned versions of NumPy and pandas have wheels for these Python 3 minor versions; 3.11 is what we test with. */
const MINORS = [11, 12, 13];

/** Imported once after the installation: what fails here would fail every test later, less clearly. */
const IMPORTS = ["torch", "datasets", "pandas", "transformers", "trl", "llamafactory", "openai"];

/** Path of the environment's interpreter, made or not. */
export const venvPython =
  process.platform === "win32" ? join(VENV, "Scripts", "python.exe") : join(VENV, "bin", "python");

const wantedStamp = () => createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");

const answers = (python, code) => {
  const child = spawnSync(python, ["-c", code], { encoding: "utf8" });
  return child.status === 0 ? child.stdout.trim() : null;
};

function findPython() {
  const names = [...MINORS.map((minor) => `python3.${minor}`), "python3", "python"];
  const found = [];
  for (const name of names) {
    const version = answers(name, "import sys; print('%d.%d' % sys.version_info[:2])");
    if (version === null) continue;
    if (MINORS.some((minor) => version === `3.${minor}`)) return name;
    found.push(`${name} is ${version}`);
  }
  const have = found.length > 0 ? found.join(", ") : "none found on PATH";
  throw new Error(
    `The export tests need Python 3.${MINORS[0]} to 3.${MINORS.at(-1)} (${have}). ` +
      "Install one (Debian: apt-get install python3 python3-venv) and run the command again.",
  );
}

function ensureVenvModule(python) {
  const present = () => answers(python, "import venv, ensurepip") !== null;
  if (present()) return;
  const onPath = (name) => (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
  if (process.getuid?.() === 0 && onPath("apt-get")) {
    console.error("  installing Debian's python3-venv");
    const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
    spawnSync("apt-get", ["update", "-q"], options);
    spawnSync("apt-get", ["install", "-y", "-q", "python3-venv"], options);
    if (present()) return;
  }
  throw new Error(
    `${python} lacks the modules venv and ensurepip. On Debian: apt-get install python3-venv. Then run the command again.`,
  );
}

function must(command, args, hint) {
  const child = spawnSync(command, args, { stdio: "inherit", cwd: ROOT });
  if (child.status === 0) return;
  const how = child.error !== undefined ? child.error.message : `exit ${child.status ?? child.signal}`;
  throw new Error(`${command} ${args.join(" ")} failed (${how}). ${hint}`);
}

/** A set-up step: makes `.venv/` from the pinned requirements where it is missing, broken or out of date (about 1.5 GB). */
export const pythonStep = {
  name: "Python environment of the export tests",

  /** True when `.venv/` holds what test/python/requirements.txt asks for. */
  done() {
    return existsSync(venvPython) && existsSync(STAMP) && readFileSync(STAMP, "utf8").trim() === wantedStamp();
  },

  /** Makes the environment from nothing. Throws an Error that says what to do when it cannot. */
  run() {
    const python = findPython();
    ensureVenvModule(python);
    rmSync(VENV, { recursive: true, force: true });
    must(python, ["-m", "venv", VENV], "The folder .venv could not be made.");
    console.error("  installing the pinned Python packages (1.5 GB; 1 to 4 minutes)");
    const quiet = ["--quiet", "--quiet", "--no-input", "--disable-pip-version-check"];
    must(
      venvPython,
      ["-m", "pip", "install", ...quiet, "--no-deps", "--requirement", REQUIREMENTS],
      "See pip's message above; a network error mends itself on the next try.",
    );
    if (answers(venvPython, "import torch") === null) {
      // PyPI's own build of torch for Linux does not load without CUDA's libraries; a CPU build, where pip is pointed at one, does.
      console.error("  pip found no CPU build of torch: adding CUDA's libraries to the other one (several GB)");
      must(
        venvPython,
        ["-m", "pip", "install", ...quiet, "--constraint", REQUIREMENTS, "torch"],
        "To spare them, point pip's find-links at PyTorch's CPU wheels and run again.",
      );
    }
    must(venvPython, ["-c", `import ${IMPORTS.join(", ")}`], "A package is broken; remove .venv and run again.");
    writeFileSync(STAMP, `${wantedStamp()}\n`);
  },
};
