// Requests a second to an endpoint, and the client's peak memory: `node bench/requests.ts [REQUESTS] [SLOTS] [LATENCY]` (50,000,
// 1,000 and 50 where left out). The scripted server runs in a process of its own; beside the model behind an endpoint, a bare loop
// over the same undici pool asks it the same number of times, which is the floor of what HTTP costs on this machine: it sends one
// body, reads the answer's text out of the JSON, and does nothing else. A third client has connections that answer at once: what
// the model behind an endpoint costs without HTTP. Each client is a process of its own, so that each has its own peak, with
// V8's young generation held small as `rpo run` holds it: else it grows to 128 MiB under many requests at once, with HTTP or without. Targets:
// 95 % of slots / latency; 300 MB. On few cores the bound is beyond what Node.js's HTTP can do on both sides: then the share of the
// floor is what the model behind an endpoint can be held to.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Dispatcher, Pool } from "undici";
import { keepYoungGenerationSmall } from "../src/cli/young-generation.ts";
import { endpointModel } from "../src/model/endpoint.ts";
import type { GenerateRequest } from "../src/model/model.ts";
import { scriptedServer } from "../src/model/scripted-server.ts";

const THIS = fileURLToPath(import.meta.url);
/** Rounds of each client, in turns: the machine's mood changes. */
const ROUNDS = 3;
/** About the size of a short prompt and of a short answer. */
const SYSTEM = "You answer as a keeper of the harbour, in one paragraph, without commas. ".repeat(6);
const ANSWER = "The harbour keeps its own time and every boat comes home with a story worth telling. ".repeat(3);

const requestAt = (index: number): GenerateRequest => ({
  messages: [
    { role: "system", content: SYSTEM },
    { role: "user", content: `Question ${index}: when does the ferry leave?` },
  ],
  seed: index,
  maxTokens: 256,
});

/** Does `count` jobs, so many at once. */
async function together(count: number, atOnce: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await job(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}

async function bare(url: URL, count: number, slots: number): Promise<void> {
  const pool = new Pool(url.origin, { connections: slots, pipelining: 1 });
  const { messages } = requestAt(0);
  const body = JSON.stringify({ model: "scripted", messages, seed: 0, max_tokens: 256, temperature: 1 });
  const headers = ["accept", "application/json", "content-type", "application/json"];
  const options = { path: "/v1/chat/completions", method: "POST", headers, body, headersTimeout: 0, bodyTimeout: 0 };
  await together(count, slots, () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const chunks: Buffer[] = [];
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd() {
        const { choices } = JSON.parse(Buffer.concat(chunks).toString()) as {
          choices: { message: { content: string } }[];
        };
        if (choices[0]?.message.content === ANSWER) resolve();
        else reject(new Error("another answer"));
      },
      onResponseError: (_, error) => reject(error),
    };
    pool.dispatch(options, handler);
    return promise;
  });
  await pool.destroy();
}

async function endpoint(url: URL, count: number, slots: number, dispatcher?: Dispatcher): Promise<void> {
  const model = endpointModel({ url: url.href, model: "scripted", concurrency: slots, dispatcher });
  await together(count, slots, async (index) => {
    const { choices } = await model.generate(requestAt(index));
    if (choices[0]?.text !== ANSWER) throw new Error("another answer");
  });
  await model.dispose();
}

/** Connections that answer in the event loop's next turn. */
function answerAtOnce(): Dispatcher {
  const choice = { index: 0, message: { role: "assistant", content: ANSWER }, finish_reason: "stop", logprobs: null };
  const usage = { prompt_tokens: 80, completion_tokens: 48, total_tokens: 128 };
  const body = Buffer.from(JSON.stringify({ id: "0", object: "chat.completion", choices: [choice], usage }));
  const controller = { abort() {} } as unknown as Dispatcher.DispatchController;
  const handlers: Dispatcher.DispatchHandler[] = [];
  const answer = (): void => {
    for (const handler of handlers.splice(0)) {
      handler.onRequestStart?.(controller, {});
      handler.onResponseStart?.(controller, 200, {});
      handler.onResponseData?.(controller, body);
      handler.onResponseEnd?.(controller, {});
    }
  };
  const dispatch = (_: unknown, handler: Dispatcher.DispatchHandler): boolean => {
    if (handlers.push(handler) === 1) setImmediate(answer);
    return true;
  };
  return { dispatch } as unknown as Dispatcher;
}

const CLIENTS = {
  bare,
  endpoint: (url: URL, count: number, slots: number) => endpoint(url, count, slots),
  own: (url: URL, count: number, slots: number) => endpoint(url, count, slots, answerAtOnce()),
} as const;
const isClient = (name: string): name is keyof typeof CLIENTS => Object.hasOwn(CLIENTS, name);

const [mode = "", ...rest] = process.argv.slice(2);
if (mode === "server") {
  const [latencyMs, slots] = rest.map(Number) as [number, number];
  const server = await scriptedServer({ latencyMs, slots, script: () => ANSWER });
  console.log(server.url);
  process.once("SIGTERM", () => {
    const { answers, choices, mostAtOnce } = server.served;
    console.log(JSON.stringify({ answers: answers.size, choices, mostAtOnce }));
    process.exit(0);
  });
} else if (isClient(mode)) {
  const [address = "", count, slots] = rest;
  keepYoungGenerationSmall();
  const start = performance.now();
  const before = process.cpuUsage(); // the start of a process with sources to strip takes half a second
  await CLIENTS[mode](new URL(address), Number(count), Number(slots));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ seconds, peakKiB: process.resourceUsage().maxRSS, cpu: (user + system) / 1e6 }));
} else {
  const [count, slots, latency] = [mode || 50_000, rest[0] ?? 1000, rest[1] ?? 50].map(Number) as [
    number,
    number,
    number,
  ];
  const server = spawn(process.execPath, [THIS, "server", String(latency), String(slots)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    const url = String((await lines.next()).value);
    const bound = slots / (latency / 1000);
    const shown = (value: number): string => Math.round(value).toLocaleString("en-US");
    const rates: Record<keyof typeof CLIENTS, number[]> = { bare: [], endpoint: [], own: [] };
    const measure = (client: keyof typeof CLIENTS): number => {
      const command = [THIS, client, url, String(count), String(slots)];
      const run = spawnSync(process.execPath, command, { encoding: "utf8" });
      if (run.status !== 0) throw new Error(run.stderr);
      const { seconds, peakKiB, cpu } = JSON.parse(run.stdout) as { seconds: number; peakKiB: number; cpu: number };
      console.log(
        `${client}: ${shown(count / seconds)} requests a second, ` +
          `${((cpu / count) * 1e6).toFixed(0)} µs of processor each, peak memory ${shown(peakKiB / 1024)} MiB`,
      );
      return count / seconds;
    };
    for (let round = 0; round < ROUNDS; round += 1)
      for (const client of ["bare", "endpoint", "own"] as const) rates[client].push(measure(client));
    const best = (list: number[]): number => Math.max(...list);
    console.log(
      `requests: best ${shown(best(rates.endpoint))} a second, ${((best(rates.endpoint) / bound) * 100).toFixed(0)} % of the ` +
        `server's bound ${shown(bound)} (target 95), ${((best(rates.endpoint) / best(rates.bare)) * 100).toFixed(0)} % of the ` +
        `bare loop's ${shown(best(rates.bare))}; peak memory target 300`,
    );
    server.kill("SIGTERM");
    console.log(`server: ${String((await lines.next()).value)}`);
  } finally {
    server.kill("SIGKILL");
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  }
}
