// Asks pip where a wheel is: pip knows the package index, mirror, proxy and certificates that this machine is set up with,
// so that none is named here. Nothing is installed. Ignores what is in the wheel.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** Runs `python -m pip` with these arguments. @throws when there is no Python. */
export type Pip = (args: readonly string[], signal?: AbortSignal) => Promise<PipResult>;

export interface PipResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a wheel is: an address, or a file of this machine. */
export type WheelLocation =
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly file: string };

/** The Python package index gives no such wheel: no pip, no network, or another file than the one pinned. */
export class WheelIndexError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WheelIndexError";
  }
}

/** pip tries a mirror that doesn't answer for minutes; one that answers takes a second or two. */
const PIP_TIMEOUT_MS = 120_000;

const reportSchema = z.object({
  install: z
    .array(
      z.object({
        download_info: z.object({
          url: z.string(),
          archive_info: z.object({
            hash: z.string().optional(),
            hashes: z.record(z.string(), z.string()).optional(),
          }),
        }),
      }),
    )
    .length(1),
});

/**
 * Finds a wheel.
 * @param sha256 what the wheel must hash to; an index that states another hash is refused before anything is fetched.
 * @throws WheelIndexError saying what to do.
 */
export async function findWheel(
  {
    distribution,
    version,
    sha256,
  }: { readonly distribution: string; readonly version: string; readonly sha256: string },
  pip: Pip,
  signal?: AbortSignal,
): Promise<WheelLocation> {
  const wanted = `${distribution}==${version}`;
  const result = await pip(
    [
      "install",
      "--dry-run",
      "--ignore-installed",
      "--no-deps",
      "--only-binary=:all:",
      "--no-input",
      "--quiet",
      "--disable-pip-version-check",
      "--report=-",
      wanted,
    ],
    signal,
  );
  if (result.code !== 0)
    throw new WheelIndexError(`pip finds no ${wanted}: ${lastError(result.stderr)} (pip 22.2 or newer is needed)`);
  const report = parseReport(result.stdout, wanted);
  const { url, archive_info: archive } = report.install[0]!.download_info;
  const stated = archive.hashes?.sha256 ?? /^sha256=([0-9a-f]{64})$/.exec(archive.hash ?? "")?.[1];
  if (stated !== undefined && stated !== sha256)
    throw new WheelIndexError(`the package index has another ${wanted}: SHA-256 ${stated}, expected ${sha256}`);
  if (url.startsWith("file:")) return { file: fileURLToPath(url) };
  return withoutCredentials(url);
}

/** The certificate file that pip is configured with, or null. */
export async function pipCertificate(pip: Pip, signal?: AbortSignal): Promise<string | null> {
  const result = await pip(["config", "get", "global.cert"], signal);
  return result.code === 0 ? result.stdout.trim() || null : null;
}

function parseReport(text: string, wanted: string): z.output<typeof reportSchema> {
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new WheelIndexError(`pip's report on ${wanted} can't be read: pip 22.2 or newer is needed`, { cause: error });
  }
}

/** fetch takes no user and password in an address; a mirror may have them there. */
export function withoutCredentials(address: string): {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const url = new URL(address);
  const { username, password } = url;
  url.hash = "";
  if (username === "") return { url: url.href, headers: {} };
  url.username = "";
  url.password = "";
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url: url.href, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}

const lastError = (stderr: string): string =>
  stderr
    .split("\n")
    .findLast((line) => line.startsWith("ERROR:"))
    ?.slice("ERROR:".length)
    .trim() ??
  stderr.trim().split("\n").at(-1) ??
  "";

/** pip of the first Python that there is. */
export const systemPip: Pip = async (args, signal) => {
  for (const python of ["python3", "python"]) {
    const result = await run(python, ["-m", "pip", ...args], signal);
    if (result !== null) return result;
  }
  throw new WheelIndexError("no Python found: install Python 3.9 or newer with pip, or fetch the model file by hand");
};

function run(program: string, args: readonly string[], signal: AbortSignal | undefined): Promise<PipResult | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], signal });
    // Not spawn's own time-out: where there is no such program, that would keep this process waiting for it.
    const timer = setTimeout(() => child.kill(), PIP_TIMEOUT_MS);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (signal?.aborted) reject(signal.reason);
      else if (error.code === "ENOENT") resolve(null);
      else reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, stdout, stderr });
    });
  });
}
