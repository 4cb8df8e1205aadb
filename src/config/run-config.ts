// What a run of data construction is asked to do, read from an rpo.yaml (or from none) and filled in: every default, every role
// with its endpoints, every path absolute, every name of an endpoint one that is there. Opens no endpoint: see role-models.ts.
import { resolve } from "node:path";
import type { z } from "zod";
import { SAMPLE_PROFILES } from "../profile/profile-files.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";
import type { Budget } from "../run/budget.ts";
import type { PriceTable } from "../run/prices.ts";
import {
  bankSection,
  dialogueSection,
  judgeSection,
  NONE,
  pairsSection,
  reverseSection,
  runSection,
  SAMPLES,
} from "./construction-sections.ts";
import { ENVIRONMENT_ENDPOINT, type Endpoint, environmentEndpoint, resolvedEndpoint } from "./endpoint-section.ts";
import { nearestName } from "./nearest-name.ts";
import { filledRoles, ROLES, type Role, type RoleSettings, type Roles } from "./role-section.ts";
import { type FromFile, fromFile, parseRpoYamlSettings, resolvedTrain, type TrainSection } from "./rpo-yaml.ts";
import { readSettingsText } from "./yaml-document.ts";

export interface RunConfig {
  /** The file that it was read from; null for none. */
  readonly file: string | null;
  readonly endpoints: readonly Endpoint[];
  readonly roles: Roles;
  /** By the model's name. */
  readonly prices: PriceTable;
  readonly run: {
    /** Absolute. */
    readonly dir: string;
    readonly language: readonly PromptLanguage[];
    readonly seed: number;
    /** Null for no limit. */
    readonly budget: Budget | null;
  };
  readonly bank: {
    /** Absolute path of a file or folder; null for none. */
    readonly profiles: string | null;
    /** Null for all. */
    readonly limit: number | null;
    readonly generate: {
      readonly from: string;
      readonly count: number;
      readonly constraints: { readonly least: number; readonly most: number };
    } | null;
    readonly personas: string | null;
  };
  readonly dialogue: z.output<typeof dialogueSection>;
  readonly judge: z.output<typeof judgeSection>;
  readonly reverse: z.output<typeof reverseSection>;
  readonly pairs: z.output<typeof pairsSection> & { readonly seed: number };
  /** As `rpo train` takes it: without defaults. */
  readonly train: TrainSection;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the file.
 * @param env for OPENAI_BASE_URL and OPENAI_API_KEY, which make an endpoint where the file has none
 * @throws InputError naming file, line and field: for what is no YAML, an unknown name, a value that its setting refuses, or an
 *   endpoint that is not there
 */
export async function readRunConfig(
  path: string,
  { env = process.env }: { readonly env?: Environment } = {},
): Promise<RunConfig> {
  return parseRunConfig(await readSettingsText(path), path, { env });
}

/** The run that is asked for where there is no file: all defaults. @param directory that paths are relative to */
export function defaultRunConfig(
  directory: string,
  { env = process.env }: { readonly env?: Environment } = {},
): RunConfig {
  return { ...parseRunConfig("", resolve(directory, "rpo.yaml"), { env }), file: null };
}

/** Parses the text of an rpo.yaml that lies at the path. @throws InputError as `readRunConfig` */
export function parseRunConfig(text: string, path: string, { env }: { readonly env: Environment }): RunConfig {
  const { checked, given, refuse } = parseRpoYamlSettings(text, path);
  const at = fromFile(path);
  const run = runSection.parse(checked.run ?? {});
  const { seed = run.seed, ...pairs } = pairsSection.parse(checked.pairs ?? {});
  const endpoints = Object.entries(checked.endpoints ?? {}).map(([name, one]) => resolvedEndpoint(name, one, at));
  if (!checked.endpoints) {
    const implied = environmentEndpoint(env);
    if (implied !== null) endpoints.push(implied);
  }
  const roles = rolesWithEndpoints(checked.roles ?? {}, endpoints, refuse);
  const { train } = given as { readonly train?: TrainSection | null };
  return {
    file: path,
    endpoints,
    roles,
    prices: checked.prices ?? {},
    run: { ...run, dir: at.path(run.dir), budget: run.budget === undefined ? null : { cost: run.budget } },
    bank: resolvedBank(bankSection.parse(checked.bank ?? {}), at),
    dialogue: dialogueSection.parse(checked.dialogue ?? {}),
    judge: judgeSection.parse(checked.judge ?? {}),
    reverse: reverseSection.parse(checked.reverse ?? {}),
    pairs: { ...pairs, seed },
    train: resolvedTrain(train ?? {}, at),
  };
}

function resolvedBank(
  { profiles, limit, generate, personas }: z.output<typeof bankSection>,
  at: FromFile,
): RunConfig["bank"] {
  return {
    profiles: profiles === NONE ? null : profiles === SAMPLES ? SAMPLE_PROFILES : at.path(profiles),
    limit: limit ?? null,
    generate:
      generate === undefined
        ? null
        : {
            from: at.path(generate.from),
            count: generate.count,
            constraints: { least: generate.constraints[0], most: generate.constraints[1] },
          },
    personas: personas === undefined ? null : at.path(personas),
  };
}

/** The roles filled in, each with endpoints that are there and a model to ask for. */
function rolesWithEndpoints(
  given: Parameters<typeof filledRoles>[0],
  endpoints: readonly Endpoint[],
  refuse: (path: readonly PropertyKey[], reason: string) => never,
): RunConfig["roles"] {
  const names = endpoints.map(({ name }) => name);
  for (const role of ["default", ...ROLES] as const)
    for (const [index, name] of (given[role]?.endpoints ?? []).entries())
      if (!names.includes(name)) refuse(["roles", role, "endpoints", index], unknownEndpoint(name, names));
  const roles: Record<Role, RoleSettings> = { ...filledRoles(given) };
  for (const role of ROLES) {
    const { endpoints: chosen, model } = roles[role];
    const [only, ...others] = endpoints;
    // What needs no model can do without; so can who has a key in the environment for other things: see role-models.ts.
    if (chosen.length === 0 && (only === undefined || (only.name === ENVIRONMENT_ENDPOINT && isBare(only, model))))
      continue;
    if (chosen.length === 0 && others.length > 0)
      refuse(
        ["roles"],
        `${role} has no endpoints: name some of ${names.join(", ")} there or under roles.default.endpoints`,
      );
    // One endpoint needs no naming; of several, somebody has to say which.
    const used = chosen.length === 0 ? names.slice(0, 1) : chosen;
    roles[role] = { ...roles[role], endpoints: used };
    // Where the reason for a refusal stands: with the role, with the default that it follows, or with all of them.
    const place =
      (given[role]?.endpoints ?? given[role]?.model) ? role : given.default === undefined ? null : "default";
    const path = place === null ? ["roles"] : ["roles", place];
    const chosenEndpoints = endpoints.filter(({ name }) => used.includes(name));
    for (const endpoint of chosenEndpoints) {
      if (model !== null && endpoint.kind === "embedded")
        refuse(
          [...path, "model"],
          `${role} asks for the model ${model} at ${endpoint.name}, which is embedded and has its own`,
        );
      if (isBare(endpoint, model))
        refuse(
          path,
          `${role} has no model: name one for it, under roles.default.model, or for the endpoint ${endpoint.name}`,
        );
    }
    // Answers are kept by their model: which of several gave one would not be known.
    const [first, other] = new Map(chosenEndpoints.map((endpoint) => [modelText(endpoint, model), endpoint]));
    if (first !== undefined && other !== undefined)
      refuse(
        path,
        `${role} is one model, and its endpoints serve several: ${first[1].name} ${first[0]}, ${other[1].name} ${other[0]}`,
      );
  }
  return roles as Roles;
}

/** Whether nobody says which of a server's models is meant. */
const isBare = (endpoint: Endpoint, model: string | null): boolean =>
  model === null && endpoint.kind === "served" && endpoint.model === null;

/** The model behind an endpoint, as a person would tell it from others. */
const modelText = (endpoint: Endpoint, model: string | null): string =>
  endpoint.kind === "served"
    ? (model ?? endpoint.model ?? "")
    : [endpoint.model, ...(endpoint.adapter === null ? [] : [endpoint.adapter])].join(" with ");

function unknownEndpoint(name: string, names: readonly string[]): string {
  const what = `there is no endpoint ${JSON.stringify(name)}`;
  if (names.length === 0) {
    const how = name === ENVIRONMENT_ENDPOINT ? "; OPENAI_BASE_URL or OPENAI_API_KEY would make it" : "";
    return `${what}: the section endpoints has none${how}`;
  }
  const meant = nearestName(name, names);
  return `${what}; ${meant === null ? `there are ${names.join(", ")}` : `did you mean ${meant}?`}`;
}
