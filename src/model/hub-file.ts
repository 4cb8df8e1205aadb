// Asks a Hugging Face hub for one file: where it is, how large, and the SHA-256 that the hub states for it. Ignores the
// download itself. The hub is the public one, or what HF_ENDPOINT names; HF_TOKEN opens private and gated repositories.
import { failureReason } from "./failure-reason.ts";
import type { Fetch } from "./network-fetch.ts";

/** A file of a hub repository. */
export interface HubFile {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** For the download too. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The hub can't be asked: no network to it, a time-out, or a failure of its own. Another source may do. */
export class HubUnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HubUnreachableError";
  }
}

/** The hub answered, and the file is not to be had: absent, private, gated, or without a hash. */
export class HubFileError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HubFileError";
  }
}

/** A hub that can't be reached must not hold up the other sources. */
const DEFAULT_TIMEOUT_MS = 5_000;

export interface HubOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: Fetch;
  readonly signal?: AbortSignal | undefined;
  /** Default 5,000 ms. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Looks up `path` of the repository's main branch.
 * @throws HubUnreachableError, HubFileError; the signal's reason when it is aborted.
 */
export async function hubFile(repo: string, path: string, options: HubOptions): Promise<HubFile> {
  const { env, fetch, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (env.HF_HUB_OFFLINE === "1") throw new HubUnreachableError("HF_HUB_OFFLINE is set");
  const { fileDownloadInfo, HubApiError, pathsInfo } = await import("@huggingface/hub");
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const settings = {
    repo,
    fetch: ((input, init) => fetch(input, { ...init, signal: ended })) as Fetch,
    ...(env.HF_ENDPOINT && { hubUrl: env.HF_ENDPOINT.replace(/\/+$/, "") }),
    ...(env.HF_TOKEN && { accessToken: env.HF_TOKEN }),
  };
  try {
    const [info] = await pathsInfo({ ...settings, paths: [path] });
    if (info === undefined) throw new HubFileError(`the hub's repository ${repo} has no file ${path}`);
    const sha256 = info.lfs?.oid;
    if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256))
      throw new HubFileError(`the hub states no SHA-256 for ${repo}/${path}: it is no model file`);
    const address = await fileDownloadInfo({ ...settings, path });
    if (address === null) throw new HubFileError(`the hub's repository ${repo} has no file ${path}`);
    const headers: Record<string, string> = env.HF_TOKEN ? { authorization: `Bearer ${env.HF_TOKEN}` } : {};
    return { url: address.url, bytes: info.lfs?.size ?? info.size, sha256, headers };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof HubFileError) throw error;
    if (error instanceof HubApiError && error.statusCode < 500 && error.statusCode !== 429) {
      const help =
        error.statusCode === 401 || error.statusCode === 403
          ? ": it is private, gated or absent; if you have access, set HF_TOKEN"
          : "";
      throw new HubFileError(`the hub answered ${error.statusCode} for ${repo}/${path}${help}`, { cause: error });
    }
    const reason = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : failureReason(error);
    throw new HubUnreachableError(`the Hugging Face hub can't be reached (${reason})`, { cause: error });
  }
}
