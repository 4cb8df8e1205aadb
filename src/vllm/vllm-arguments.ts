// The command line of `vllm serve`, as vLLM's sources have it around release 0.33 (vllm/entrypoints/openai/cli_args.py,
// vllm/config/lora.py): everything here is there since 0.8. Ignores which processors are used: that is an environment variable.
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";

/** Ranks that vLLM has room for; --max-lora-rank takes no other. */
const LORA_RANKS = [8, 16, 32, 64, 128, 256, 320, 512] as const;

/** An adapter in PEFT's form, served as a model of its own. */
export interface ServedAdapter {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly rank: number;
}

const adapterConfig = z.object({ r: z.int().min(1) });

/**
 * Reads NAME=DIR, where DIR has PEFT's two files, or is a folder that `rpo train` left.
 * @throws InputError saying what is missing
 */
export async function servedAdapter(text: string): Promise<ServedAdapter> {
  const at = text.indexOf("=");
  const [name, given] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || given === "") throw new InputError(`--adapter ${text}: write NAME=DIR`);
  const inRun = join(given, "adapter");
  const path = resolve((await stat(join(inRun, CONFIG)).catch(() => null)) === null ? given : inRun);
  try {
    const { r } = adapterConfig.parse(JSON.parse(await readFile(join(path, CONFIG), "utf8")));
    return { name, path, rank: r };
  } catch {
    throw new InputError(
      `${given}: has no ${CONFIG} of PEFT's with a rank; vLLM reads adapters as rpo train leaves them in DIR/adapter`,
    );
  }
}
const CONFIG = "adapter_config.json";

export interface VllmServe {
  /** A name of the hub, or a folder. */
  readonly model: string;
  readonly host: string;
  readonly port: number;
  readonly tensorParallel: number;
  /** Path of a Jinja file. */
  readonly chatTemplate?: string | undefined;
  readonly adapters: readonly ServedAdapter[];
  /** Further flags, as they are; they come last, where they have the last word. */
  readonly more: readonly string[];
}

/** Flags that decide what this program itself has to know. */
const OURS: Readonly<Record<string, string>> = {
  "--port": "--port before the --",
  "--host": "--host before the --",
  "--tensor-parallel-size": "--tensor-parallel before the --",
  "-tp": "--tensor-parallel before the --",
  "--api-key": "the environment variable VLLM_API_KEY, which no list of processes shows",
  "--uds": "--port before the --",
  "--ssl-keyfile": "a proxy of yours before it",
};

/** @throws InputError for what cannot be served so */
export function vllmArguments({
  model,
  host,
  port,
  tensorParallel,
  chatTemplate,
  adapters,
  more,
}: VllmServe): string[] {
  if (model.startsWith("-")) throw new InputError(`${model}: is no model; flags for vLLM stand behind --`);
  for (const flag of more) {
    const ours = OURS[flag.split("=")[0]!.replaceAll("_", "-")];
    if (ours !== undefined) throw new InputError(`${flag.split("=")[0]} can't be passed on: give ${ours}`);
  }
  const names = adapters.map(({ name }) => name);
  const twice = names.find((name, index) => name === model || names.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`--adapter ${twice}=…: that name is taken`);
  return [
    "serve",
    model,
    ...["--host", host, "--port", String(port)],
    ...["--tensor-parallel-size", String(tensorParallel)],
    // A line for each request, and for each of our looks at its health, fills disks.
    "--disable-uvicorn-access-log",
    ...(chatTemplate === undefined ? [] : ["--chat-template", resolve(chatTemplate)]),
    ...loraArguments(adapters),
    ...more,
  ];
}

function loraArguments(adapters: readonly ServedAdapter[]): string[] {
  if (adapters.length === 0) return [];
  const largest = adapters.reduce((most, adapter) => (adapter.rank > most.rank ? adapter : most));
  const rank = LORA_RANKS.find((room) => room >= largest.rank);
  if (rank === undefined)
    throw new InputError(`${largest.path}: has rank ${largest.rank}; vLLM serves up to ${LORA_RANKS.at(-1)}`);
  return [
    "--enable-lora",
    ...["--max-lora-rank", String(rank)],
    // By default one adapter at a time has room in a batch, and requests for another wait.
    ...["--max-loras", String(adapters.length)],
    "--lora-modules",
    // As JSON: name=path knows no path with a comma or a second =.
    ...adapters.map(({ name, path }) => JSON.stringify({ name, path })),
  ];
}

/** The name that the server knows its model by. */
export function servedModelName({ model, more }: Pick<VllmServe, "model" | "more">): string {
  const at = more.findLastIndex((flag) => /^--served[-_]model[-_]name(?:=|$)/.test(flag));
  if (at === -1) return model;
  return more[at]!.includes("=") ? more[at]!.slice(more[at]!.indexOf("=") + 1) : (more[at + 1] ?? model);
}

/** What tells vLLM its processors: nvidia-smi's numbers mean the same to CUDA only in the order of the bus. */
export const gpuEnvironment = (gpus: readonly number[]) => ({
  CUDA_DEVICE_ORDER: "PCI_BUS_ID",
  CUDA_VISIBLE_DEVICES: gpus.join(","),
});
