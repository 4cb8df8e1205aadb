// The model that a PyTorch engine trains an adapter for: a Hugging Face folder, or a name of the hub. Of a model of the hub only
// the small files are fetched, into the cache that Python's client uses too; its weights are the engine's affair.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import { catalogueModel } from "../model/catalogue.ts";
import { failureReason } from "../model/failure-reason.ts";
import { networkFetch } from "../model/network-fetch.ts";

export interface EngineModel {
  /** For the records. */
  readonly name: string;
  /** What the engine is given: an absolute path, or a name of the hub. */
  readonly reference: string;
  /** Folder with config.json and the tokenizer's files. */
  readonly folder: string;
  /** config.json, parsed. */
  readonly config: unknown;
  /** SHA-256 (hex) of config.json and tokenizer.json: other weights of the same make are not told apart. */
  readonly identity: string;
}

/** owner/name of the hub. */
export const HUB_NAME = /^[\w.-]+\/[\w.-]+$/;

/** Files that a plan is made from; the first two must be there. */
const SMALL_FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] as const;
const NEEDED: readonly string[] = ["config.json", "tokenizer.json", "tokenizer_config.json"];

/** @throws InputError for what no PyTorch engine can train, and for a name that the hub doesn't give */
export async function engineModel(
  text: string,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<EngineModel> {
  const found = await stat(text).catch(() => null);
  if (found?.isDirectory()) return described(basename(resolve(text)), resolve(text), resolve(text));
  if (found !== null || /\.gguf$/i.test(text) || catalogueModel(text) !== undefined || text.startsWith("hf:"))
    throw new InputError(
      `${text}: PyTorch engines train models in Hugging Face's form: give a folder, or owner/name of the hub; --engine embedded trains GGUF files`,
    );
  if (!HUB_NAME.test(text))
    throw new InputError(`${text}: is no folder of a model, and no name of the hub (owner/name)`);
  const folder = await fromHub(text, env, signal);
  return described(text, text, folder);
}

async function described(name: string, reference: string, folder: string): Promise<EngineModel> {
  const hash = createHash("sha256");
  let config: unknown = null;
  for (const file of ["config.json", "tokenizer.json"]) {
    const text = await readFile(join(folder, file), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT")
        throw new InputError(`${folder} has no ${file}: not a folder of a Hugging Face model?`);
      throw error;
    });
    hash.update(text);
    if (file !== "config.json") continue;
    try {
      config = JSON.parse(text);
    } catch (error) {
      throw new InputError(`${join(folder, file)}: not JSON: ${(error as Error).message}`);
    }
  }
  return { name, reference, folder, config, identity: hash.digest("hex") };
}

async function fromHub(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string> {
  const { downloadFileToCacheDir, HubApiError } = await import("@huggingface/hub");
  const fetch = await networkFetch({ env });
  let folder = "";
  for (const path of SMALL_FILES) {
    try {
      const file = await downloadFileToCacheDir({
        repo: name,
        path,
        fetch: (input, init) => fetch(input, { ...init, signal }),
        ...(env.HF_HUB_CACHE && { cacheDir: env.HF_HUB_CACHE }),
        ...(env.HF_ENDPOINT && { hubUrl: env.HF_ENDPOINT.replace(/\/+$/, "") }),
        ...(env.HF_TOKEN && { accessToken: env.HF_TOKEN }),
      });
      if (path === "config.json") folder = dirname(file);
    } catch (error) {
      signal.throwIfAborted();
      if (!NEEDED.includes(path)) continue; // the template then stands in the tokenizer's configuration
      const status = error instanceof HubApiError ? error.statusCode : null;
      if (status === 401 || status === 403)
        throw new InputError(`${name}: is private, gated or absent on the hub; if you have access, set HF_TOKEN`);
      if (status === 404) throw new InputError(`${name}: the hub has no ${path} of it`);
      throw new InputError(
        `${name}: the Hugging Face hub can't be reached (${failureReason(error)}); give the folder of the model as --model`,
      );
    }
  }
  return folder;
}
