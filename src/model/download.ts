// Downloads one file so that a break costs nothing: bytes go to `<path>.part`, which outlives Ctrl-C, a dropped connection
// and a crash, and is gone on with by HTTP ranges. The file appears under its own name only when its SHA-256 is the expected
// one. Ignores where the address comes from and what the bytes are.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { failureReason } from "./failure-reason.ts";
import { sha256OfFile } from "./file-hash.ts";
import type { Fetch } from "./network-fetch.ts";
import { type Progress, progressMeter } from "./progress.ts";

export interface DownloadOptions {
  readonly url: string;
  /** Where the file goes; its folder is made. */
  readonly path: string;
  /** Expected SHA-256, lower-case hexadecimal. */
  readonly sha256: string;
  /** Expected size, when known: another size is refused at once. */
  readonly bytes?: number | undefined;
  /** What is downloaded, for progress and errors. */
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch: Fetch;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Clock in milliseconds. */
  readonly now?: (() => number) | undefined;
  /** Waits so many milliseconds. */
  readonly sleep?: ((milliseconds: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  /** A connection that gives no byte for so long is given up and made anew. Default 30,000 ms. */
  readonly stallMs?: number | undefined;
}

/** A download that failed for good: says what, how far it came and what to do. */
export class DownloadError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DownloadError";
  }
}

/** Tries in a row that bring no byte before it is given up. */
const MAX_FRUITLESS_TRIES = 5;
/** Wait before the second try; doubled each time. Five tries wait 7.5 s in all. */
const FIRST_WAIT_MS = 500;
/** A server may ask for a longer wait, but not for ever. */
const MAX_WAIT_MS = 30_000;
const DEFAULT_STALL_MS = 30_000;
/** Bytes between two reports of progress. */
const REPORT_BYTES = 1 << 18;

/** A failure that another try may mend. */
class PassingError extends Error {
  readonly waitMs: number | null;
  constructor(message: string, waitMs: number | null = null, options?: ErrorOptions) {
    super(message, options);
    this.waitMs = waitMs;
  }
}

/** What is remembered of a partial file: which version of the file its bytes belong to. */
interface PartRecord {
  readonly etag: string | null;
  readonly total: number | null;
  readonly sha256: string;
}

/**
 * Downloads a file, going on where an earlier run stopped.
 * @throws DownloadError when the server refuses, the bytes are not the expected ones, or no try brings a byte any more; the
 * signal's reason when it is aborted (what has come stays for the next run).
 */
export async function download(options: DownloadOptions): Promise<void> {
  const part = partOf(options.path);
  await mkdir(dirname(options.path), { recursive: true });
  const resumed = (await sizeOf(part)) > 0;
  await transferAll(options, part);
  let actual = await sha256OfFile(part);
  if (actual !== options.sha256 && resumed) {
    // The kept part may have been damaged, or of another version: once more from nothing.
    await discard(part);
    await transferAll(options, part);
    actual = await sha256OfFile(part);
  }
  if (actual !== options.sha256) {
    await discard(part);
    throw new DownloadError(
      `${options.label}: what came from ${shown(options.url)} has SHA-256 ${actual}, expected ${options.sha256}; it was ` +
        "thrown away. The source holds another file, or something on the way changes it",
    );
  }
  await rename(part, options.path);
  await rm(recordOf(part), { force: true });
}

/** Tries until the part is whole. */
async function transferAll(options: DownloadOptions, part: string): Promise<void> {
  const sleep = options.sleep ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal }));
  let fruitless = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const before = await sizeOf(part);
    try {
      await transfer(options, part);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof PassingError)) throw error;
      fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
      if (fruitless >= MAX_FRUITLESS_TRIES)
        throw new DownloadError(
          `${options.label}: ${MAX_FRUITLESS_TRIES} tries in a row brought nothing from ${shown(options.url)}: ` +
            `${error.message}. ${before} bytes are kept; the next run goes on from there`,
          { cause: error },
        );
      const wait = error.waitMs ?? FIRST_WAIT_MS * 2 ** Math.max(0, fruitless - 1);
      await sleep(Math.min(wait, MAX_WAIT_MS), options.signal).catch(() => options.signal?.throwIfAborted());
    }
  }
}

/** One request: from the end of the part to the end of the file. */
async function transfer(options: DownloadOptions, part: string): Promise<void> {
  const { url, sha256, label, fetch } = options;
  const record = await readRecord(part, sha256);
  if (record === null) await discard(part);
  let size = await sizeOf(part);
  const expected = options.bytes ?? record?.total ?? null;
  if (expected !== null && size === expected) return;
  if (expected !== null && size > expected) {
    await discard(part);
    size = 0;
  }

  const stall = stallGuard(options.stallMs ?? DEFAULT_STALL_MS, options.signal);
  try {
    const response = await passing(
      fetch(url, {
        signal: stall.signal,
        headers: {
          ...options.headers,
          "accept-encoding": "identity", // ranges count the bytes of the file, not of a compressed form
          ...(size > 0 && { range: `bytes=${size}-` }),
          ...(size > 0 && record?.etag != null && { "if-range": record.etag }),
        },
      }),
    );
    const answer = await readAnswer(response, { size, expected, label, url, part });
    await writeFile(recordOf(part), JSON.stringify({ etag: strongEtag(response), total: answer.total, sha256 }));
    const end = await append(response, { ...options, part, start: answer.start, total: answer.total, stall });
    if (answer.total !== null && end !== answer.total)
      throw new PassingError(`the connection ended after ${end} of ${answer.total} bytes`);
  } finally {
    stall.stop();
  }
}

/** Where the bytes of a good answer begin, and how long the whole file is. */
async function readAnswer(
  response: Response,
  {
    size,
    expected,
    label,
    url,
    part,
  }: { size: number; expected: number | null; label: string; url: string; part: string },
): Promise<{ start: number; total: number | null }> {
  const refuse = async (error: Error): Promise<never> => {
    await response.body?.cancel().catch(() => undefined);
    throw error;
  };
  const { status } = response;
  if (status === 408 || status === 429 || status >= 500)
    return refuse(new PassingError(`the server answered ${status}`, retryAfterMs(response)));
  if (status === 416) {
    await discard(part); // there is nothing after these bytes, so they are not a beginning of this file
    return refuse(new PassingError("the server has no such range"));
  }
  if (status !== 200 && status !== 206)
    return refuse(new DownloadError(`${label}: ${shown(url)} answered ${status} ${response.statusText}`.trimEnd()));

  let start = 0;
  let total: number | null;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
    if (range === null || Number(range[1]) !== size) {
      await discard(part);
      return refuse(new PassingError("the server sent another range than the one asked for"));
    }
    start = size;
    total = range[2] === "*" ? expected : Number(range[2]);
  } else {
    // The server knows no ranges, or the file has changed: from the start.
    const length = response.headers.get("content-length");
    total = length === null ? expected : Number(length);
  }
  if (expected !== null && total !== null && total !== expected) {
    await discard(part);
    return refuse(
      new DownloadError(
        `${label}: ${shown(url)} offers a file of ${total} bytes, expected ${expected}: it is another file`,
      ),
    );
  }
  return { start, total };
}

/** Writes the body after `start` bytes of the part. @returns bytes of the part then. */
async function append(
  response: Response,
  options: DownloadOptions & { part: string; start: number; total: number | null; stall: StallGuard },
): Promise<number> {
  const { part, start, total, stall, onProgress } = options;
  const meter = progressMeter(options.label, start, options.now ?? Date.now);
  const file = createWriteStream(part, { flags: start === 0 ? "w" : "a" });
  let bytes = start;
  let reported = bytes;
  onProgress?.(meter(bytes, total));
  const failed = new Promise<never>((_, reject) => file.once("error", reject));
  failed.catch(() => undefined);
  try {
    if (response.body !== null)
      for await (const chunk of passingChunks(response.body)) {
        stall.alive();
        bytes += chunk.byteLength;
        if (!file.write(chunk)) await Promise.race([once(file, "drain"), failed]);
        if (bytes - reported < REPORT_BYTES) continue;
        reported = bytes;
        onProgress?.(meter(bytes, total));
      }
  } finally {
    file.end();
    await finished(file);
  }
  const handle = await open(part, "r+");
  await handle.sync();
  await handle.close();
  onProgress?.(meter(bytes, total));
  return bytes;
}

/** A connection that breaks or stalls is a passing failure. */
async function passing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new PassingError(failureReason(error), null, { cause: error });
  }
}

async function* passingChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await passing(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

interface StallGuard {
  readonly signal: AbortSignal;
  /** A byte has come. */
  readonly alive: () => void;
  readonly stop: () => void;
}

/** A signal that aborts when nothing has come for so long, or when the outer one does. */
function stallGuard(stallMs: number, outer: AbortSignal | undefined): StallGuard {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  const signal = outer === undefined ? controller.signal : AbortSignal.any([controller.signal, outer]);
  return { signal, alive: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}

function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

/** A weak entity tag doesn't promise equal bytes, so a range can't be tied to it. */
function strongEtag(response: Response): string | null {
  const etag = response.headers.get("etag");
  return etag === null || etag.startsWith("W/") ? null : etag;
}

/** An address without what may be secret in it: user, password and the signed query. */
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** Removes what an unfinished download of `path` has left. */
export const discardPart = (path: string): Promise<void> => discard(partOf(path));

const partOf = (path: string): string => `${path}.part`;

const recordOf = (part: string): string => `${part}.json`;

/** What is known of the part; null when there is no record, or one of another file. */
async function readRecord(part: string, sha256: string): Promise<PartRecord | null> {
  try {
    const record = JSON.parse(await readFile(recordOf(part), "utf8")) as PartRecord;
    return record.sha256 === sha256 ? record : null;
  } catch {
    return null;
  }
}

async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(recordOf(part), { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
