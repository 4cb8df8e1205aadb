import { readFileSync } from "node:fs";
import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { rpoYamlTemplate } from "./rpo-yaml-template.ts";
import { parseRunConfig } from "./run-config.ts";

const template = rpoYamlTemplate({ schema: "rpo.schema.json" });
/** Every setting switched on, as an editor's search and replace would do it. */
const uncommented = template.replace(/^( *)#(?=[^\s#])/gm, "$1");
/** The names of all settings in a JSON schema, with their paths; `*` stands for a name of the user's own. */
function paths(schema: Schema, at = ""): string[] {
  const inner = schema.anyOf?.find(({ type }) => type !== "null") ?? schema;
  const names = Object.entries(inner.properties ?? {}).flatMap(([name, value]) => paths(value, `${at}.${name}`));
  const own = typeof inner.additionalProperties === "object" ? paths(inner.additionalProperties, `${at}.*`) : [];
  const all = [...names, ...own];
  return all.length === 0 ? [at.slice(1)] : all;
}
interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
}
const published = JSON.parse(readFileSync(new URL("../../schema/rpo.schema.json", import.meta.url), "utf8"));
const parse = (text: string) => parseRunConfig(text, "/r/rpo.yaml", { env: {} });

describe("the rpo.yaml that rpo init writes", () => {
  it("asks for the defaults, on the embedded model", () => {
    const { endpoints, roles, ...rest } = parse(template);
    expect(endpoints).toMatchObject([{ kind: "embedded", model: "smollm2-135m" }]);
    expect(roles.judge.endpoints).toEqual(["tiny"]);
    const { endpoints: _, roles: without, ...defaults } = parse("");
    expect(rest).toEqual(defaults);
    for (const [role, settings] of Object.entries(roles))
      expect(settings).toEqual({ ...without[role as keyof typeof without], endpoints: ["tiny"] });
  });

  it("is valid with every comment made a setting, which are the defaults where there are defaults", () => {
    const [as, all] = [parse(template), parse(uncommented)];
    const withoutGiven = ({ roles }: typeof as) =>
      Object.entries(roles).map(([role, { given: _, ...rest }]) => [role, rest]);
    expect(withoutGiven(all)).toEqual(withoutGiven(as));
    for (const section of ["dialogue", "judge", "reverse", "pairs"] as const) expect(all[section]).toEqual(as[section]);
    expect({ ...all.run, budget: null }).toEqual(as.run);
    expect(all.bank).toMatchObject({
      profiles: SAMPLE_PROFILES,
      generate: { count: 100, constraints: { least: 6, most: 12 } },
    });
    expect(all.endpoints).toMatchObject([
      { name: "tiny", contextSize: 2048, adapter: "/r/adapter.gguf" },
      { name: "local", concurrency: 64, timeoutSeconds: 600, retries: 5, schemas: "auto", weight: 1 },
    ]);
    expect(Object.keys(all.prices)).toHaveLength(1);
    expect(all.train).toMatchObject({ dataset: "/r/dataset", out: "/r/training", method: "rpo", batch: 8 });
  });

  it("is valid with any one of its settings made one", () => {
    const lines = template.split("\n");
    let tried = 0;
    for (const [index, line] of lines.entries()) {
      const [, indent = "", name] = /^( *)#([\w/.-]+):/.exec(line) ?? [];
      // A setting of a block that is a comment itself goes with its block.
      const block = lines
        .slice(0, index)
        .findLast((above) => /^ *#?[\w/.-]+:/.test(above) && above.search(/\S/) < indent.length);
      if (name === undefined || block?.trimStart().startsWith("#") || / #?(?:local|generate):/.test(line)) continue;
      parse(lines.with(index, line.replace("#", "")).join("\n"));
      tried += 1;
    }
    expect(tried).toBeGreaterThan(60);
  });

  it("shows every setting that there is, but for those that exclude one or are a matter of the default role", () => {
    const shown = parseYaml(uncommented);
    const has = (path: string): boolean => {
      let nodes: unknown[] = [shown];
      for (const step of path.split("."))
        nodes = nodes
          .filter((node) => node !== null && typeof node === "object")
          .flatMap((node) =>
            step === "*"
              ? Object.values(node as object)
              : Object.hasOwn(node as object, step)
                ? [Reflect.get(node as object, step)]
                : [],
          );
      return nodes.length > 0;
    };
    const missing = paths(published).filter((path) => !has(path));
    expect(
      missing.filter((path) => !/^roles\.\w+\.(?:endpoints|model|temperature|maxTokens|topP|topK|minP)$/.test(path)),
    ).toEqual([
      "train.steps",
      // Recorded by the quickstart.
      "model.*",
      "sampling.*",
      "turns.*",
    ]);
  });

  it("has its settings in the documentation, all of them", () => {
    const text = ["configuration", "training"]
      .map((name) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8"))
      .join("\n");
    // In a table's first column, as a name or with its section before it.
    const documented = new Set(
      [...text.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
        [...cell.matchAll(/`([\w.]+)`/g)].map(([, name]) => name),
      ),
    );
    const names = paths(published).filter(
      (path) => !/^(?:model|sampling|turns)\.|^prices\.|^train\.(?:method|dataset|model|out|skipBad)$/.test(path),
    );
    expect(names.length).toBeGreaterThan(70);
    const missing = names.filter((path) => {
      const parts = path.split(".");
      return !parts.some((_, index) => documented.has(parts.slice(index).join(".")));
    });
    expect(missing).toEqual([]);
  });

  it("is what editors accept, both ways", () => {
    const schema = new Validator(published, "2020-12");
    expect(schema.validate(parseYaml(template))).toEqual({ valid: true, errors: [] });
    expect(schema.validate(parseYaml(uncommented))).toEqual({ valid: true, errors: [] });
  });
});
