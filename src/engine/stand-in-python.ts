// A program that behaves as Python does towards whoever makes an engine's environment, for tests: answers the questions about itself,
// makes a folder for `-m venv` in which it is the interpreter again, and for `-m pip install` prints what pip prints. Goes wrong as
// STAND_IN (JSON) says. Installs nothing.
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

interface Behaviour {
  /** File that every call adds its arguments to, a line of JSON each. */
  readonly record: string;
  /** What it says it is; 3.11 by default. */
  readonly version?: string;
  /** pip ends with an error while this file is not there, and makes it. */
  readonly failOnceFile?: string;
  /** torch loads only once pip has been asked for it by name, as a CUDA build does. */
  readonly torchNeedsLibraries?: boolean;
  /** pip takes so long. */
  readonly pipMs?: number;
  /** What the check of versions says on stderr, before it fails. */
  readonly wrong?: string;
}

const behaviour = JSON.parse(process.env.STAND_IN ?? "{}") as Behaviour;
/** The script that was called by the name of an interpreter. */
const [self = "", ...args] = process.argv.slice(2);
appendFileSync(behaviour.record, `${JSON.stringify(args)}\n`);
const libraries = join(dirname(self), "torch-libraries");

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

if (args[0] === "-m" && args[1] === "venv") {
  const bin = join(args[2] ?? "", "bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync(self, join(bin, "python"));
  chmodSync(join(bin, "python"), 0o755);
} else if (args[0] === "-m" && args[1] === "pip") {
  process.stdout.write("Collecting alpha==1.0\n  Downloading alpha-1.0.whl (1.5 MB)\nCollecting beta==2.0\n");
  if (behaviour.pipMs !== undefined) await delay(behaviour.pipMs);
  const { failOnceFile } = behaviour;
  if (failOnceFile !== undefined && !existsSync(failOnceFile)) {
    writeFileSync(failOnceFile, "");
    fail("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device");
  }
  if (args.includes("torch")) writeFileSync(libraries, "");
  process.stdout.write("Installing collected packages: alpha, beta\n");
} else if (args[0] === "-c") {
  const code = args[1] ?? "";
  if (code.includes("check_versions")) {
    if (behaviour.wrong !== undefined) fail(`Traceback (most recent call last):\n${behaviour.wrong}`);
    const state = { python: "3.11.7", torch: "2.13.0+cpu", cuda: null, gpus: 0, versions: { trl: "1.16.0" } };
    process.stdout.write(`${JSON.stringify(state)}\n`);
  } else if (code.includes("purelib")) {
    const packages = join(dirname(self), "..", "lib");
    mkdirSync(packages, { recursive: true });
    process.stdout.write(`${packages}\n`);
  } else if (code.includes("import torch")) {
    if (behaviour.torchNeedsLibraries && !existsSync(libraries)) fail("ImportError: libcudart.so.13");
  } else if (code.includes("version_info")) process.stdout.write(`${behaviour.version ?? "3.11"}\n`);
}
