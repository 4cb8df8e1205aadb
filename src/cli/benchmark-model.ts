// The model that `rpo eval run` asks, with the store of its run in front: from flags as other commands take them, or the policy of an
// rpo.yaml.
import type { Command } from "commander";
import { openRoles } from "../config/role-models.ts";
import { type RunConfig, readRunConfig } from "../config/run-config.ts";
import { Ledger } from "../run/ledger.ts";
import { recordedModel } from "../run/recorded-model.ts";
import { lockRun } from "../run/run-lock.ts";
import { RunStore } from "../run/store.ts";
import type { Asker } from "../run/usage.ts";
import { type KeptModel, type OpenModelOptions, openKeptModel, withModelOption } from "./model-option.ts";
import { progressLine, transfer } from "./progress-line.ts";
import { configFile } from "./run.ts";

export interface BenchmarkModelFlags {
  readonly model?: string;
  readonly endpoint?: string;
  readonly adapter?: string;
  readonly config?: string;
}

/** Adds `--model`, `--endpoint`, `--adapter` and `--config`. */
export const withBenchmarkModelOption = (command: Command): Command =>
  withModelOption(command)
    .option("--adapter <FILE>", "a LoRA adapter for it as a GGUF file, such as rpo train leaves (adapter.gguf)")
    .option("--config <FILE>", "rpo.yaml: the model of its policy, in place of --model");

/**
 * Opens the model in front of the store of a directory; disposing of it closes the store.
 * @throws as `openKeptModel`; InputError for a configuration that cannot be read or has no policy
 */
export async function openBenchmarkModel(
  { config, model, endpoint, adapter }: BenchmarkModelFlags,
  options: OpenModelOptions & Asker & { readonly dir: string },
): Promise<KeptModel> {
  const { dir } = options;
  if (config !== undefined) return openPolicy(await readRunConfig(await configFile(config)), options);
  return openKeptModel(
    {
      model: model!,
      dir,
      ...(endpoint !== undefined && { endpoint }),
      ...(adapter !== undefined && { adapter }),
    },
    options,
  );
}

async function openPolicy(
  config: RunConfig,
  { dir, role, stage, signal, say }: OpenModelOptions & Asker & { readonly dir: string },
): Promise<KeptModel> {
  const now = (): Date => new Date();
  const lock = lockRun(dir, now);
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  let store: RunStore | undefined;
  try {
    const open = new RunStore(dir, now);
    store = open;
    // How the file has its policy sample is for data construction: a benchmark has settings of its own.
    const policy = { ...config.roles.policy, given: {} };
    const roles = await openRoles({ ...config, roles: { ...config.roles, policy } }, ["policy"], {
      signal,
      onNotice: say,
      onProgress: (moved) => progress.update(() => transfer(moved)),
    });
    const ledger = new Ledger({ prices: config.prices, budget: config.run.budget, before: store.requests.usage() });
    const identity = roles.identity("policy");
    const kept = recordedModel(roles.model("policy"), { store, ledger, identity, role, stage });
    const dispose = async (): Promise<void> => {
      await roles.dispose();
      open.close();
      lock.release();
    };
    return { chat: { ...kept, dispose }, identity, store, ledger };
  } catch (error) {
    store?.close();
    lock.release();
    throw error;
  } finally {
    progress.done();
  }
}
