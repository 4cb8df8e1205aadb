// A program that behaves as `vllm serve` does towards who started it, for tests: reads the flags, starts slowly, says 503 and then
// 200 under /health, lists its models, and goes wrong as STAND_IN (JSON) says. Computes nothing.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

interface Behaviour {
  /** File that each start adds a line of JSON to: arguments, processors, number of the process. */
  readonly record?: string;
  readonly startMs?: number;
  /** Ends so long after it was seen healthy. */
  readonly dieAfterMs?: number;
  /** Does wrong only while this file is not there, and makes it. */
  readonly onceFile?: string;
  /** Ends at once where it is given this flag. */
  readonly refuse?: string;
  readonly ignoreTerm?: boolean;
  /** Starts a process that sleeps, as vLLM starts its workers. */
  readonly worker?: boolean;
  /** Says 503 so long after it was seen healthy, as a server whose engine is dead. */
  readonly sickAfterMs?: number;
}

const behaviour = JSON.parse(process.env.STAND_IN ?? "{}") as Behaviour;
const args = process.argv.slice(2);
const value = (flag: string): string | undefined => args[args.indexOf(flag) + 1];
const { onceFile } = behaviour;
const behaves = onceFile !== undefined && existsSync(onceFile);
if (onceFile !== undefined) writeFileSync(onceFile, "");

process.stderr.write(`INFO: stand-in for vLLM, ${args.length} arguments\n`);
if (behaviour.refuse !== undefined && args.includes(behaviour.refuse)) {
  process.stderr.write(
    `usage: vllm serve [model_tag] [options]\nvllm: error: unrecognized arguments: ${behaviour.refuse}\n`,
  );
  process.exit(2);
}
if (behaviour.ignoreTerm) process.on("SIGTERM", () => {});

// Unlike node's other children it is not ended with its parent.
const worker = behaviour.worker ? spawn("sleep", ["600"], { stdio: "ignore" }).pid : null;
if (behaviour.record !== undefined)
  appendFileSync(
    behaviour.record,
    `${JSON.stringify({ args, gpus: process.env.CUDA_VISIBLE_DEVICES, order: process.env.CUDA_DEVICE_ORDER, pid: process.pid, worker })}\n`,
  );

const { startMs = 0, dieAfterMs, sickAfterMs } = behaviour;
const startedAt = performance.now();
let sick = false;
let seen = false;

/** What goes wrong is counted from the first time that it was seen healthy, so that no test has to race it. */
function seenHealthy(): void {
  if (seen || behaves) return;
  seen = true;
  if (dieAfterMs !== undefined)
    setTimeout(() => {
      process.stderr.write("ERROR: EngineDeadError\n");
      process.exit(1);
    }, dieAfterMs);
  if (sickAfterMs !== undefined)
    setTimeout(() => {
      sick = true;
    }, sickAfterMs);
}

// As vLLM does, it takes its port before it can serve.
createServer((request, response) => {
  const healthy = !sick && performance.now() - startedAt >= startMs;
  if (request.url !== "/health") response.writeHead(404).end();
  else response.writeHead(healthy ? 200 : 503).end(healthy ? seenHealthy : undefined);
}).listen(Number(value("--port")), value("--host"));
