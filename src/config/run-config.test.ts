import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { defaultRunConfig, parseRunConfig, readRunConfig } from "./run-config.ts";

const FILE = "/runs/a/rpo.yaml";
const parse = (text: string, env: Record<string, string> = {}) => parseRunConfig(text, FILE, { env });

const TWO = "endpoints:\n  one: { url: http://h:1/v1, model: m }\n  two: { url: http://h:2/v1, model: m }\n";

describe("a run's configuration", () => {
  it("has the method's numbers where nothing is said", () => {
    const config = parse("");
    expect(config).toMatchObject({
      endpoints: [],
      run: { dir: "/runs/a", language: ["en"], seed: 1, budget: null },
      bank: { profiles: SAMPLE_PROFILES, generate: null, personas: null },
      dialogue: { turns: 5, historyMessages: 10, manners: 10, acceptance: 0.7, critiques: 3 },
      judge: { votes: 1, perCall: 8, code: true },
      reverse: { audit: 8, threshold: 0.75, rewrites: 1 },
      pairs: { method: "rpo", untriggered: "keep", minGap: 1, validation: 0.1, seed: 1 },
      train: {},
    });
    expect(config.roles.policy).toMatchObject({ n: 5, temperature: 1, endpoints: [], model: null });
    expect(config.roles.judge).toEqual({ endpoints: [], model: null, given: {} });
    expect(config.prices).toEqual({});
  });

  it("takes the run's seed for the pairs unless they have their own", () => {
    expect(parse("run: { seed: 7 }").pairs.seed).toBe(7);
    expect(parse("run: { seed: 7 }\npairs: { seed: 3 }").pairs.seed).toBe(3);
  });

  it("fills an endpoint in", () => {
    expect(parse("endpoints: { a: { url: 'http://h:1/v1/', model: m, keyEnv: K, weight: 2 } }").endpoints).toEqual([
      {
        kind: "served",
        name: "a",
        url: "http://h:1/v1",
        model: "m",
        keyEnv: "K",
        weight: 2,
        concurrency: 64,
        timeoutSeconds: 600,
        retries: 5,
        schemas: "auto",
      },
    ]);
    expect(
      parse(
        "endpoints: { a: { embedded: m.gguf, adapter: x/a.gguf }, b: { embedded: smollm2-135m } }\nroles: { default: { endpoints: [a] } }",
      ).endpoints,
    ).toEqual([
      {
        kind: "embedded",
        name: "a",
        model: "/runs/a/m.gguf",
        adapter: "/runs/a/x/a.gguf",
        contextSize: 2048,
        weight: 1,
      },
      { kind: "embedded", name: "b", model: "smollm2-135m", adapter: null, contextSize: 2048, weight: 1 },
    ]);
  });

  it("fills a role in from the default, and that from its own table", () => {
    const { roles } = parse(
      `${TWO}roles:\n  default: { endpoints: [one], temperature: 0.5, model: big }\n  judge: { maxTokens: 4000, endpoints: [two, one] }\n  policy: { n: 8 }\n`,
    );
    expect(roles.policy).toEqual({
      endpoints: ["one"],
      model: "big",
      given: { temperature: 0.5 },
      temperature: 0.5,
      maxTokens: 1024,
      topP: 1,
      topK: 0,
      minP: 0,
      n: 8,
    });
    // The default's model is served at the default's endpoints; its sampling is not for who gives verdicts.
    expect(roles.judge).toEqual({ endpoints: ["two", "one"], model: null, given: { maxTokens: 4000 } });
    expect(roles.reverser).toEqual({ endpoints: ["one"], model: "big", given: {} });
  });

  it("uses the only endpoint without being told", () => {
    expect(parse("endpoints: { a: { url: http://h/v1, model: m } }").roles.critic.endpoints).toEqual(["a"]);
  });

  it("takes paths from where the file lies", () => {
    const config = parse(
      "run: { dir: out }\nbank: { profiles: p, personas: /q.jsonl, generate: { from: i.jsonl, constraints: [2, 3] } }\ntrain: { dataset: d }\n",
    );
    expect(config.run.dir).toBe("/runs/a/out");
    expect(config.bank).toEqual({
      profiles: "/runs/a/p",
      limit: null,
      personas: "/q.jsonl",
      generate: { from: "/runs/a/i.jsonl", count: 100, constraints: { least: 2, most: 3 } },
    });
    expect(config.train).toEqual({ dataset: "/runs/a/d" });
  });

  it("has prices by model, and a budget in their currency", () => {
    const { prices, run } = parse("prices: { org/m: { input: 1, output: 2, cached: 0.5 } }\nrun: { budget: 3 }");
    expect(prices).toEqual({ "org/m": { input: 1, output: 2, cached: 0.5 } });
    expect(run.budget).toEqual({ cost: 3 });
  });
});

describe("the endpoint of the environment", () => {
  it("is there where the file has none, for roles that name a model", () => {
    const env = { OPENAI_BASE_URL: "http://h:9/v1/", OPENAI_API_KEY: "secret" };
    const { endpoints, roles } = parse("roles: { judge: { model: big } }", env);
    expect(endpoints).toMatchObject([{ name: "openai", url: "http://h:9/v1", keyEnv: "OPENAI_API_KEY", model: null }]);
    expect(roles.judge).toMatchObject({ endpoints: ["openai"], model: "big" });
    expect(roles.policy.endpoints).toEqual([]);
    expect(JSON.stringify(endpoints)).not.toContain("secret");
  });

  it("is OpenAI's where only a key is given, and needs no key where only an address is", () => {
    expect(parse("", { OPENAI_API_KEY: "k" }).endpoints).toMatchObject([{ url: "https://api.openai.com/v1" }]);
    expect(parse("", { OPENAI_BASE_URL: "http://h/v1" }).endpoints).toMatchObject([{ keyEnv: null }]);
  });

  it("gives way to those of the file", () => {
    const env = { OPENAI_BASE_URL: "http://h:9/v1" };
    expect(parse("endpoints: { a: { embedded: smollm2-135m } }", env).endpoints.map(({ name }) => name)).toEqual(["a"]);
  });

  it("refuses an address that is none", () => {
    expect(() => parse("", { OPENAI_BASE_URL: "localhost:8000" })).toThrow(/^OPENAI_BASE_URL: must be an address/);
  });
});

describe("what is refused", () => {
  it.each([
    [`${TWO}`, "roles: writer has no endpoints: name some of one, two there or under roles.default.endpoints"],
    [
      `${TWO}roles:\n  default:\n    endpoints: [oen]\n`,
      `${FILE}:6: roles.default.endpoints[0]: there is no endpoint "oen"; did you mean one?`,
    ],
    [
      `${TWO}roles:\n  judge:\n    endpoints:\n      - one\n      - zzz\n`,
      `${FILE}:8: roles.judge.endpoints[1]: there is no endpoint "zzz"; there are one, two`,
    ],
    ["roles: { default: { endpoints: [a] } }", 'there is no endpoint "a": the section endpoints has none'],
    ["roles: { default: { endpoints: [openai] } }", "OPENAI_BASE_URL or OPENAI_API_KEY would make it"],
    [
      "endpoints: { a: { url: http://h/v1 } }",
      "writer has no model: name one for it, under roles.default.model, or for the endpoint a",
    ],
    [
      "endpoints: { a: { embedded: smollm2-135m } }\nroles: { judge: { model: x } }",
      "judge asks for the model x at a, which is embedded",
    ],
    ["endpoints:\n  a: {}\n", `${FILE}:2: endpoints.a: give url, for a server, or embedded`],
    ["endpoints: { a: { url: http://h/v1, embedded: m } }", "endpoints.a: give url, for a server, or embedded"],
    [
      "endpoints: { a: { embedded: smollm2-135m, retries: 1 } }",
      "endpoints.a.retries: is for a server, which this endpoint is not",
    ],
    [
      "endpoints: { a: { url: http://h/v1, adapter: x } }",
      "endpoints.a.adapter: is for an embedded model, which this endpoint is not",
    ],
    ["endpoints: { a: { url: h:1 } }", "endpoints.a.url: must be an address such as http://127.0.0.1:8000/v1"],
    ["endpoints: { .a: { url: http://h/v1 } }", "endpoints..a: a name is of letters, digits"],
    ["endpoints:\n  __proto__: { url: http://h/v1 }\n", `${FILE}:2: __proto__: is no name for a setting`],
    [
      "bank: { generate: { from: i, constraints: [3, 2] } }",
      "bank.generate.constraints: must be the least and the most",
    ],
    ["bank: { generate: {} }", "bank.generate.from: Invalid input"],
    ["run: { language: [de] }", "run.language[0]: Invalid option"],
    [
      "endpoints: { a: { url: http://h/v1, model: m }, b: { url: http://i/v1, model: n } }\nroles: { default: { endpoints: [a, b] } }",
      "roles.default: writer is one model, and its endpoints serve several: a m, b n",
    ],
    [
      "endpoints: { a: { embedded: smollm2-135m }, b: { embedded: smollm2-135m, adapter: x } }\nroles: { default: { endpoints: [a] }, judge: { endpoints: [a, b] } }",
      "roles.judge: judge is one model, and its endpoints serve several: a smollm2-135m, b smollm2-135m with /runs/a/x",
    ],
    ["prices: { m: { input: 1 } }", "prices.m.output: Invalid input"],
  ])("%j", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it.each([
    "endpoints:\n  a: { url: http://h/v1, apiKey: sk-very-secret }\n",
    "endpoints:\n  a: { url: http://h/v1, api_key: sk-very-secret }\n",
    "endpoints:\n  a: { url: http://h/v1, key: sk-very-secret }\n",
    "endpoints:\n  a: { url: http://h/v1, keyEnv: sk-very-secret }\n",
    "endpoints:\n  a: { url: 'http://me:sk-very-secret@h/v1' }\n",
    "endpoints:\n  a: { url: 'http://h/v1?key=sk-very-secret' }\n",
  ])("a key in the file, without showing it: %j", (text) => {
    let message = "";
    try {
      parse(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^\/runs\/a\/rpo\.yaml:2: endpoints\.a\.\w+: /);
    expect(message).not.toContain("secret");
  });
});

it("reads the documented example", () => {
  const documentation = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  const [, example = ""] = /```yaml\n(.*?)```/s.exec(documentation) ?? [];
  const { roles, run } = parse(example);
  expect(roles.judge).toMatchObject({ endpoints: ["judge"], given: { maxTokens: 4000 } });
  expect(roles.policy).toMatchObject({ endpoints: ["local"], n: 8 });
  expect(run.budget).toEqual({ cost: 20 });
});

it("reads a file, and does without", async () => {
  const dir = await mkdtemp(join(tmpdir(), "rpo-run-config-"));
  try {
    const path = join(dir, "rpo.yaml");
    await writeFile(path, "run: { seed: 5 }\n");
    expect(await readRunConfig(path, { env: {} })).toMatchObject({ file: path, run: { seed: 5, dir } });
    await expect(readRunConfig(join(dir, "no.yaml"), { env: {} })).rejects.toThrow(/no\.yaml: no such file$/);
    expect(defaultRunConfig(dir, { env: {} })).toMatchObject({ file: null, run: { seed: 1, dir } });
  } finally {
    await rm(dir, { recursive: true });
  }
});
