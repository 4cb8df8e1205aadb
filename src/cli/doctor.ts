// `rpo doctor`: what this machine has of what the commands can use. Tries things out and changes nothing.
import { availableParallelism, freemem, totalmem } from "node:os";
import { Command } from "commander";
import { env } from "onnxruntime-node";
import { listModels } from "../model/pull.ts";
import { DEVICES, type DeviceState, probeDevice, providers } from "../train/embedded/devices.ts";

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

export const command = new Command("doctor")
  .description("what this machine has: Node.js, memory, ONNX Runtime and its devices, llama.cpp, cached models")
  .option("--json", "print one JSON object")
  .action(async ({ json = false }: { json?: boolean }) => {
    const findings = await examine();
    process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : findingsText(findings));
  });
