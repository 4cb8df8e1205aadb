// The model that a command asks, from its flags: one that runs in this process, by what `rpo models pull` takes, fetched if it
// is not here; or one behind an OpenAI-compatible endpoint. Ignores what is asked of it.
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { environmentEndpoint } from "../config/endpoint-section.ts";
import { embeddedModel } from "../model/embedded.ts";
import { endpointModel } from "../model/endpoint.ts";
import { sha256OfFile } from "../model/file-hash.ts";
import type { ChatModel } from "../model/model.ts";
import { ModelReferenceError, modelReference } from "../model/model-reference.ts";
import { ModelUnavailableError, pull } from "../model/pull.ts";
import { tunedIdentity } from "../run/evaluate.ts";
import { Ledger } from "../run/ledger.ts";
import { recordedModel } from "../run/recorded-model.ts";
import { lockRun } from "../run/run-lock.ts";
import { RunStore } from "../run/store.ts";
import type { Asker } from "../run/usage.ts";
import { CliError } from "./cli-error.ts";
import { progressLine, transfer } from "./progress-line.ts";

export interface ModelFlags {
  readonly model: string;
  /** Base address of an endpoint. */
  readonly endpoint?: string;
  /** A LoRA adapter as a GGUF file, for a model of this machine. */
  readonly adapter?: string;
}

/** A model with what it is known by in a store: the same file under another path is the same model. */
export interface OpenedModel {
  readonly chat: ChatModel;
  readonly identity: string;
}

export interface OpenModelOptions {
  /** Tokens of prompt and answer together that the questions need; a model trained on less has less. An endpoint has its own. */
  readonly contextSize: number;
  /** Samples of one request, where it is never more: memory is taken for so many. Default the embedded model's own. */
  readonly width?: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes notices for a person. */
  readonly say: (text: string) => void;
  /** OPENAI_BASE_URL and OPENAI_API_KEY. Default the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Adds `--model` and `--endpoint`, which `openModel` reads. The command asks for the first by `requireOptions(self, ["--model"])`. */
export const withModelOption = (command: Command): Command =>
  command
    .option(
      "--model <MODEL>",
      "a model for this machine (a known name, see rpo models list; hf:owner/repo/file.gguf; or a path), or the name of one at an endpoint",
    )
    .option(
      "--endpoint <URL>",
      "OpenAI-compatible endpoint, such as http://localhost:8000/v1; by default OPENAI_BASE_URL, for names that this machine " +
        "does not know. The key is that of OPENAI_API_KEY",
    );

/** The answers of a command's models, by the same name as other runs'. */
export const DEFAULT_DIRECTORY = "rpo-run";

export interface KeptModelFlags extends ModelFlags {
  readonly dir: string;
}

/** Adds `--dir` as well, which `openKeptModel` reads. */
export const withKeptModelOption = (command: Command): Command =>
  withModelOption(command).option(
    "--dir <DIR>",
    "run directory that keeps every answer: what was asked already is not asked again",
    DEFAULT_DIRECTORY,
  );

/**
 * Opens the model of the flags; whoever opens it disposes of it.
 * @throws CliError where the reference means nothing, no source gives the file, or there is an adapter for another's server;
 *   InputError for an address that is none
 */
export async function openModel(
  { model, endpoint, adapter }: ModelFlags,
  { contextSize, width, signal, say, env = process.env }: OpenModelOptions,
): Promise<OpenedModel> {
  const url = endpoint ?? (isForThisMachine(model) ? undefined : environmentEndpoint(env)?.url);
  if (url !== undefined && adapter !== undefined)
    throw new CliError("--adapter is for a model of this machine; a server has its adapters under names of their own");
  if (url !== undefined)
    return { chat: endpointModel({ url, model, key: env.OPENAI_API_KEY || undefined }), identity: model };
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  try {
    const { settings, sha256 } = await pull(model, {
      signal,
      onNotice: say,
      onProgress: (moved) => progress.update(() => transfer(moved)),
    });
    const size = { contextSize, ...(width !== undefined && { width }) };
    if (adapter === undefined) return { chat: embeddedModel({ ...settings, ...size }), identity: sha256 };
    // Named after both files, so that records tell them apart.
    const { name: _, ...file } = settings;
    return {
      chat: embeddedModel({ ...file, ...size, adapter }),
      identity: tunedIdentity(sha256, await sha256OfFile(adapter)),
    };
  } catch (error) {
    if (error instanceof ModelReferenceError)
      throw new CliError(`${error.message}; or give the address of its server as --endpoint`);
    if (error instanceof ModelUnavailableError) throw new CliError(error.message);
    throw error;
  } finally {
    progress.done();
  }
}

/** A model with the store in front of it. */
export interface KeptModel extends OpenedModel {
  readonly store: RunStore;
  readonly ledger: Ledger;
}

/**
 * The same with the store of a run directory in front: what was answered is kept, and not asked for again. Disposing of it closes
 * the store.
 * @throws as `openModel`; InputError where the directory's store cannot be used, or another process works in it
 */
export async function openKeptModel(
  flags: KeptModelFlags,
  { role, stage, ...options }: OpenModelOptions & Asker,
): Promise<KeptModel> {
  const now = (): Date => new Date();
  const lock = lockRun(flags.dir, now); // before a model is loaded for nothing
  try {
    const { chat, identity } = await openModel(flags, options);
    try {
      const store = new RunStore(flags.dir, now);
      const ledger = new Ledger();
      const kept = recordedModel(chat, { store, ledger, identity, role, stage });
      const dispose = async (): Promise<void> => {
        await kept.dispose();
        store.close();
        lock.release();
      };
      return { chat: { ...kept, dispose }, identity, store, ledger };
    } catch (error) {
      await chat.dispose();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether this machine knows the name, or has the file; "Qwen/Qwen3-8B" looks like a path and may be a name elsewhere. */
function isForThisMachine(text: string): boolean {
  try {
    const reference = modelReference(text);
    return reference.kind !== "path" || existsSync(reference.path);
  } catch {
    return false;
  }
}
