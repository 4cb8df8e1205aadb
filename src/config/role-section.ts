// The section `roles` of rpo.yaml: who does what in data construction (spec/method.md, steps 1 to 8), each with its endpoints,
// model and sampling. What a role leaves out it has from `default`, and what that leaves out from the table here.
import { z } from "zod";

/** In the order of the work. */
export const ROLES = ["writer", "user", "responder", "policy", "judge", "critic", "reverser"] as const;
export type Role = (typeof ROLES)[number];

/** What each role does, for the file's readers. */
export const ROLE_DESCRIPTIONS: Readonly<Record<Role, string>> = {
  writer: "Writes system profiles and users from inspiring texts.",
  user: "Plays the user: writes the queries.",
  responder: "Writes the responses that the dialogue goes on with.",
  policy: "The model to be trained: writes the responses that are paired.",
  judge: "Says which constraints a query triggers, and which a response satisfies.",
  critic: "Mends a response with least change.",
  reverser: "Reverses constraints that no rule reverses.",
};

/** How a role samples. */
export interface Sampling {
  readonly temperature: number;
  readonly maxTokens: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  /** Samples of one request; 1 for roles that give one answer. */
  readonly n: number;
}

/** Samples of a turn (spec/method.md, steps 5 and 6). */
const SAMPLES = 5;

/** Everything that the model offers. */
const WHOLE_DISTRIBUTION = { topP: 1, topK: 0, minP: 0 } as const;

/**
 * Temperatures: 1 where variety is wanted (step 6 says so of the policy), 0 where one answer is the right one; the critic is
 * between, since it is asked again where its first edit did not do. Tokens: a profile, or the reverses of a dozen constraints, is
 * some 1,200 tokens of JSON; a judge's reasons for eight constraints are some 500; a query has at most 20 words.
 */
export const ROLE_DEFAULTS: Readonly<Record<Role, Sampling>> = {
  writer: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 2048, n: 1 },
  user: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 256, n: 1 },
  responder: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 1024, n: SAMPLES },
  policy: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 1024, n: SAMPLES },
  judge: { ...WHOLE_DISTRIBUTION, temperature: 0, maxTokens: 1024, n: 1 },
  critic: { ...WHOLE_DISTRIBUTION, temperature: 0.7, maxTokens: 1024, n: 1 },
  reverser: { ...WHOLE_DISTRIBUTION, temperature: 0, maxTokens: 2048, n: 1 },
};

/** A sampling setting; the limits are those of every request (model/model.ts). */
const SETTINGS = {
  endpoints: z
    .array(z.string())
    .min(1, "name at least one endpoint, or leave the setting out")
    .exactOptional()
    .describe("Names of endpoints; several share the requests by their weights, and stand in for each other."),
  model: z
    .string()
    .regex(/\S/, "must not be blank")
    .exactOptional()
    .describe("The model's name, where its endpoints serve several."),
  temperature: z.number().min(0).max(10).exactOptional().describe("0 takes the likeliest token each time."),
  maxTokens: z.int().min(1).exactOptional().describe("Longest answer, in tokens."),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .exactOptional()
    .describe("Keep the likeliest tokens of this probability together; 1 keeps all."),
  topK: z.int().min(0).exactOptional().describe("Keep so many likeliest tokens; 0 keeps all."),
  minP: z
    .number()
    .min(0)
    .max(1)
    .exactOptional()
    .describe("Drop tokens less likely than this share of the likeliest; 0 drops none."),
} as const;

/** Roles whose requests are for several samples. */
const SAMPLED = {
  ...SETTINGS,
  n: z.int().min(1).max(64).exactOptional().describe(`Samples of a turn. Default ${SAMPLES}.`),
};

const role = z.strictObject(SETTINGS);
const sampledRole = z.strictObject(SAMPLED);

const described = <S extends z.ZodType>(name: Role, schema: S) =>
  schema.exactOptional().describe(ROLE_DESCRIPTIONS[name]);

export const rolesSection = z
  .strictObject({
    default: role.exactOptional().describe("What a role leaves out."),
    writer: described("writer", role),
    user: described("user", role),
    responder: described("responder", sampledRole),
    policy: described("policy", sampledRole),
    judge: described("judge", role),
    critic: described("critic", role),
    reverser: described("reverser", role),
  })
  .describe("Who does what, with which model and sampling.");

/** A role, filled in. */
export interface RoleSettings extends Sampling {
  /** Names of endpoints; empty where there is none at all. */
  readonly endpoints: readonly string[];
  /** The model's name in place of the endpoints' own; null for theirs. */
  readonly model: string | null;
}

/**
 * The roles filled in. Endpoints of a role that names none are left empty.
 * A model goes with the endpoints that it is served at: a role with endpoints of its own does not take the default's model.
 */
export function filledRoles(given: z.output<typeof rolesSection>): Record<Role, RoleSettings> {
  const { default: common = {} } = given;
  const { endpoints: commonEndpoints = [], model: commonModel = null, ...commonSampling } = common;
  const filled = ROLES.map((name): [Role, RoleSettings] => {
    const { endpoints, model, ...sampling } = given[name] ?? {};
    return [
      name,
      {
        ...ROLE_DEFAULTS[name],
        ...commonSampling,
        ...sampling,
        endpoints: endpoints ?? commonEndpoints,
        model: model ?? (endpoints === undefined ? commonModel : null),
      },
    ];
  });
  return Object.fromEntries(filled) as Record<Role, RoleSettings>;
}
