// `rpo serve` as its users meet it: the command, asked by the official openai clients for JavaScript and Python. The model is a tiny
// random one with a random adapter, run by the real engine; its texts are noise, broken characters included, which a stream has to
// bring as they are. What the routes refuse is in src/serve/app.test.ts; the real SmolLM2 is in src/model/embedded.test.ts.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeGgufAdapter } from "../src/adapter/gguf-adapter.ts";
import { randomAdapter } from "../src/adapter/random-adapter.ts";
import { randomFrozenWeights } from "../src/weights/random-weights.ts";
import { tinyArchitecture } from "../src/weights/tiny-architecture.ts";
import { writeGgufModel } from "../src/weights/tiny-model-files.ts";

const RPO = fileURLToPath(new URL("../bin/rpo.mjs", import.meta.url));
const SCRIPT = fileURLToPath(new URL("./python/check_serve.py", import.meta.url));
const PYTHON = fileURLToPath(
  new URL(process.platform === "win32" ? "../.venv/Scripts/python.exe" : "../.venv/bin/python", import.meta.url),
);
const KEY = "k3y of the tests";

let home = "";
let server: ChildProcess;
let baseURL = "";
let said = "";

const start = (...flags: string[]): ChildProcess =>
  spawn(process.execPath, [RPO, "serve", "--port", "0", ...flags], {
    env: { ...process.env, RPO_TEST_KEY: KEY },
    stdio: ["ignore", "pipe", "pipe"],
  });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "rpo-serve-"));
  const weights = randomFrozenWeights(tinyArchitecture("llama"), 1, join(home, "weights.bin"));
  await writeGgufModel(join(home, "tiny.gguf"), weights);
  await writeGgufAdapter(join(home, "lora.gguf"), randomAdapter(weights, 1), weights.architecture);
  const flags = ["--model", join(home, "tiny.gguf"), "--adapter", `mine=${join(home, "lora.gguf")}`];
  server = start(...flags, "--context", "256", "--api-key-env", "RPO_TEST_KEY");
  server.stderr!.on("data", (data) => {
    said += data;
  });
  const lines = createInterface(server.stdout!);
  const [first] = await Promise.race([
    once(lines, "line"),
    once(server, "exit").then(() => {
      throw new Error(`rpo serve ended: ${said}`);
    }),
  ]);
  baseURL = first;
});

afterAll(async () => {
  server?.kill("SIGKILL");
  if (home !== "") await rm(home, { recursive: true, force: true });
});

// Retries would ask again at 429 and 5xx: the first answer is the one to look at.
const client = (apiKey = KEY): OpenAI => new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const asked = { model: "tiny", messages: [{ role: "user" as const, content: "hen" }], max_tokens: 8, seed: 5 };

const failure = async (request: Promise<unknown>): Promise<unknown> => {
  const error = await request.catch((reason: unknown) => reason);
  if (!(error instanceof APIError)) return error;
  return { status: error.status, code: error.code, param: error.param };
};

const UNKNOWN = { status: 404, code: "model_not_found", param: "model" };
const STRANGER = { status: 401, code: "invalid_api_key", param: null };
const LONG = { status: 400, code: "context_length_exceeded", param: "messages" };
const long = "hen ".repeat(5000);

describe("rpo serve", () => {
  it("listens at this machine only, and says what it serves", () => {
    expect(baseURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(said).toContain("serving tiny, mine; Ctrl-C ends it");
    expect(said).not.toContain(KEY);
  });

  describe("to the JavaScript client", () => {
    it("lists its models", async () => {
      const models = await client().models.list();
      expect(models.data.map(({ id }) => id)).toEqual(["tiny", "mine"]);
      expect((await client().models.retrieve("mine")).id).toBe("mine");
    });

    it("streams what it answers, for the same seed, choice by choice", async () => {
      const whole = await client().chat.completions.create({ ...asked, n: 3 });
      expect(whole.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
      const pieces: string[][] = [[], [], []];
      const reasons: string[] = [];
      const stream = await client().chat.completions.create({
        ...asked,
        n: 3,
        stream: true,
        stream_options: { include_usage: true },
      });
      let usage: unknown;
      for await (const chunk of stream) {
        for (const { index, delta, finish_reason } of chunk.choices) {
          if (delta.content) pieces[index]!.push(delta.content);
          if (finish_reason) reasons[index] = finish_reason;
        }
        usage = chunk.usage ?? usage;
      }
      expect(pieces.map((told) => told.join(""))).toEqual(whole.choices.map(({ message }) => message.content));
      expect(Math.max(...pieces.map((told) => told.length))).toBeGreaterThan(2);
      expect(reasons).toEqual(whole.choices.map(({ finish_reason }) => finish_reason));
      expect(usage).toEqual(whole.usage);
    });

    it("tells log-probabilities, in a stream too", async () => {
      const scored = { ...asked, logprobs: true, top_logprobs: 2 };
      const [choice] = (await client().chat.completions.create(scored)).choices;
      const content = choice!.logprobs!.content!;
      expect(content.length).toBeGreaterThan(0);
      for (const { logprob, top_logprobs } of content) {
        expect(logprob).toBeLessThanOrEqual(top_logprobs[0]!.logprob);
        expect(top_logprobs).toHaveLength(2);
      }
      const streamed = await client().chat.completions.stream(scored).finalChatCompletion();
      expect(streamed.choices[0]!.logprobs!.content).toEqual(content);
      expect(streamed.choices[0]!.message.content).toBe(choice!.message.content);
    });

    it("holds answers to a schema, or to JSON", async () => {
      const schema = { type: "object", properties: { verdict: { enum: ["pass", "fail"] } }, required: ["verdict"] };
      const held = await client().chat.completions.create({
        ...asked,
        max_tokens: 60,
        response_format: { type: "json_schema", json_schema: { name: "verdict", strict: true, schema } },
      });
      expect(JSON.parse(held.choices[0]!.message.content!)).toEqual({
        verdict: expect.stringMatching(/^(pass|fail)$/),
      });
      const json = await client().chat.completions.create({ ...asked, response_format: { type: "json_object" } });
      expect(json.choices[0]!.message.content).toMatch(/^\{/);
    });

    it("serves an adapter as a model of its own", async () => {
      const scored = { ...asked, temperature: 0, logprobs: true };
      const [base, adapted, again] = await Promise.all(
        ["tiny", "mine", "mine"].map(
          async (model) => (await client().chat.completions.create({ ...scored, model })).choices[0]!,
        ),
      );
      expect(adapted!.logprobs).not.toEqual(base!.logprobs);
      expect(again).toEqual(adapted);
    });

    it("refuses with the API's errors", async () => {
      const { completions } = client().chat;
      expect(await failure(completions.create({ ...asked, model: "nobody" }))).toEqual(UNKNOWN);
      expect(await failure(client("wrong").models.list())).toEqual(STRANGER);
      const messages = [{ role: "user" as const, content: long }];
      expect(await failure(completions.create({ ...asked, messages }))).toEqual(LONG);
      expect(await failure(completions.create({ ...asked, messages, stream: true }))).toEqual(LONG);
      expect(await failure(completions.create({ ...asked, n: 0 }))).toEqual({
        status: 400,
        code: "invalid_value",
        param: "n",
      });
    });

    it("goes on after a client that left in the midst of an answer", async () => {
      const health = async (): Promise<unknown> => (await fetch(new URL("/health", baseURL))).json();
      const endless = { ...asked, max_tokens: 200, n: 64 };
      const stream = await client().chat.completions.create({ ...endless, stream: true });
      for await (const _ of stream) break;
      const stop = new AbortController();
      const whole = client().chat.completions.create(endless, { signal: stop.signal });
      await expect.poll(health).toMatchObject({ running: 1 });
      stop.abort();
      await expect(whole).rejects.toThrow("aborted");
      await expect.poll(health, { timeout: 5000 }).toEqual({ status: "ok", running: 0, waiting: 0 });
      expect((await client().chat.completions.create(asked)).choices).toHaveLength(1);
    });
  });

  it("answers the Python client alike", async () => {
    if (!existsSync(PYTHON))
      throw new Error("The Python environment .venv is missing: run `npm test`, which makes it (or `npm run setup`).");
    const out = join(home, "python.json");
    await promisify(execFile)(PYTHON, [SCRIPT, out, baseURL, KEY, "tiny", "mine"]).catch(
      (error: Error & { stderr?: string }) => {
        throw new Error(`check_serve.py failed:\n${error.stderr?.slice(-4000) ?? error.message}`);
      },
    );
    const told = JSON.parse(await readFile(out, "utf8"));
    const ours = await client().chat.completions.create({ ...asked, n: 3 });
    const texts = ours.choices.map(({ message }) => message.content);
    expect(told).toMatchObject({ models: ["tiny", "mine"], model: "mine", texts, streamed: texts, usage: ours.usage });
    expect(told.streamedReasons).toEqual(told.reasons);
    expect(told.streamedUsage).toEqual(told.usage);
    expect(told.scoredText).toBe(texts[0]);
    expect(told.logprobs).toHaveLength(told.tokens.length);
    for (const logprob of told.logprobs) expect(logprob).toBeLessThanOrEqual(0);
    expect(new Set(told.tops)).toEqual(new Set([2]));
    expect(JSON.parse(told.held)).toEqual({ verdict: expect.stringMatching(/^(pass|fail)$/) });
    expect(told.adapted).not.toBe(texts[0]);
    expect(told.unknown).toEqual({ kind: "NotFoundError", ...UNKNOWN });
    expect(told.stranger).toEqual({ kind: "AuthenticationError", ...STRANGER });
    expect(told.long).toEqual({ kind: "BadRequestError", ...LONG });
  });

  it("says what is wrong with its flags and files before it serves", async () => {
    const run = async (...flags: string[]): Promise<readonly [number, string]> => {
      const child = start(...flags);
      let errors = "";
      child.stderr!.on("data", (data) => {
        errors += data;
      });
      const [code] = await once(child, "close");
      return [code, errors];
    };
    const model = ["--model", join(home, "tiny.gguf")];
    const [[noKey, ofKey], [noAdapter, ofAdapter], [twoNames, ofNames]] = await Promise.all([
      run(...model, "--api-key-env", "RPO_TEST_NO_KEY"),
      run(...model, "--adapter", `a=${join(home, "tiny.gguf")}`),
      run(...model, "--adapter", "a=x", "--adapter", "a=y"),
    ]);
    expect([noKey, ofKey]).toEqual([1, expect.stringContaining("RPO_TEST_NO_KEY is not set")]);
    expect([noAdapter, ofAdapter]).toEqual([1, expect.stringContaining("is no LoRA adapter")]);
    expect([twoNames, ofNames]).toEqual([2, expect.stringContaining('two adapters "a"')]);
  });
});

describe("rpo serve at Ctrl-C", () => {
  it("tells the clients, and ends with nothing left over", async () => {
    const own = start("--model", join(home, "tiny.gguf"));
    const [url] = await once(createInterface(own.stdout!), "line");
    const { completions } = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 }).chat;
    const answer = failure(completions.create({ ...asked, max_tokens: 2000, n: 64 }));
    await expect.poll(async () => (await fetch(new URL("/health", url))).json()).toMatchObject({ running: 1 });
    own.kill("SIGINT");
    const [code] = await once(own, "exit");
    expect(code).toBe(0);
    expect(await answer).toMatchObject({ status: 503, code: "shutting_down" });
  });
});
