// `rpo vllm start MODEL`: vLLM on the free graphics processors of this machine, kept running until this command ends.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { cacheDirectory } from "../model/model-cache.ts";
import { counted } from "../preference/counted.ts";
import { endpointsSnippet, SNIPPET_MARK } from "../vllm/endpoints-snippet.ts";
import { type ServerEvent, ServerFailed } from "../vllm/kept-server.ts";
import { logTail } from "../vllm/log-tail.ts";
import { type StartedServer, startVllm, type VllmServer } from "../vllm/start-vllm.ts";
import { servedAdapter } from "../vllm/vllm-arguments.ts";
import { CliError } from "./cli-error.ts";
import { wholeNumber } from "./option-value.ts";
import { duration, type ProgressLine, progressLine } from "./progress-line.ts";
import { stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface StartFlags {
  readonly host: string;
  readonly port?: number;
  readonly gpus: "auto" | readonly number[];
  readonly tensorParallel?: number;
  readonly chatTemplate?: string;
  readonly adapter: readonly string[];
  readonly executable: string;
  readonly write?: string;
  readonly logs?: string;
}

/** Lines of a log that are shown when a server fails: a Python traceback and what led to it. */
const SHOWN_LINES = 25;
/** Between two looks at the logs of servers that start. */
const LOOK_MS = 250;
/** The exit code of a program that SIGHUP ended. */
const EXIT_HANGUP = 129;
/** The environment variable that vLLM has its key from. */
const KEY_VARIABLE = "VLLM_API_KEY";

async function start(model: string, more: readonly string[], flags: StartFlags): Promise<void> {
  if (process.platform === "win32") throw new CliError("vLLM does not run on Windows; use WSL");
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const say = (text: string): void => {
    progress.done();
    process.stderr.write(`${text}\n`);
  };
  if (flags.write !== undefined) await refuseOthers(flags.write);
  let servers: readonly StartedServer[] = [];
  // A process that is left holds its processor's memory, so nothing ends this command without ending them.
  const killAll = (): void => {
    for (const { kept } of servers) kept.kill();
  };
  const stop = stopOnSignal(() => say("stopping the servers; once more kills them …"), killAll);
  process.once("exit", killAll);
  // The terminal was closed.
  const onHangup = (): void => process.exit(EXIT_HANGUP);
  process.once("SIGHUP", onHangup);
  // Beside the caller's reasons to stop: one server that fails at the start ends them all.
  const failed = new AbortController();
  const signal = AbortSignal.any([stop.signal, failed.signal]);
  try {
    servers = await startVllm({
      model,
      host: flags.host,
      port: flags.port ?? null,
      gpus: flags.gpus,
      tensorParallel: flags.tensorParallel,
      chatTemplate: flags.chatTemplate,
      adapters: await Promise.all(flags.adapter.map(servedAdapter)),
      executable: flags.executable,
      more,
      env: process.env,
      logs: flags.logs ?? join(cacheDirectory(process.env), "vllm"),
      signal,
      onNotice: say,
      onEvent: teller(say),
    });
    for (const { name, gpus, log } of servers) say(`${name}: starts on GPU ${gpus.join(", ")}; its log is ${log}`);
    await allReady(servers, progress);
    progress.done();
    if (flags.write !== undefined) {
      const adapters = flags.adapter.map((text) => text.split("=")[0]!);
      const keyEnv = process.env[KEY_VARIABLE] ? KEY_VARIABLE : null;
      await writeFile(flags.write, endpointsSnippet(servers, { adapters, keyEnv }));
    }
    process.stdout.write(servers.map(({ url, model, gpus }) => `${url}\t${model}\tGPU ${gpus.join(",")}\n`).join(""));
    say(`${counted(servers.length, "server")} ready; Ctrl-C stops ${servers.length === 1 ? "it" : "them"}`);
    await Promise.all(servers.map(({ kept }) => kept.over));
    if (!stop.signal.aborted) throw new CliError("no server is left");
  } catch (error) {
    progress.done();
    if (stop.signal.aborted && error === stop.signal.reason) return;
    failed.abort();
    throw error instanceof ServerFailed ? new CliError(await failureText(error, servers)) : error;
  } finally {
    progress.done();
    failed.abort();
    await Promise.all(servers.map(({ kept }) => kept.over));
    process.off("exit", killAll);
    process.off("SIGHUP", onHangup);
    stop.release();
  }
}

/** Waits until all servers serve, and shows what they are at. @throws ServerFailed, or the signal's reason */
async function allReady(servers: readonly StartedServer[], progress: ProgressLine): Promise<void> {
  let ready = 0;
  const looking = setInterval(async () => {
    const [server] = servers;
    const [line = ""] = server === undefined ? [] : await logTail(server.log, 1);
    progress.update((seconds) => `${ready} of ${servers.length} ready, ${duration(seconds)}: ${line.slice(0, 100)}`);
  }, LOOK_MS);
  try {
    await Promise.all(
      servers.map(async ({ kept }) => {
        await kept.ready;
        ready += 1;
      }),
    );
  } finally {
    clearInterval(looking);
  }
}

/** Says what happens to servers that have served once. */
function teller(say: (text: string) => void): (server: VllmServer, event: ServerEvent) => void {
  const fallen = new Set<string>();
  return ({ name, log }, event) => {
    if (event.what === "died") {
      fallen.add(name);
      say(`${name}: died (${event.how}); starts again in ${duration(event.restartMs / 1000)}; its log is ${log}`);
    }
    if (event.what === "healthy" && fallen.has(name)) say(`${name}: serves again`);
    if (event.what === "given up") say(`${name}: died again (${event.how}), too often to go on; its log is ${log}`);
  };
}

async function failureText(error: ServerFailed, servers: readonly VllmServer[]): Promise<string> {
  const server = servers.find(({ name }) => error.message.startsWith(`${name} `));
  if (server === undefined) return error.message;
  const lines = await logTail(server.log, SHOWN_LINES);
  return [`${error.message}. The end of ${server.log}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** @throws CliError where there is a file that this command has not written */
async function refuseOthers(path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return SNIPPET_MARK;
    throw error;
  });
  if (!text.startsWith(SNIPPET_MARK)) throw new CliError(`${path}: is there already, and stays as it is`);
}

function gpuNumbers(text: string): "auto" | number[] {
  if (text === "auto") return text;
  const numbers = text.split(",").map(wholeNumber(0));
  if (new Set(numbers).size < numbers.length) throw new InvalidArgumentError("Name each one once.");
  return numbers;
}

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

const startCommand = new Command("start")
  .description(
    "Start vLLM on the free graphics processors, wait until it serves, print the endpoints, and keep it running: a server that " +
      "dies is started again. Ctrl-C stops all of it. Flags behind -- go to vLLM as they are.",
  )
  .argument("<MODEL>", "a name of the Hugging Face hub, or a folder")
  .argument("[FLAGS...]", "further flags for vLLM, behind --")
  .option(
    "--port <N>",
    "port of the first server; further ones take the next (default: from 8000 the first free one)",
    wholeNumber(1),
  )
  .option("--host <ADDRESS>", "address to listen on", "127.0.0.1")
  .option(
    "--gpus <NUMBERS>",
    "graphics processors as nvidia-smi numbers them, 0,1; or auto, for all that are free",
    gpuNumbers,
    "auto",
  )
  .option(
    "--tensor-parallel <N>",
    "graphics processors of one server; with fewer than there are, several servers are started (default: all, as a power of two)",
    wholeNumber(1),
  )
  .option("--chat-template <FILE>", "a Jinja chat template in place of the model's own")
  .addOption(
    new Option(
      "--adapter <NAME=DIR>",
      "serve an adapter as a model of that name: PEFT's form, or a folder of rpo train; repeatable",
    )
      .argParser(collect)
      .default([], "none"),
  )
  .option("--executable <PROGRAM>", "vLLM's program", "vllm")
  .option("--write <FILE>", "write the endpoints as an rpo.yaml, when they serve")
  .option("--logs <DIR>", "folder of the servers' logs (default: in the cache)")
  .action((model: string, more: string[], flags: StartFlags) => reportingSystemErrors(() => start(model, more, flags)));

export const command = new Command("vllm").description("run vLLM servers on this machine").addCommand(startCommand);
