// Where an engine's Python environment is, and whether it is whole: it has a stamp, written last, with the hash of the requirements
// that were installed. Ignores how it is made (install-engine.ts).
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { cacheDirectory, type Environment } from "../model/model-cache.ts";
import { ENGINE_NAMES, type EngineName } from "./engine-name.ts";

/** The folder engines/ of this package: the same from src/ and from dist/. */
const PACKAGE = fileURLToPath(new URL("../../engines", import.meta.url));

/** Sources of the Python package rpo_engines. */
export const PACKAGE_SOURCES = join(PACKAGE, "src");

/** The locked requirements of an engine. */
export const requirementsFile = (engine: EngineName): string => join(PACKAGE, "requirements", `${engine}.txt`);

/** SHA-256 (hex) of a list of requirements. */
export const requirementsHash = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

export const STAMP = "rpo-engine.json";

const stamp = z.object({
  engine: z.enum(ENGINE_NAMES),
  /** Of the list that was installed. */
  requirements: z.string(),
  /** Version of Python. */
  python: z.string(),
  /** Version of torch with its build, such as 2.13.0+cpu. */
  torch: z.string(),
  /** CUDA that torch was built for; null for a CPU build. */
  cuda: z.string().nullable(),
  /** Versions of the engine's packages. */
  versions: z.record(z.string(), z.string()),
});
export type EngineStamp = z.output<typeof stamp>;

export interface EngineEnvironment {
  readonly engine: EngineName;
  readonly folder: string;
  /** "outdated": made from another list of requirements than this version of rpo-kit has. */
  readonly state: "missing" | "outdated" | "ready";
  /** The interpreter; null where there is none that can be used. */
  readonly python: string | null;
  /** What is installed; null where it is missing. */
  readonly stamp: EngineStamp | null;
}

export interface EngineLocation {
  /** RPO_ENGINES, or RPO_CACHE and the system's cache directory, say where environments are. */
  readonly env: Environment;
  /** Folder of all environments, before what `env` says. */
  readonly directory?: string | undefined;
}

/** The folder that holds an environment for each engine. */
export const enginesDirectory = ({ env, directory }: EngineLocation): string =>
  directory ?? (env.RPO_ENGINES || join(cacheDirectory(env), "engines"));

/** The interpreter of a virtual environment, made or not. */
export const interpreterOf = (folder: string): string =>
  process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");

/** Looks at an engine's environment. */
export async function engineEnvironment(engine: EngineName, location: EngineLocation): Promise<EngineEnvironment> {
  const folder = join(enginesDirectory(location), engine);
  const python = interpreterOf(folder);
  const found = await readStamp(folder);
  if (found === null || found.engine !== engine || !(await exists(python)))
    return { engine, folder, state: "missing", python: null, stamp: null };
  const isCurrent = found.requirements === requirementsHash(requirementsFile(engine));
  return { engine, folder, state: isCurrent ? "ready" : "outdated", python: isCurrent ? python : null, stamp: found };
}

/**
 * The interpreter of an installed engine.
 * @throws InputError where it is missing or of another version; says how it is made
 */
export async function installedPython(engine: EngineName, location: EngineLocation): Promise<string> {
  const { folder, state, python } = await engineEnvironment(engine, location);
  if (python !== null) return python;
  const what = state === "missing" ? "is not installed" : "was installed for another version of rpo-kit";
  throw new InputError(`${engine} ${what} (${folder}): \`rpo engines install ${engine}\` makes its environment`);
}

/**
 * The variables under which an interpreter finds rpo_engines, whether the environment is ours or the user's: its sources come first
 * on PYTHONPATH. Telemetry of the libraries is off.
 */
export function engineVariables(env: Environment): Record<string, string | undefined> {
  const before = env.PYTHONPATH ? [env.PYTHONPATH] : [];
  return {
    ...env,
    PYTHONPATH: [PACKAGE_SOURCES, ...before].join(delimiter),
    PYTHONUNBUFFERED: "1",
    HF_HUB_DISABLE_TELEMETRY: env.HF_HUB_DISABLE_TELEMETRY ?? "1",
  };
}

async function readStamp(folder: string): Promise<EngineStamp | null> {
  try {
    return stamp.parse(JSON.parse(await readFile(join(folder, STAMP), "utf8")));
  } catch {
    return null;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
