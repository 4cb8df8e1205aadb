// The rpo.yaml that `rpo init` writes: every setting with its default, from the schema that the file is checked with, so that
// the two cannot part. A setting behind # without a space is a default, or an example where there is none: taking the # away
// leaves the file valid. What runs without a server, a key or a graphics processor is switched on.
import { z } from "zod";
import {
  bankSection,
  dialogueSection,
  judgeSection,
  pairsSection,
  reverseSection,
  runSection,
} from "./construction-sections.ts";
import { DEFAULT_ENDPOINT } from "./endpoint-section.ts";
import { ROLE_DEFAULTS, ROLE_DESCRIPTIONS, SPEAKERS, type SpeakingRole } from "./role-section.ts";
import { trainSection } from "./rpo-yaml.ts";

/** What stands behind the # of a setting that has no default. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  "run.budget": 5,
  "bank.limit": 20,
  "bank.generate.from": "inspirations.jsonl",
  "bank.personas": "personas.jsonl",
  "pairs.seed": 1,
  "train.dataset": "dataset",
  "train.model": "smollm2-135m",
  "train.out": "training",
  "train.method": "rpo",
  "train.gamma": 0.05,
  "train.epochs": 3,
  "train.evalEvery": 50,
  "train.memory": "4GB",
  "train.threads": 4,
  "train.preset": "llama-3.1-8b-rpo",
  "train.gpusPerNode": 8,
  "train.gpuMemory": "80GB",
  "train.image": "registry.example/rpo-engines:1",
  "train.python": "/envs/trl/bin/python",
};

/** Settings that exclude one that is shown. */
const NOT_SHOWN = ["train.steps"];

/** Column at which the remark of a setting begins. */
const REMARK_COLUMN = 34;

/** @param schema address or path of the schema that editors check the file with */
export const rpoYamlTemplate = ({ schema }: { readonly schema: string }): string =>
  `${[
    `# yaml-language-server: $schema=${schema}`,
    "# What a run is asked to do. Behind # without a space stand settings with their defaults, or examples where there are none;",
    "# take the # away to change one. What each means, and why it is what it is: docs/configuration.md of rpo-kit.",
    "",
    ...endpoints(),
    "",
    ...roles(),
    "",
    "# What a million tokens cost, by the model's name, in the currency of the budget.",
    "prices:",
    "  #Qwen/Qwen2.5-7B-Instruct: { input: 0.1, output: 0.2, cached: 0.05 }",
    "",
    ...section("run", runSection),
    "",
    ...section("bank", bankSection),
    "",
    ...section("dialogue", dialogueSection),
    "",
    ...section("judge", judgeSection),
    "",
    ...section("reverse", reverseSection),
    "",
    ...section("pairs", pairsSection),
    "",
    ...section("train", trainSection),
  ].join("\n")}\n`;

function endpoints(): string[] {
  const { concurrency, timeout, retries, schemas, weight, contextSize } = DEFAULT_ENDPOINT;
  return [
    "# Where models are served, by names of your own. Keys stand in environment variables, never here.",
    "endpoints:",
    "  # A model in this process: small, but it needs no server, no key and no graphics processor.",
    "  tiny:",
    remarked("    ", "embedded: smollm2-135m", "A name of rpo models list, hf:owner/repo/file.gguf, or a GGUF file."),
    setting("    ", "contextSize", contextSize, "Tokens of prompt and answer together."),
    setting("    ", "adapter", "adapter.gguf", "A LoRA adapter, such as rpo train leaves."),
    "  # Any server that speaks OpenAI's protocol: vLLM (see rpo vllm start), Ollama, llama.cpp, hosted ones.",
    "  #local:",
    setting("    ", "url", "http://127.0.0.1:8000/v1", "Up to and with /v1."),
    setting("    ", "model", "Qwen/Qwen2.5-7B-Instruct", "The model's name there."),
    setting("    ", "keyEnv", "OPENAI_API_KEY", "The environment variable that holds the key."),
    setting("    ", "concurrency", concurrency, "Most requests at once; fewer while it is slow or full."),
    setting("    ", "timeout", timeout, "Seconds for one answer."),
    setting("    ", "retries", retries, "Further tries of a request that may pass when made again."),
    setting("    ", "schemas", schemas, "How it is asked for JSON: auto, json_schema, json_object, none."),
    setting("    ", "weight", weight, "Share of a role's requests, beside its other endpoints."),
  ];
}

function roles(): string[] {
  const line = (role: SpeakingRole): string => {
    const { temperature, maxTokens, n } = ROLE_DEFAULTS[role];
    return setting("  ", role, { temperature, maxTokens, ...(n > 1 && { n }) }, ROLE_DESCRIPTIONS[role]);
  };
  // What these are asked has a temperature and a length of its own, which a setting here would override.
  const other = (role: "judge" | "reverser"): string =>
    setting("  ", role, { endpoints: ["tiny"] }, ROLE_DESCRIPTIONS[role]);
  const { topP, topK, minP } = ROLE_DEFAULTS.policy;
  return [
    "# Who does what, with which endpoints and sampling. A role may have endpoints and a model of its own; what it leaves out it has",
    "# from default.",
    "roles:",
    "  default:",
    "    endpoints: [tiny]",
    setting("    ", "topP", topP, "Keep the likeliest tokens of this probability together; 1 keeps all."),
    setting("    ", "topK", topK, "Keep so many likeliest tokens; 0 keeps all."),
    setting("    ", "minP", minP, "Drop tokens less likely than this share of the likeliest; 0 drops none."),
    ...SPEAKERS.map(line),
    other("judge"),
    other("reverser"),
  ];
}

function section(name: string, schema: z.ZodObject): string[] {
  return [`# ${schema.description}`, `${name}:`, ...settings("  ", name, schema)];
}

function settings(indent: string, path: string, schema: z.ZodObject): string[] {
  return Object.entries(schema.shape).flatMap(([name, inner]): string[] => {
    const at = `${path}.${name}`;
    if (NOT_SHOWN.includes(at)) return [];
    const { bare, description, fallback } = facts(inner as z.ZodType);
    if (bare instanceof z.ZodObject)
      return [remarked(indent, `#${name}:`, description), ...settings(`${indent}  `, at, bare)];
    return [setting(indent, name, fallback === undefined ? EXAMPLES[at] : fallback, description)];
  });
}

/** What a schema says of itself, through all that is wrapped around it. */
function facts(schema: z.ZodType): { bare: z.core.$ZodType; description: string; fallback: unknown } {
  let bare: z.core.$ZodType = schema;
  let { description } = schema;
  let fallback: unknown;
  for (;;) {
    if (bare instanceof z.ZodPipe) bare = bare.in;
    else if (bare instanceof z.ZodDefault) {
      fallback ??= bare.def.defaultValue;
      bare = bare.unwrap();
    } else if (bare instanceof z.ZodExactOptional || bare instanceof z.ZodNullable) bare = bare.unwrap();
    else return { bare, description: description ?? "", fallback };
    description ??= (bare as z.ZodType).description;
  }
}

const setting = (indent: string, name: string, value: unknown, remark: string): string =>
  remarked(indent, `#${name}: ${flow(value)}`, remark);

const remarked = (indent: string, text: string, remark: string): string =>
  `${`${indent}${text}`.padEnd(REMARK_COLUMN - 1)} # ${remark}`;

/** A value in one line of YAML. Texts are our own, and need no quotes. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value !== null && typeof value === "object")
    return `{ ${Object.entries(value)
      .map(([name, inner]) => `${name}: ${flow(inner)}`)
      .join(", ")} }`;
  return String(value);
}
