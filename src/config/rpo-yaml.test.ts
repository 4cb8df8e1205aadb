import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@cfworker/json-schema";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseRpoYaml, readRpoYaml } from "./rpo-yaml.ts";
import { rpoYamlJsonSchema } from "./rpo-yaml-schema.ts";

const WHOLE = `# a training
train:
  dataset: data/rpo
  model: smollm2-135m
  method: rpo
  beta: 0.2
  targets: [q_proj, v_proj]
  epochs: 2
  memory: 4GB
`;

describe("rpo.yaml", () => {
  it("gives the settings as they stand, without defaults", () => {
    expect(parseRpoYaml(WHOLE, "rpo.yaml").train).toEqual({
      dataset: "data/rpo",
      model: "smollm2-135m",
      method: "rpo",
      beta: 0.2,
      targets: ["q_proj", "v_proj"],
      epochs: 2,
      memory: "4GB",
    });
    expect(parseRpoYaml("", "rpo.yaml")).toEqual({});
  });

  it("passes over what a quickstart records", () => {
    const text =
      "model: { name: m, sha256: abc, recorded: false }\nsampling: { n: 4 }\nturns: {}\npairs: { method: rpo, seed: 0, validation: 0 }\n";
    expect(parseRpoYaml(text, "rpo.yaml").train).toBeUndefined();
  });

  it.each([
    ["train:\n  beta: 0.1\n  gama: 1\n", "rpo.yaml:3: train.gama: there is no such setting; did you mean gamma?"],
    [
      "train:\n\n  learning-rate: 1\n",
      "rpo.yaml:3: train.learning-rate: there is no such setting; did you mean learningRate?",
    ],
    ["tarin:\n  beta: 1\n", "rpo.yaml:1: tarin: there is no such section; did you mean train?"],
    [
      "# c\nzzz: 1\n",
      "rpo.yaml:2: zzz: there is no such section; known are endpoints, roles, prices, run, bank, dialogue, judge, reverse, pairs, train",
    ],
    ["train:\n  beta: 0.1\n  rank: 0\n", "rpo.yaml:3: train.rank: Too small: expected number to be >=1"],
    [
      "endpoints:\n  a:\n    url: http://h/v1\n    modle: m\n",
      "rpo.yaml:4: endpoints.a.modle: there is no such setting; did you mean model?",
    ],
    ["roles:\n  juge: {}\n", "rpo.yaml:2: roles.juge: there is no such setting; did you mean judge?"],
    ["roles:\n  judge:\n    n: 3\n", /^rpo\.yaml:3: roles\.judge\.n: there is no such setting; known are endpoints,/],
    [
      "bank: { generate: { from: a, form: b } }\n",
      /bank\.generate\.form: there is no such setting; did you mean from\?/,
    ],
    ["prices:\n  m: { input: 1, output: 2, cache: 1 }\n", /^rpo\.yaml:2: prices\.m\.cache: .*did you mean cached\?/],
    ["train:\n  beta: big\n", "rpo.yaml:2: train.beta: Invalid input: expected number, received string"],
    ["train:\n  memory: lots\n", 'rpo.yaml:2: train.memory: must be an amount such as "4GB"'],
    ["train:\n  targets:\n    - q_proj\n    - qproj\n", /^rpo\.yaml:4: train\.targets\[1\]: Invalid option/],
    ["train:\n  beta: 1\n  beta: 2\n", /^rpo\.yaml:3: no YAML: Map keys must be unique/],
    ["train: [\n", /^rpo\.yaml:\d: no YAML: /],
    ["- 1\n", /^rpo\.yaml:1: row: Invalid input: expected object/],
    [
      `${[..."abcdef"].map((name, i) => `${name}: &${name} [${Array(9).fill(i === 0 ? "x" : `*${"abcdef"[i - 1]}`)}]`).join("\n")}\n`,
      /^rpo\.yaml:1: no YAML: Excessive alias count/,
    ],
  ])("refuses %j", (text, message) => {
    expect(() => parseRpoYaml(text, "rpo.yaml")).toThrow(message);
  });
});

describe("readRpoYaml", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "rpo-yaml-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("takes paths from where the file lies, and names of models as they are", async () => {
    const path = join(dir, "rpo.yaml");
    await writeFile(path, "train: { dataset: d, out: ., model: m/x.gguf }\n");
    expect((await readRpoYaml(path)).train).toEqual({
      dataset: join(dir, "d"),
      out: dir,
      model: join(dir, "m/x.gguf"),
    });
    await writeFile(path, "train: { model: smollm2-135m }\n");
    expect((await readRpoYaml(path)).train).toEqual({ model: "smollm2-135m" });
    await writeFile(path, "train: { model: 'hf:owner/repo/file.gguf' }\n");
    expect((await readRpoYaml(path)).train).toEqual({ model: "hf:owner/repo/file.gguf" });
  });

  it("says that there is none", async () => {
    await expect(readRpoYaml(join(dir, "no.yaml"))).rejects.toThrow(/no\.yaml: no such file$/);
  });
});

describe("the published schema of rpo.yaml", () => {
  const published = JSON.parse(readFileSync(new URL("../../schema/rpo.schema.json", import.meta.url), "utf8"));
  const documentation = readFileSync(new URL("../../docs/training.md", import.meta.url), "utf8");

  it("is the one that files are checked with (node src/config/rpo-yaml-schema.ts writes it)", () => {
    expect(published).toEqual(rpoYamlJsonSchema());
  });

  it("accepts the documented example, and so does the reader; both refuse what they do not know", () => {
    const schema = new Validator(published, "2020-12");
    const [, example = ""] = /```yaml\n(.*?)```/s.exec(documentation) ?? [];
    expect(schema.validate(parseYaml(example))).toEqual({ valid: true, errors: [] });
    expect(parseRpoYaml(example, "rpo.yaml").train).toHaveProperty("dataset");
    for (const wrong of [
      "train: { gama: 1 }",
      "train: { beta: -1 }",
      "trian: {}",
      "endpoints: { a: { url: http://h/v1, embedded: m } }",
      "endpoints: { a: { model: m } }",
      "endpoints: { a: { url: http://h/v1, apiKey: k } }",
      "roles: { judge: { n: 2 } }",
      "bank: { generate: { count: 1 } }",
      "bank: { generate: { from: f, constraints: [1, 2, 3] } }",
      "prices: { m: { input: 1 } }",
    ]) {
      expect(schema.validate(parseYaml(wrong)).valid).toBe(false);
      expect(() => parseRpoYaml(wrong, "rpo.yaml")).toThrow();
    }
  });
});
