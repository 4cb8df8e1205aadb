import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { EmbeddedModelOptions } from "../model/embedded.ts";
import type { ChatModel } from "../model/model.ts";
import { ModelUnavailableError } from "../model/pull.ts";
import { scriptedModel } from "../model/scripted-model.ts";
import { type ScriptedServer, scriptedServer } from "../model/scripted-server.ts";
import { type OpenedRoles, openRoles } from "./role-models.ts";
import { parseRunConfig } from "./run-config.ts";

const ASK = { messages: [{ role: "user", content: "Hello" }], seed: 1, maxTokens: 10 } as const;
const config = (text: string, env: Record<string, string> = {}) => parseRunConfig(text, "/r/rpo.yaml", { env });

const servers: ScriptedServer[] = [];
const opened: OpenedRoles[] = [];
afterEach(async () => {
  for (const roles of opened.splice(0)) await roles.dispose();
  for (const server of servers.splice(0)) await server.close();
});
async function serve(options: Parameters<typeof scriptedServer>[0]): Promise<ScriptedServer> {
  const server = await scriptedServer(options);
  servers.push(server);
  return server;
}
async function open(...args: Parameters<typeof openRoles>): Promise<OpenedRoles> {
  const roles = await openRoles(...args);
  opened.push(roles);
  return roles;
}

describe("the models of roles at servers", () => {
  it("have the key of the environment, and the role's own model", async () => {
    const { url, bodies } = await serve({
      key: "s3cret-key",
      models: ["base", "tuned"],
      script: ({ body }) => body.model,
    });
    const asked = config(
      `endpoints: { a: { url: '${url}', model: base, keyEnv: MY_KEY } }\nroles: { policy: { model: tuned, temperature: 0.9 } }`,
    );
    const roles = await open(asked, ["judge", "policy", "critic"], { env: { MY_KEY: "s3cret-key" } });
    const text = async (model: ChatModel) => (await model.generate(ASK)).choices[0]?.text;
    expect(await text(roles.model("judge"))).toBe("base");
    expect(await text(roles.model("policy"))).toBe("tuned");
    expect([roles.identity("judge"), roles.identity("policy")]).toEqual(["base", "tuned"]);
    expect(roles.sampling("policy")).toMatchObject({ temperature: 0.9, n: 5 });
    // What the file says holds whatever is asked; else it is for who asks to say.
    expect(bodies.map(({ temperature }) => temperature)).toEqual([1, 0.9]);
    const seen: unknown[] = [];
    const behind = (model: ChatModel): ChatModel => ({
      ...model,
      generate: (request, options) => {
        seen.push(request.temperature);
        return model.generate(request, options);
      },
    });
    await roles.model("policy", behind).generate(ASK);
    expect(seen).toEqual([0.9]); // a store there knows the request as it is made
    // One endpoint, one model: one client, with its one limit of requests at once.
    expect(roles.model("critic")).toBe(roles.model("judge"));
    expect(() => roles.model("user")).toThrow("the role user was not opened");
  });

  it("have the endpoint's settings", async () => {
    const asked = config(
      "endpoints: { a: { url: 'http://h/v1', model: m, timeout: 2, retries: 1, concurrency: 3, schemas: none } }\nroles: {}",
    );
    let given: unknown;
    const served = (options: unknown): ChatModel => {
      given = options;
      return scriptedModel(["x"]);
    };
    await open(asked, ["user"], { env: {}, open: { served } });
    expect(given).toMatchObject({
      url: "http://h/v1",
      model: "m",
      wholeMs: 2000,
      tries: 2,
      concurrency: 3,
      schemas: "none",
    });
  });

  it("have prices where there is a budget, or are refused before anything is asked", async () => {
    const endpoints = "endpoints: { a: { url: 'http://127.0.0.1:9/v1', model: m } }";
    const budget = "run: { budget: 3 }";
    await expect(openRoles(config(`${endpoints}\n${budget}`), ["judge"])).rejects.toThrow(/no price for "m"/);
    await open(config(`${endpoints}\n${budget}\nprices: { m: { input: 0, output: 0 } }`), ["judge"]);
    await open(config(endpoints), ["judge"]);
  });

  it("stand in for each other", async () => {
    const [dead, alive] = await Promise.all([serve({ models: ["m"] }), serve({ models: ["m"] })]);
    await dead.close();
    const asked = config(
      `endpoints: { a: { url: '${dead.url}', model: m, weight: 100, retries: 0 }, b: { url: '${alive.url}', model: m } }\n` +
        "roles: { default: { endpoints: [a, b] } }",
    );
    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    const roles = await open(asked, ["judge", "user"], { env: {}, onNotice });
    expect((await roles.model("judge").generate(ASK)).choices).toHaveLength(1);
    expect(roles.identity("judge")).toBe("m");
    expect(alive.served.choices).toBe(1);
    // Said once, whichever of its roles finds out.
    expect((await roles.model("user").generate(ASK)).choices).toHaveLength(1);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/^m at http:.*ECONNREFUSED.*Other endpoints take its requests$/);
  });

  it.each([
    [
      "endpoints: { a: { url: http://h/v1, model: m, keyEnv: MY_KEY } }",
      {},
      "the endpoint a has its key from the environment variable MY_KEY, which is not set",
    ],
    ["", {}, /^the role judge has no model to ask: give one in the section endpoints of rpo\.yaml/],
    [
      "",
      { OPENAI_API_KEY: "k" },
      "the endpoint openai is there, but no model is named: give roles.default.model in rpo.yaml",
    ],
    [
      "endpoints: { a: { embedded: m.gguf, adapter: no.gguf } }",
      {},
      "the endpoint a: its adapter /r/no.gguf is not there",
    ],
    ["endpoints: { a: { embedded: /no/m.gguf } }", {}, /^the endpoint a: .*\/no\/m\.gguf/],
  ])("are refused: %j", async (text, env, message) => {
    await expect(openRoles(config(text, env), ["judge"], { env })).rejects.toThrow(message);
  });
});

describe("the models of roles in this process", () => {
  /** Doubles that remember what they were asked for. */
  function doubles() {
    const pulled: string[] = [];
    const made: EmbeddedModelOptions[] = [];
    const disposed: string[] = [];
    return {
      pulled,
      made,
      disposed,
      open: {
        pull: async (model: string) => {
          if (model === "/r/none.gguf") throw new ModelUnavailableError("no source has it");
          pulled.push(model);
          return { sha256: `sha-${model}`, settings: { path: `/cache/${model}`, name: model, chatTemplate: "T" } };
        },
        embedded: (options: EmbeddedModelOptions): ChatModel => {
          made.push(options);
          const model = scriptedModel(["x"], { name: options.name ?? options.path });
          return {
            ...model,
            dispose: async () => {
              disposed.push(model.name);
            },
          };
        },
      },
    };
  }

  it("are fetched and loaded once, however many roles and names they have", async () => {
    const { open: doubled, pulled, made, disposed } = doubles();
    const asked = config(
      "endpoints: { a: { embedded: smollm2-135m, contextSize: 512 }, b: { embedded: smollm2-135m, contextSize: 512, weight: 2 } }\n" +
        "roles: { default: { endpoints: [a] }, judge: { endpoints: [b] } }",
    );
    const roles = await openRoles(asked, ["user", "policy", "judge"], { env: {}, open: doubled });
    expect(pulled).toEqual(["smollm2-135m"]);
    expect(made).toEqual([{ path: "/cache/smollm2-135m", name: "smollm2-135m", chatTemplate: "T", contextSize: 512 }]);
    expect(roles.model("judge")).toBe(roles.model("user"));
    expect(roles.identity("judge")).toBe("sha-smollm2-135m");
    await roles.dispose();
    expect(disposed).toEqual(["smollm2-135m"]);
  });

  it("are other models with an adapter", async () => {
    const dir = await mkdtemp(join(tmpdir(), "rpo-roles-"));
    try {
      const adapter = join(dir, "adapter.gguf");
      await writeFile(adapter, "a");
      const { open: doubled, made } = doubles();
      const asked = config(
        `endpoints: { a: { embedded: smollm2-135m }, t: { embedded: smollm2-135m, adapter: '${adapter}' } }\n` +
          "roles: { default: { endpoints: [a] }, policy: { endpoints: [t] } }",
      );
      const roles = await open(asked, ["user", "policy"], { env: {}, open: doubled });
      expect(made[1]).toEqual({ path: "/cache/smollm2-135m", chatTemplate: "T", contextSize: 2048, adapter });
      expect(roles.identity("user")).toBe("sha-smollm2-135m");
      expect(roles.identity("policy")).toMatch(/^sha-smollm2-135m\+[0-9a-f]{64}$/);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("are closed again where one can't be opened", async () => {
    const { open: doubled, disposed } = doubles();
    const asked = config(
      "endpoints: { a: { embedded: smollm2-135m }, b: { embedded: none.gguf } }\nroles: { default: { endpoints: [a] }, judge: { endpoints: [b] } }",
    );
    await expect(openRoles(asked, ["user", "judge"], { env: {}, open: doubled })).rejects.toThrow(
      "the endpoint b: no source has it",
    );
    expect(disposed).toEqual(["smollm2-135m"]);
  });
});
