// The Python environments of this repository (plain JavaScript: it must load on any Node.js ≥ 18): `.venv/` holds what the
// tests compare with, LLaMA-Factory among it; `.venv-trl/` TRL's newest version, which can't share an environment with
// LLaMA-Factory, for the tests of its engine and as the yardstick of the training bench; `.venv-verify/` the official programs of benchmarks, the
// yardstick of the verification bench. What is in each is pinned in a list of requirements; a change there makes it anew.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SET_UP_STDIO } from "./set-up-stdio.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The pinned versions of NumPy and pandas have wheels for these Python 3 minor versions; 3.11 is what we test with. */
const MINORS = [11, 12, 13];

/** Path of an environment's interpreter, made or not. */
const interpreter = (folder) =>
  process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");

/** A list of requirements with the lists that it takes in by `-r`. */
function wholeList(file) {
  const text = readFileSync(file, "utf8");
  return text.replace(/^-r (.+)$/gm, (_, other) => wholeList(join(dirname(file), other.trim())));
}

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
    `The tests need Python 3.${MINORS[0]} to 3.${MINORS.at(-1)} (${have}). ` +
      "Install one (Debian: apt-get install python3 python3-venv) and run the command again.",
  );
}

function ensureVenvModule(python) {
  const present = () => answers(python, "import venv, ensurepip") !== null;
  if (present()) return;
  const onPath = (name) => (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
  if (process.getuid?.() === 0 && onPath("apt-get")) {
    console.error("  installing Debian's python3-venv");
    const options = { stdio: SET_UP_STDIO, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
    spawnSync("apt-get", ["update", "-q"], options);
    spawnSync("apt-get", ["install", "-y", "-q", "python3-venv"], options);
    if (present()) return;
  }
  throw new Error(
    `${python} lacks the modules venv and ensurepip. On Debian: apt-get install python3-venv. Then run the command again.`,
  );
}

function must(command, args, hint) {
  const child = spawnSync(command, args, { stdio: SET_UP_STDIO, cwd: ROOT });
  if (child.status === 0) return;
  const how = child.error !== undefined ? child.error.message : `exit ${child.status ?? child.signal}`;
  throw new Error(`${command} ${args.join(" ")} failed (${how}). ${hint}`);
}

const PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))";

/**
 * Takes a package over from another environment by hard links, where it is there in a version that the list names: half of an
 * environment's 1.5 GB is torch, and pip then finds it installed. Leaves it to pip where links can't be made. Its programs in bin/
 * are left out.
 */
function share(name, { from, to, list }) {
  const [source, target] = [from, to].map((python) => (existsSync(python) ? answers(python, PACKAGES) : null));
  const wanted = new RegExp(`^${name}==(\\S+)$`, "m").exec(list)?.[1];
  if (source === null || target === null || wanted === undefined) return;
  const isIt = (entry) => entry.endsWith(".dist-info") && entry.slice(0, -10).split("+")[0] === `${name}-${wanted}`;
  const about = readdirSync(source).find(isIt);
  if (about === undefined) return;
  const record = readFileSync(join(source, about, "RECORD"), "utf8");
  // The record itself goes last: without it pip knows of no package.
  const files = record.split("\n").flatMap((line) => (/^[^,]+/.exec(line)?.[0] ?? "").replace(/^"|"$/g, "") || []);
  const own = files.filter((file) => !file.startsWith("..") && existsSync(join(source, file)));
  try {
    for (const file of own.sort((a, b) => a.endsWith("/RECORD") - b.endsWith("/RECORD"))) {
      mkdirSync(dirname(join(target, file)), { recursive: true });
      linkSync(join(source, file), join(target, file));
    }
  } catch {
    rmSync(join(target, about), { recursive: true, force: true });
  }
}

/**
 * A set-up step: makes an environment from pinned requirements where it is missing, broken or out of date.
 * `size` is what it takes, and how long.
 * `imports` are imported once after the installation: what fails here would fail later, less clearly. `shared` names packages that
 * may be taken over from the environment `from`.
 */
function environmentStep({
  name,
  folder,
  requirements,
  imports,
  size = "1.5 GB; 1 to 4 minutes",
  shared = [],
  from = "",
}) {
  const venv = join(ROOT, folder);
  const list = join(ROOT, requirements);
  const python = interpreter(venv);
  /** Holds the hash of the requirements that were installed; written last, so that a broken installation is made again. */
  const stamp = join(venv, "requirements.sha256");
  const wanted = () => createHash("sha256").update(wholeList(list)).digest("hex");
  return {
    name,

    /** True when the environment holds what its requirements ask for. */
    done: () => existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8").trim() === wanted(),

    /** Makes the environment from nothing. Throws an Error that says what to do when it cannot. */
    run() {
      const base = findPython();
      ensureVenvModule(base);
      rmSync(venv, { recursive: true, force: true });
      must(base, ["-m", "venv", venv], `The folder ${folder} could not be made.`);
      for (const one of shared) share(one, { from: interpreter(join(ROOT, from)), to: python, list: wholeList(list) });
      console.error(`  installing the pinned Python packages (${size})`);
      const quiet = ["--quiet", "--quiet", "--no-input", "--disable-pip-version-check"];
      must(
        python,
        ["-m", "pip", "install", ...quiet, "--no-deps", "--requirement", list],
        "See pip's message above; a network error mends itself on the next try.",
      );
      if (imports.includes("torch") && answers(python, "import torch") === null) {
        // PyPI's own build of torch for Linux does not load without CUDA's libraries; a CPU build, where pip is pointed at one, does.
        console.error("  pip found no CPU build of torch: adding CUDA's libraries to the other one (several GB)");
        must(
          python,
          ["-m", "pip", "install", ...quiet, "--constraint", list, "torch"],
          "To spare them, point pip's find-links at PyTorch's CPU wheels and run again.",
        );
      }
      must(python, ["-c", `import ${imports.join(", ")}`], `A package is broken; remove ${folder} and run again.`);
      writeFileSync(stamp, `${wanted()}\n`);
    },
  };
}

const TESTS = ".venv";
const TRL = ".venv-trl";
const VERIFY = ".venv-verify";

/** Interpreters of the environments. */
export const venvPython = interpreter(join(ROOT, TESTS));
export const trlPython = interpreter(join(ROOT, TRL));
export const verifyPython = interpreter(join(ROOT, VERIFY));

export const pythonStep = environmentStep({
  name: "Python environment of the tests",
  folder: TESTS,
  requirements: "test/python/requirements.txt",
  imports: ["torch", "datasets", "pandas", "transformers", "trl", "llamafactory", "openai"],
});

export const trlPythonStep = environmentStep({
  name: "Python environment of the TRL engine",
  folder: TRL,
  requirements: "engines/requirements/trl.txt",
  imports: ["torch", "datasets", "transformers", "trl", "peft"],
  shared: ["torch", "pyarrow"],
  from: TESTS,
});

export const verifyPythonStep = environmentStep({
  name: "Python environment of the verification bench",
  folder: VERIFY,
  requirements: "bench/verify/requirements.txt",
  imports: ["nltk", "langdetect", "immutabledict", "emoji", "pythainlp"],
  size: "200 MB; half a minute",
});
