// The model that a command asks, from its flags: one that runs in this process, by what `rpo models pull` takes, fetched if it
// is not here. Ignores what is asked of it.
import type { Command } from "commander";
import { embeddedModel } from "../model/embedded.ts";
import type { ChatModel } from "../model/model.ts";
import { ModelReferenceError } from "../model/model-reference.ts";
import { ModelUnavailableError, pull } from "../model/pull.ts";
import { CliError } from "./cli-error.ts";
import { progressLine, transfer } from "./progress-line.ts";

export interface ModelFlags {
  readonly model: string;
}

/** A model with what it is known by in a store: the same file under another path is the same model. */
export interface OpenedModel {
  readonly chat: ChatModel;
  readonly identity: string;
}

export interface OpenModelOptions {
  /** Tokens of prompt and answer together that the questions need; a model trained on less has less. */
  readonly contextSize: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes notices for a person. */
  readonly say: (text: string) => void;
}

/** Adds `--model`, which `openModel` reads. The command asks for it by `requireOptions(self, ["--model"])`. */
export const withModelOption = (command: Command): Command =>
  command.option(
    "--model <MODEL>",
    "a model for this machine: a known name (rpo models list), hf:owner/repo/file.gguf, or a path",
  );

/**
 * Opens the model of the flags; whoever opens it disposes of it.
 * @throws CliError where the reference means nothing or no source gives the file
 */
export async function openModel(
  { model }: ModelFlags,
  { contextSize, signal, say }: OpenModelOptions,
): Promise<OpenedModel> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  try {
    const { settings, sha256 } = await pull(model, {
      signal,
      onNotice: say,
      onProgress: (moved) => progress.update(() => transfer(moved)),
    });
    return { chat: embeddedModel({ ...settings, contextSize }), identity: sha256 };
  } catch (error) {
    if (error instanceof ModelReferenceError || error instanceof ModelUnavailableError)
      throw new CliError(error.message);
    throw error;
  } finally {
    progress.done();
  }
}
