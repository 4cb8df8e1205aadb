// vLLM on this machine's free graphics processors: plans the servers, starts them and keeps them running. What is said of it, and
// to whom, is the command's (cli/vllm.ts).
import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import { chooseGpus } from "./choose-gpus.ts";
import { freePorts, isPortFree } from "./free-port.ts";
import { type Gpu, listGpus } from "./gpus.ts";
import { type KeptServer, keepServer, type ServerEvent, type ServerTiming } from "./kept-server.ts";
import { planServers } from "./server-plan.ts";
import { gpuEnvironment, type ServedAdapter, servedModelName, vllmArguments } from "./vllm-arguments.ts";

export interface VllmOptions {
  /** A name of the hub, or a folder. */
  readonly model: string;
  readonly host: string;
  /** The first server's port; where it is null, the first free one from vLLM's own on. */
  readonly port: number | null;
  readonly gpus: "auto" | readonly number[];
  /** Processors of one server; the largest power of two that are there by default. */
  readonly tensorParallel?: number | undefined;
  readonly chatTemplate?: string | undefined;
  readonly adapters: readonly ServedAdapter[];
  readonly executable: string;
  /** Further flags for vLLM. */
  readonly more: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the servers' logs. */
  readonly logs: string;
  /** Stops the servers. */
  readonly signal: AbortSignal;
  readonly onEvent: (server: VllmServer, event: ServerEvent) => void;
  readonly onNotice: (notice: string) => void;
  readonly timing?: ServerTiming;
  readonly nvidiaSmi?: string | undefined;
}

export interface VllmServer {
  /** "vllm-8000". */
  readonly name: string;
  /** Where it is asked, up to /v1. */
  readonly url: string;
  /** The name that it knows its model by. */
  readonly model: string;
  readonly gpus: readonly number[];
  readonly log: string;
}

export type StartedServer = VllmServer & { readonly kept: KeptServer };

/** vLLM's own. */
const FIRST_PORT = 8000;

/**
 * Starts the servers; whether they serve is told by each one's `kept.ready`.
 * @throws InputError where there is no room, or something that is named is not there
 */
export async function startVllm(options: VllmOptions): Promise<StartedServer[]> {
  const { host, adapters, executable, env, logs, signal, onEvent, onNotice } = options;
  if (options.chatTemplate !== undefined) await requireFile(options.chatTemplate, "--chat-template");
  const { use, notices } = chooseGpus(options.gpus, await gpusIfKnown(options), env.CUDA_VISIBLE_DEVICES);
  notices.forEach(onNotice);
  const { servers, tensorParallel, unused } = planServers(use, options.tensorParallel);
  if (unused.length > 0)
    onNotice(`GPU ${unused.join(", ")}: left over, as each server takes ${tensorParallel} (see --tensor-parallel)`);
  const ports = await portsFor(options, servers.length);
  await mkdir(logs, { recursive: true });
  const model = servedModelName(options);
  const planned = servers.map(({ gpus }, index) => {
    const port = ports[index]!;
    const name = `vllm-${port}`;
    const server: VllmServer = {
      name,
      url: `http://${reachable(host)}:${port}/v1`,
      model,
      gpus,
      log: join(logs, `${name}.log`),
    };
    const args = vllmArguments({ ...options, adapters, port, tensorParallel });
    return { server, args };
  });
  for (const { server } of planned) await rename(server.log, `${server.log}.before`).catch(() => {});
  return planned.map(({ server, args }) => ({
    ...server,
    kept: keepServer(
      {
        name: server.name,
        executable,
        args,
        env: { ...env, ...gpuEnvironment(server.gpus) },
        health: server.url.replace(/\/v1$/, "/health"),
        log: server.log,
      },
      { signal, onEvent: (event) => onEvent(server, event), ...(options.timing && { timing: options.timing }) },
    ),
  }));
}

/** The processors; where they are named, it may stay unknown which there are. */
async function gpusIfKnown({ gpus, nvidiaSmi }: VllmOptions): Promise<Gpu[] | null> {
  try {
    return await listGpus(nvidiaSmi);
  } catch (error) {
    if (gpus === "auto") throw error;
    return null;
  }
}

async function portsFor({ port, host }: VllmOptions, count: number): Promise<number[]> {
  if (port !== null && !(await isPortFree(port, host)))
    throw new InputError(`--port ${port}: can't be listened on at ${host}; another program may have it`);
  return freePorts(port ?? FIRST_PORT, count, host);
}

/** A server that listens everywhere is asked on this machine. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

async function requireFile(path: string, flag: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new InputError(`${flag} ${path}: no such file`);
}
