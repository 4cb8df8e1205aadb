// Finds a Python that environments can be made from: of a version for which the pinned packages have wheels, with its module venv.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InputError } from "../dataset/input-error.ts";
import type { Environment } from "../model/model-cache.ts";

/** Python 3's minor versions, the one that is tested first. */
const MINORS = [11, 12, 13];
/** An interpreter on a slow disk answers in seconds. */
const TIMEOUT_MS = 60_000;

const QUESTION = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
const VERSION = "import sys; print('%d.%d' % sys.version_info[:2])";

/**
 * @param asked an interpreter by name or path; null looks on PATH
 * @throws InputError where there is none, of another version, or without venv; says what to do
 */
export async function basePython(asked: string | null, env: Environment): Promise<string> {
  const names = asked === null ? [...MINORS.map((minor) => `python3.${minor}`), "python3", "python"] : [asked];
  const found: string[] = [];
  for (const name of names) {
    const version = await answer(name, VERSION, env);
    if (version === null) continue;
    if (!MINORS.some((minor) => version === `3.${minor}`)) {
      found.push(`${name} is ${version}`);
      continue;
    }
    if ((await answer(name, QUESTION, env)) !== null) return name;
    found.push(`${name} lacks the modules venv and ensurepip (Debian: apt-get install python3-venv)`);
  }
  const have = found.length > 0 ? found.join(", ") : `none found ${asked === null ? "on PATH" : `as ${asked}`}`;
  throw new InputError(
    `Python 3.${MINORS[0]} to 3.${MINORS.at(-1)} is needed (${have}); install one, or name it by --python`,
  );
}

async function answer(python: string, code: string, env: Environment): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(python, ["-c", code], { env, timeout: TIMEOUT_MS });
    return stdout.trim();
  } catch {
    return null;
  }
}
