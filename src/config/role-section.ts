// The section `roles` of rpo.yaml: who does what in data construction (spec/method.md, steps 1 to 8), each with its endpoints,
// model and sampling. What a role leaves out it has from `default`, and what that leaves out from the table here.
import { z } from "zod";
import type { GivenSampling } from "./with-sampling.ts";

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

/** Roles that write text; how freely and how long is for the settings to say. */
export const SPEAKERS = ["writer", "user", "responder", "policy", "critic"] as const satisfies readonly Role[];
export type SpeakingRole = (typeof SPEAKERS)[number];

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
 * Temperature is 1 where variety is wanted (step 6 says so of the policy); the critic's is lower, since least change is wanted, and
 * not 0, since it is asked again where its first edit did not do. Tokens: a profile is some 1,200 of JSON; a query has at most 20
 * words. The questions to judge and reverser know themselves how long their answers are: at temperature 0, or for votes at another.
 */
export const ROLE_DEFAULTS: Readonly<Record<SpeakingRole, Sampling>> = {
  writer: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 2048, n: 1 },
  user: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 256, n: 1 },
  responder: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 1024, n: SAMPLES },
  policy: { ...WHOLE_DISTRIBUTION, temperature: 1, maxTokens: 1024, n: SAMPLES },
  critic: { ...WHOLE_DISTRIBUTION, temperature: 0.7, maxTokens: 1024, n: 1 },
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

/** A role, with what the file gives it. */
export interface RoleSettings {
  /** Names of endpoints; empty where there is none at all. */
  readonly endpoints: readonly string[];
  /** The model's name in place of the endpoints' own; null for theirs. */
  readonly model: string | null;
  /** What the file says of how it samples, and nothing else: holds for every request of the role (with-sampling.ts). */
  readonly given: GivenSampling;
}

/** A role that writes text, filled in. */
export interface SpeakerSettings extends RoleSettings, Sampling {}

export type Roles = Readonly<Record<SpeakingRole, SpeakerSettings> & Record<Exclude<Role, SpeakingRole>, RoleSettings>>;

/**
 * The roles filled in. Endpoints of a role that names none are left empty.
 * A model goes with the endpoints that it is served at: a role with endpoints of its own does not take the default's model. The
 * default's sampling is for those who write text: a judge's answer cut short, or at a writer's temperature, is none.
 */
export function filledRoles(section: z.output<typeof rolesSection>): Roles {
  const { default: common = {} } = section;
  const { endpoints: commonEndpoints = [], model: commonModel = null, ...commonSampling } = common;
  const filled = ROLES.map((name) => {
    const { endpoints, model, ...own } = section[name] ?? {};
    const speaks = (SPEAKERS as readonly Role[]).includes(name);
    const { n, ...given }: Partial<Sampling> = { ...(speaks && commonSampling), ...own };
    const settings: RoleSettings = {
      endpoints: endpoints ?? commonEndpoints,
      model: model ?? (endpoints === undefined ? commonModel : null),
      given,
    };
    if (!speaks) return [name, settings];
    return [name, { ...ROLE_DEFAULTS[name as SpeakingRole], ...given, ...(n !== undefined && { n }), ...settings }];
  });
  return Object.fromEntries(filled) as Roles;
}
