// `rpo doctor`: what this machine has of what the commands can use. Tries things out and changes nothing. With --engine it proves
// instead that a pair's margin reaches the loss of an engine.
import { availableParallelism, freemem, totalmem } from "node:os";
import { Command, Option } from "commander";
import { env } from "onnxruntime-node";
import { InputError } from "../dataset/input-error.ts";
import { checkEngine, type EngineReport, failedReport, reportText } from "../engine/engine-check.ts";
import { installedPython } from "../engine/engine-environment.ts";
import { ENGINE_NAMES, type EngineName } from "../engine/engine-name.ts";
import { listModels } from "../model/pull.ts";
import { DEVICES, type DeviceState, probeDevice, providers } from "../train/embedded/devices.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";

/** What was found; the fields of `--json`. */
export interface Findings {
  /** Version of Node.js. */
  readonly node: string;
  readonly platform: string;
  /** Processors that this process may use. */
  readonly cores: number;
  /** Memory in bytes; free as the operating system counts it. */
  readonly memory: { readonly free: number; readonly total: number };
  /** ONNX Runtime, with the execution providers it was built with and the devices tried. */
  readonly onnxRuntime: {
    readonly version: string;
    readonly providers: readonly string[];
    readonly devices: readonly DeviceState[];
  };
  /** The embedded llama.cpp, or why it can't be loaded. */
  readonly llamaCpp: { readonly release: string; readonly build: string } | { readonly problem: string };
  /** Cached models with their files' sizes in bytes. */
  readonly models: readonly { readonly name: string; readonly bytes: number; readonly path: string }[];
}

async function llamaCpp(): Promise<Findings["llamaCpp"]> {
  try {
    const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
    const llama = await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
    });
    try {
      return { release: llama.llamaCppRelease.release, build: llama.buildType };
    } finally {
      await llama.dispose();
    }
  } catch (error) {
    return { problem: (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim() };
  }
}

/** Looks at the machine, and tries every device. */
export async function examine(): Promise<Findings> {
  const devices: DeviceState[] = [];
  for (const device of DEVICES) devices.push(await probeDevice(device));
  const models = (await listModels()).filter(({ cached }) => cached);
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memory: { free: freemem(), total: totalmem() },
    onnxRuntime: { version: env.versions.node ?? "unknown", providers: providers(), devices },
    llamaCpp: await llamaCpp(),
    models: models.map(({ name, bytes, path }) => ({ name, bytes, path })),
  };
}

const GIGABYTE = 1e9;
const MEGABYTE = 1e6;

/** The findings for a person, a line each. */
export function findingsText({ node, platform, cores, memory, onnxRuntime, llamaCpp, models }: Findings): string {
  const gigabytes = (bytes: number) => (bytes / GIGABYTE).toFixed(1);
  const lines: [string, string][] = [
    ["Node.js", `${node}, ${platform}`],
    ["cores", String(cores)],
    ["memory", `${gigabytes(memory.free)} of ${gigabytes(memory.total)} GB free`],
    ["ONNX Runtime", `${onnxRuntime.version}, built with ${onnxRuntime.providers.join(", ")}`],
    ...onnxRuntime.devices.map(({ device, problem }): [string, string] => [
      `device ${device}`,
      problem === null ? "works" : `can't be used: ${problem}`,
    ]),
    [
      "llama.cpp",
      "problem" in llamaCpp ? `can't be loaded: ${llamaCpp.problem}` : `${llamaCpp.release}, ${llamaCpp.build}`,
    ],
    ...models.map(({ name, bytes, path }): [string, string] => [
      "model",
      `${name}, ${Math.round(bytes / MEGABYTE)} MB, ${path}`,
    ]),
  ];
  if (models.length === 0) lines.push(["model", "none cached (`rpo models list` shows the known ones)"]);
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, text]) => `${label.padEnd(width)}  ${text}\n`).join("");
}

interface EngineFlags {
  readonly python?: string;
  readonly dir?: string;
  readonly device: "auto" | "cpu" | "cuda";
  readonly json?: boolean;
}

/** Exits with 0 only if all of an engine's self-check holds. */
async function examineEngine(engine: EngineName, { python, dir, device, json }: EngineFlags): Promise<void> {
  const stop = stopOnSignal(() => process.stderr.write("stopping …\n"));
  let report: EngineReport;
  try {
    report = await checkEngine(engine, {
      env: process.env,
      python: python ?? (await installedPython(engine, { env: process.env, directory: dir })),
      device,
      signal: stop.signal,
      onLine: (line) => process.stderr.write(`${line}\n`),
    });
  } catch (error) {
    if (stop.signal.aborted) {
      process.exitCode = EXIT_INTERRUPTED;
      return;
    }
    if (!(error instanceof InputError)) throw error;
    report = failedReport(engine, "environment", error.message);
  } finally {
    stop.release();
  }
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  if (!report.ok) process.exitCode = 1;
}

interface DoctorFlags extends EngineFlags {
  readonly engine?: EngineName;
}

export const command = new Command("doctor")
  .description(
    "what this machine has: Node.js, memory, ONNX Runtime and its devices, llama.cpp, cached models. With --engine: a proof, on a\n" +
      "generated tiny model, that a pair's margin reaches the loss of TRL or LLaMA-Factory as they are installed (1 to 3 minutes)",
  )
  .addOption(new Option("--engine <ENGINE>", "check this engine; exits with 0 only if all holds").choices(ENGINE_NAMES))
  .option("--dir <DIR>", "folder of the engines' environments (default: as `rpo engines`)")
  .option("--python <PATH>", "check the engine in another environment, by its interpreter")
  .addOption(
    new Option("--device <DEVICE>", "where it is checked; auto: on the CPU, and on a GPU where there is one")
      .choices(["auto", "cpu", "cuda"])
      .default("auto"),
  )
  .option("--json", "print one JSON object")
  .action(async ({ engine, ...flags }: DoctorFlags, self: Command) => {
    if (engine !== undefined) return await examineEngine(engine, flags);
    for (const flag of ["dir", "python", "device"])
      if (self.getOptionValueSource(flag) === "cli") self.error(`error: --${flag} is for --engine`);
    const findings = await examine();
    process.stdout.write(flags.json ? `${JSON.stringify(findings, null, 2)}\n` : findingsText(findings));
  });
