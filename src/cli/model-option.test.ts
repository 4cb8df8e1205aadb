import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it, onTestFinished } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { CliError } from "./cli-error.ts";
import { type KeptModelFlags, openKeptModel, openModel, withKeptModelOption } from "./model-option.ts";

const quiet = { contextSize: 1024, say: () => {}, env: {} };

/** An endpoint that says "yes", with what it was asked. */
async function endpoint(): Promise<{ url: string; asked: { model: string; key: string | undefined }[] }> {
  const asked: { model: string; key: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { model } = JSON.parse(body);
    asked.push({ model, key: request.headers.authorization });
    const message = { role: "assistant", content: "yes" };
    response.end(
      JSON.stringify({
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

const request = { messages: [{ role: "user", content: "Well?" }], seed: 1, maxTokens: 5 } as const;

describe("openModel", () => {
  it("says which models there are where a name means nothing", async () => {
    const refused = await openModel({ model: "gpt-9" }, quiet).catch((error) => error);
    expect(refused).toBeInstanceOf(CliError);
    expect(refused.message).toMatch(/no model "gpt-9": known are smollm2-135m.*--endpoint/);
  });

  it("says that there is no file where a path leads nowhere", async () => {
    const refused = await openModel({ model: "./nowhere.gguf" }, quiet).catch((error) => error);
    expect(refused).toBeInstanceOf(CliError);
    expect(refused.message).toContain("nowhere.gguf");
  });

  it("asks the endpoint that is given, or that of the environment for a name that this machine does not know", async () => {
    const { url, asked } = await endpoint();
    const given = await openModel({ model: "smollm2-135m", endpoint: url }, quiet);
    expect(given.identity).toBe("smollm2-135m");
    expect((await given.chat.generate(request)).choices[0]?.text).toBe("yes");
    await given.chat.dispose();
    const env = { OPENAI_BASE_URL: url, OPENAI_API_KEY: "sk-test-key" };
    const named = await openModel({ model: "Qwen/Qwen3-8B" }, { ...quiet, env });
    await named.chat.generate(request);
    await named.chat.dispose();
    expect(asked).toEqual([
      { model: "smollm2-135m", key: undefined },
      { model: "Qwen/Qwen3-8B", key: "Bearer sk-test-key" },
    ]);
  });
});

describe("openKeptModel", () => {
  it("asks once, in whatever process", async () => {
    const dir = mkdtempSync(join(tmpdir(), "rpo-kept-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const { url, asked } = await endpoint();
    for (const _ of [1, 2]) {
      const { chat } = await openKeptModel(
        { model: "m", endpoint: url, dir },
        { ...quiet, role: "judge", stage: "audit" },
      );
      expect((await chat.generate(request)).choices[0]?.text).toBe("yes");
      await chat.dispose();
    }
    expect(asked).toHaveLength(1);
  });

  it("refuses a directory in which another works, and gives it back when it cannot open the model", async () => {
    const dir = mkdtempSync(join(tmpdir(), "rpo-kept-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const options = { ...quiet, role: "judge", stage: "audit" };
    await expect(openKeptModel({ model: "gpt-9", dir }, options)).rejects.toThrow(CliError);
    const flags = { model: "m", endpoint: "http://127.0.0.1:9/v1", dir };
    const { chat } = await openKeptModel(flags, options);
    await expect(openKeptModel(flags, options)).rejects.toThrow(InputError);
    await chat.dispose();
    const again = await openKeptModel(flags, options);
    await again.chat.dispose();
  });
});

describe("withKeptModelOption", () => {
  it("reads --model, --endpoint and --dir", () => {
    let seen: KeptModelFlags | undefined;
    const command = () =>
      withKeptModelOption(new Command("x")).action((flags: KeptModelFlags) => {
        seen = flags;
      });
    command().parse(["--model", "smollm2-135m"], { from: "user" });
    expect(seen).toEqual({ model: "smollm2-135m", dir: "rpo-run" });
    command().parse(["--model", "m", "--endpoint", "http://h/v1", "--dir", "d"], { from: "user" });
    expect(seen).toEqual({ model: "m", endpoint: "http://h/v1", dir: "d" });
  });
});
