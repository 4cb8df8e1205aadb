// The model that a command asks, from its flags: one that runs in this process, by what `rpo models pull` takes, fetched if it
// is not here; or one behind an OpenAI-compatible endpoint. Ignores what is asked of it.
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { environmentEndpoint } from "../config/endpoint-section.ts";
import { embeddedModel } from "../model/embedded.ts";
import { endpointModel } from "../model/endpoint.ts";
import type { ChatModel } from "../model/model.ts";
import { ModelReferenceError, modelReference } from "../model/model-reference.ts";
import { ModelUnavailableError, pull } from "../model/pull.ts";
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
}

/** A model with what it is known by in a store: the same file under another path is the same model. */
export interface OpenedModel {
  readonly chat: ChatModel;
  readonly identity: string;
}

export interface OpenModelOptions {
  /** Tokens of prompt and answer together that the questions need; a model trained on less has less. An endpoint has its own. */
  readonly contextSize: number;
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
 * @throws CliError where the reference means nothing or no source gives the file; InputError for an address that is none
 */
export async function openModel(
  { model, endpoint }: ModelFlags,
  { contextSize, signal, say, env = process.env }: OpenModelOptions,
): Promise<OpenedModel> {
  const url = endpoint ?? (isForThisMachine(model) ? undefined : environmentEndpoint(env)?.url);
  if (url !== undefined)
    return { chat: endpointModel({ url, model, key: env.OPENAI_API_KEY || undefined }), identity: model };
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  try {
    const { settings, sha256 } = await pull(model, {
      signal,
      onNotice: say,
      onProgress: (moved) => progress.update(() => transfer(moved)),
    });
    return { chat: embeddedModel({ ...settings, contextSize }), identity: sha256 };
  } catch (error) {
    if (error instanceof ModelReferenceError)
      throw new CliError(`${error.message}; or give the address of its server as --endpoint`);
    if (error instanceof ModelUnavailableError) throw new CliError(error.message);
    throw error;
  } finally {
    progress.done();
  }
}

/**
 * The same with the store of a run directory in front: what was answered is kept, and not asked for again. Disposing of it closes
 * the store.
 * @throws as `openModel`; InputError where the directory's store cannot be used, or another process works in it
 */
export async function openKeptModel(
  flags: KeptModelFlags,
  { role, stage, ...options }: OpenModelOptions & Asker,
): Promise<OpenedModel> {
  const now = (): Date => new Date();
  const lock = lockRun(flags.dir, now); // before a model is loaded for nothing
  try {
    const { chat, identity } = await openModel(flags, options);
    try {
      const store = new RunStore(flags.dir, now);
      const kept = recordedModel(chat, { store, ledger: new Ledger(), identity, role, stage });
      const dispose = async (): Promise<void> => {
        await kept.dispose();
        store.close();
        lock.release();
      };
      return { chat: { ...kept, dispose }, identity };
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
