// `rpo serve --model M`: the embedded model, and adapters of it, to every client of OpenAI's chat completions. The work is in
// src/serve/.
import { Command, InvalidArgumentError } from "commander";
import { refuseAlienAdapter } from "../adapter/gguf-adapter.ts";
import { type EmbeddedModel, embeddedModel } from "../model/embedded.ts";
import { failureReason } from "../model/failure-reason.ts";
import { ModelReferenceError } from "../model/model-reference.ts";
import { ModelUnavailableError, type PulledModel, pull } from "../model/pull.ts";
import type { ServedModel } from "../serve/model-shelf.ts";
import { type RunningServer, startServer } from "../serve/server.ts";
import { readGgufFile } from "../weights/gguf-file.ts";
import { CliError } from "./cli-error.ts";
import { wholeNumber } from "./option-value.ts";
import { type ProgressLine, progressLine, transfer } from "./progress-line.ts";
import { requireOptions } from "./required-options.ts";
import { type SignalStop, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";

/** That of llama.cpp's server: clients set up for it need no change. */
const DEFAULT_PORT = 8080;
const MOST_PORT = 65535;
/** As the embedded model by itself: memory is taken for 8 samples of that length on each of up to 4 lanes, see docs/serve.md. */
const DEFAULT_CONTEXT = 2048;
/** The embedded model's own least. */
const LEAST_CONTEXT = 64;
/** Addresses that other machines don't reach. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/;
/** How often the line that says that a model is being loaded is renewed, in milliseconds. */
const RENEW_MS = 250;

interface Adapter {
  readonly name: string;
  readonly file: string;
}

interface ServeFlags {
  readonly model: string;
  readonly adapter: readonly Adapter[];
  readonly port: number;
  readonly host: string;
  readonly apiKeyEnv?: string;
  readonly context: number;
}

function adapter(text: string, before: readonly Adapter[]): Adapter[] {
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || file === undefined) throw new InvalidArgumentError("It must be NAME=FILE.");
  if (before.some((other) => other.name === name)) throw new InvalidArgumentError(`There are two adapters "${name}".`);
  return [...before, { name, file }];
}

function port(text: string): number {
  const value = wholeNumber(0)(text);
  if (value > MOST_PORT) throw new InvalidArgumentError(`It must be at most ${MOST_PORT}.`);
  return value;
}

export const command = new Command("serve")
  .description("serve a model, and adapters of it, by OpenAI's chat completions; prints the base URL for clients")
  .option(
    "--model <MODEL>",
    "a known name (see `rpo models list`), hf:owner/repo/file.gguf, or the path of a GGUF file",
  )
  .option(
    "--adapter <NAME=FILE>",
    "a LoRA adapter as a GGUF file, served as the model NAME; may be given again",
    adapter,
    [],
  )
  .option("--port <N>", "port to listen at; 0 takes a free one", port, DEFAULT_PORT)
  .option("--host <ADDRESS>", "address to listen at", "127.0.0.1")
  .option(
    "--api-key-env <VAR>",
    "environment variable with the key that clients must bring; without it, all are let in",
  )
  .option("--context <N>", "tokens of prompt and answer together", wholeNumber(LEAST_CONTEXT), DEFAULT_CONTEXT)
  .addHelpText(
    "after",
    `
The model is loaded at once, an adapter at its first request; two stay loaded. Ctrl-C ends what runs and the server.
docs/serve.md says what clients can ask for.`,
  )
  .action((flags: ServeFlags, self: Command) => {
    requireOptions(self, ["--model"]);
    return reportingSystemErrors(() => run(flags));
  });

async function run(flags: ServeFlags): Promise<void> {
  const apiKey = keyOf(flags);
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const say = (text: string): void => {
    progress.done();
    process.stderr.write(`${text}\n`);
  };
  if (apiKey === null && !LOOPBACK.test(flags.host))
    say(`anybody who reaches ${flags.host} can use this server: --api-key-env keeps others out`);
  const stop = stopOnSignal(() => say("\nstopping; once more ends at once …"));
  try {
    const file = await pulled(flags.model, stop.signal, progress, say);
    const models = await servedModels(file, flags, progress);
    const server = await startServer({
      models,
      host: flags.host,
      port: flags.port,
      apiKey,
      maxTokens: flags.context,
      onFault: (error) => say(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    });
    await serveUntil(server, file.settings.name, stop, say);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    progress.done();
    stop.release();
  }
}

/** The key's value is looked up here and goes to the server only; it is never said. */
function keyOf({ apiKeyEnv }: ServeFlags): string | null {
  if (apiKeyEnv === undefined) return null;
  const key = process.env[apiKeyEnv];
  if (!key) throw new CliError(`--api-key-env: the environment variable ${apiKeyEnv} is not set, or empty`);
  return key;
}

async function pulled(
  model: string,
  signal: AbortSignal,
  progress: ProgressLine,
  say: (text: string) => void,
): Promise<PulledModel> {
  try {
    const onProgress = (moved: Parameters<typeof transfer>[0]): void => progress.update(() => transfer(moved));
    return await pull(model, { signal, onProgress, onNotice: say });
  } catch (error) {
    if (error instanceof ModelReferenceError || error instanceof ModelUnavailableError)
      throw new CliError(error.message);
    throw error;
  } finally {
    progress.done();
  }
}

/** The model and its adapters, whose files are looked at now: that one is wrong is better known before a client asks for it. */
async function servedModels(
  { path, settings }: PulledModel,
  { adapter, context: contextSize }: ServeFlags,
  progress: ProgressLine,
): Promise<ServedModel[]> {
  const base = settings.name;
  if (adapter.some(({ name }) => name === base)) throw new CliError(`--adapter: "${base}" is the model's own name`, 2);
  if (adapter.length > 0) {
    const { metadata } = await readGgufFile(path);
    for (const { file } of adapter) await refuseAlienAdapter(file, String(metadata.get("general.architecture")));
  }
  const served = (id: string, more: { readonly adapter?: string } = {}): ServedModel => ({
    id,
    open: () => loaded(embeddedModel({ ...settings, name: id, contextSize, ...more }), progress),
  });
  return [served(base), ...adapter.map(({ name, file }) => served(name, { adapter: file }))];
}

async function loaded(model: EmbeddedModel, progress: ProgressLine): Promise<EmbeddedModel> {
  const start = performance.now();
  const said = (): void =>
    progress.update(() => `loading ${model.name}: ${Math.round((performance.now() - start) / 1000)} s`);
  const timer = setInterval(said, RENEW_MS);
  try {
    await model.load();
    return model;
  } catch (error) {
    await model.dispose();
    throw new CliError(failureReason(error));
  } finally {
    clearInterval(timer);
    progress.done();
  }
}

async function serveUntil(
  server: RunningServer,
  model: string,
  { signal }: SignalStop,
  say: (text: string) => void,
): Promise<void> {
  try {
    await server.shelf.use(model, signal, async () => undefined);
    say(`serving ${server.shelf.ids.join(", ")}; Ctrl-C ends it`);
    process.stdout.write(`${server.url}\n`);
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    await server.close();
  }
}
