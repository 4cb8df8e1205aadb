// Makes an engine's Python environment from its locked requirements (about 1.5 GB): a virtual environment, pip, a look at what came of
// it, a stamp. What is there already stays, so that the same call goes on where an earlier one stopped. No package index is named
// here: pip's own configuration, or what the caller passes on to it, says where packages and which build of torch come from.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { withFileLock } from "../model/file-lock.ts";
import { listGpus } from "../vllm/gpus.ts";
import { basePython } from "./base-python.ts";
import {
  type EngineEnvironment,
  type EngineLocation,
  type EngineStamp,
  engineEnvironment,
  enginesDirectory,
  interpreterOf,
  PACKAGE_SOURCES,
  requirementsFile,
  requirementsHash,
  STAMP,
} from "./engine-environment.ts";
import type { EngineName } from "./engine-name.ts";

/** Which build of torch: the CPU's, CUDA's, or CUDA's where nvidia-smi tells of a graphics processor. */
export const BUILDS = ["auto", "cpu", "cuda"] as const;
export type Build = (typeof BUILDS)[number];

export interface InstallOptions extends EngineLocation {
  readonly build: Build;
  /** Interpreter that the environment is made from; null looks for one. */
  readonly python: string | null;
  /** Passed on to pip, such as --find-links with a folder of torch's builds. */
  readonly pipArguments: readonly string[];
  /** Make it anew. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InstallProgress) => void;
  readonly onNotice: (notice: string) => void;
}

export interface InstallProgress {
  readonly stage: "environment" | "packages" | "files" | "check";
  /** Packages that pip has looked at, of all. */
  readonly done: number;
  readonly of: number;
  /** What is being fetched, as pip says it; null where nothing is. */
  readonly fetching: string | null;
}

/** Lines of pip's output that are shown where it fails. */
const SHOWN_LINES = 12;

/** Printed as one line of JSON by the new interpreter. */
const found = z.object({
  python: z.string(),
  torch: z.string(),
  cuda: z.string().nullable(),
  gpus: z.int(),
  versions: z.record(z.string(), z.string()),
});

const LOOK = `
import json, platform, sys
from rpo_engines.versions import check_versions
versions = check_versions(sys.argv[1])
import torch
print(json.dumps({"python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda,
                  "gpus": torch.cuda.device_count() if torch.cuda.is_available() else 0, "versions": versions}))
`;

/**
 * Makes an engine's environment, or goes on making it; returns what is there where it is whole.
 * @throws InputError where Python is missing or pip fails, with pip's last lines; the signal's reason
 */
export async function installEngine(engine: EngineName, options: InstallOptions): Promise<EngineEnvironment> {
  const folder = join(enginesDirectory(options), engine);
  const onWait = (holder: number): void => options.onNotice(`${folder}: process ${holder} is at work there; waiting …`);
  return await withFileLock(folder, () => install(engine, folder, options), { signal: options.signal, onWait });
}

async function install(engine: EngineName, folder: string, options: InstallOptions): Promise<EngineEnvironment> {
  const { env, signal, onProgress, onNotice } = options;
  const before = await engineEnvironment(engine, options);
  if (before.state === "ready" && !options.fresh) return before;
  const wantsCuda = options.build === "cuda" || (options.build === "auto" && (await hasGpu()));
  const base = await basePython(options.python, env);
  if (options.fresh) await rm(folder, { recursive: true, force: true });
  // While an environment changes it is not whole.
  await rm(join(folder, STAMP), { force: true });
  await mkdir(folder, { recursive: true });

  const list = requirementsFile(engine);
  const of = (await readFile(list, "utf8")).split("\n").filter((line) => /^[^#\s-]/.test(line)).length;
  onProgress({ stage: "environment", done: 0, of, fetching: null });
  const run = (executable: string, args: readonly string[], onLine?: (line: string) => void): Promise<void> =>
    runToEnd(executable, args, { env, signal, ...(onLine && { onLine }) });
  await run(base, ["-m", "venv", folder]);
  const python = interpreterOf(folder);

  let done = 0;
  const pip = (args: readonly string[]): Promise<void> => {
    const all = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"];
    return run(python, [...all, ...options.pipArguments, ...args], (line) => {
      const isFiles = line.startsWith("Installing collected packages");
      if (/^(?:Collecting|Requirement already satisfied|Processing|Looking in links)/.test(line)) done += 1;
      const fetching = /^\s*(?:Downloading|Using cached) (.+)$/.exec(line)?.[1] ?? null;
      onProgress({ stage: isFiles ? "files" : "packages", done: Math.min(done, of), of, fetching });
    });
  };
  await pip(["--no-deps", "--requirement", list]);
  // A build for CUDA that finds none of CUDA's libraries does not load; with --no-deps pip brought none.
  const loads = await answers(python, env, "import torch");
  if (!loads || wantsCuda) {
    if (!loads && !wantsCuda)
      onNotice(
        "pip found no CPU build of torch: adding CUDA's libraries (several GB). To spare them, pass on to pip where " +
          "PyTorch's CPU wheels are: rpo engines install … -- --find-links FOLDER_OR_PAGE",
      );
    await pip(["--constraint", list, "torch"]);
  }
  const packages = await output(python, env, "import sysconfig; print(sysconfig.get_path('purelib'))");
  // So that scripts find the package without PYTHONPATH.
  await writeFile(join(packages, "rpo-engines.pth"), `${PACKAGE_SOURCES}\n`);

  onProgress({ stage: "check", done: of, of, fetching: null });
  const { gpus, ...state } = await look(engine, python, env);
  if (wantsCuda && gpus === 0)
    onNotice(
      `torch ${state.torch} finds no graphics processor, so training is on the CPU. ` +
        (state.cuda === null
          ? `It is a CPU build: pass on to pip where CUDA's is, rpo engines install ${engine} --fresh -- --find-links FOLDER_OR_PAGE`
          : `It was built for CUDA ${state.cuda}: is the driver older? nvidia-smi tells its version`),
    );
  const stamped: EngineStamp = { engine, requirements: requirementsHash(list), ...state };
  await writeFile(join(folder, STAMP), `${JSON.stringify(stamped, null, 2)}\n`);
  return await engineEnvironment(engine, options);
}

async function look(engine: EngineName, python: string, env: EngineLocation["env"]): Promise<z.output<typeof found>> {
  try {
    return found.parse(JSON.parse(await output(python, env, LOOK, [engine])));
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const said = stderr?.trim().split("\n").at(-1) ?? (error as Error).message;
    throw new InputError(`${python}: the packages are there and can't be used: ${said}; --fresh makes them anew`);
  }
}

/** Whether nvidia-smi tells of a graphics processor. */
const hasGpu = (): Promise<boolean> =>
  listGpus().then(
    (gpus) => gpus.length > 0,
    () => false,
  );

const output = (
  python: string,
  env: EngineLocation["env"],
  code: string,
  args: readonly string[] = [],
): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(python, ["-c", code, ...args], { env }, (error, stdout, stderr) =>
      error === null ? resolve(stdout.trim()) : reject(Object.assign(error, { stderr })),
    );
  });

const answers = (python: string, env: EngineLocation["env"], code: string): Promise<boolean> =>
  output(python, env, code).then(
    () => true,
    () => false,
  );

interface RunOptions {
  readonly env: EngineLocation["env"];
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end. @throws InputError with its last lines where it fails; the signal's reason */
async function runToEnd(
  executable: string,
  args: readonly string[],
  { env, signal, onLine }: RunOptions,
): Promise<void> {
  signal.throwIfAborted();
  const last: string[] = [];
  // A group of its own: a terminal's Ctrl-C would end pip in the middle of a file before we hear of it.
  const child: ChildProcess = spawn(executable, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on("line", (raw) => {
      const line = stripVTControlCharacters(raw).trimEnd();
      if (line === "") return;
      last.push(line);
      if (last.length > SHOWN_LINES) last.shift();
      onLine?.(line);
    });
  }
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit, by) => resolve(exit ?? by ?? 1));
    });
    signal.throwIfAborted();
    if (code === 0) return;
    const isFull = last.some((line) => /No space left on device/.test(line));
    const advice = isFull
      ? "the disk is full: an environment needs 1.5 GB, with CUDA's libraries 7 GB"
      : "the same command goes on from there; a network error mends itself on the next try";
    throw new InputError(`${[executable, ...args].join(" ")} failed (${code}): ${advice}\n${last.join("\n")}`);
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw new InputError(`${executable}: ${error.message}`);
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
