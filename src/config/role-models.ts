// The models of a run's roles, opened from its configuration: an endpoint once however many roles use it, several endpoints of a
// role as one model that stands in for itself. Ignores what is asked of them, and what is kept of it (run/recorded-model.ts).
import { stat } from "node:fs/promises";
import { InputError } from "../dataset/input-error.ts";
import { type EmbeddedModelOptions, embeddedModel } from "../model/embedded.ts";
import { type EndpointOptions, endpointModel } from "../model/endpoint.ts";
import { failoverModel } from "../model/failover.ts";
import { sha256OfFile } from "../model/file-hash.ts";
import type { ChatModel } from "../model/model.ts";
import type { ModelFailure } from "../model/model-failure.ts";
import { ModelReferenceError } from "../model/model-reference.ts";
import { ModelUnavailableError, type PulledModel, type PullOptions, pull } from "../model/pull.ts";
import { tunedIdentity } from "../run/evaluate.ts";
import { Ledger } from "../run/ledger.ts";
import type { EmbeddedEndpoint, Endpoint, ServedEndpoint } from "./endpoint-section.ts";
import type { Role, RoleSettings, SpeakerSettings, SpeakingRole } from "./role-section.ts";
import type { Environment, RunConfig } from "./run-config.ts";
import { withSampling } from "./with-sampling.ts";

/** How models are opened; in tests by doubles. */
export interface ModelOpeners {
  readonly served: (options: EndpointOptions) => ChatModel;
  readonly embedded: (options: EmbeddedModelOptions) => ChatModel;
  readonly pull: (model: string, options: PullOptions) => Promise<Pick<PulledModel, "sha256" | "settings">>;
}

export interface OpenRolesOptions extends Pick<PullOptions, "signal" | "onProgress" | "onNotice"> {
  /** For keys, proxies and the cache. Default: the process's. */
  readonly env?: Environment;
  readonly open?: Partial<ModelOpeners>;
}

/** The models of some roles. Asking for a role that was not opened is a mistake of the caller's. */
export interface OpenedRoles {
  /**
   * The role's model, asked as the file says.
   * @param behind what stands between the two, such as `(model) => recordedModel(model, …)`: it sees requests as they are made
   */
  model(role: Role, behind?: (model: ChatModel) => ChatModel): ChatModel;
  /** What the model is known by in a store: its name at servers, or the SHA-256 of its file (and of its adapter's). */
  identity(role: Role): string;
  /** How those who write text sample. */
  sampling(role: SpeakingRole): SpeakerSettings;
  /** Ends all of them. */
  dispose(): Promise<void>;
}

interface Opened {
  readonly model: ChatModel;
  readonly identity: string;
}

/**
 * Opens the models of these roles. Servers are not asked for anything yet; the files of embedded models are fetched where they are
 * not here.
 * @throws InputError for a role without an endpoint, a key that is not in the environment, a model that no source gives, or one
 *   without a price where there is a budget in currency; the signal's reason. Then nothing stays open.
 */
export async function openRoles(
  config: Pick<RunConfig, "endpoints" | "roles"> & Partial<Pick<RunConfig, "prices" | "run">>,
  roles: readonly Role[],
  { env = process.env, open = {}, ...fetching }: OpenRolesOptions = {},
): Promise<OpenedRoles> {
  const openers: ModelOpeners = { served: endpointModel, embedded: embeddedModel, pull, ...open };
  const opened = new Map<string, Opened>();
  const lost = new Map<ChatModel, string>();
  const byRole = new Map<Role, Opened>();

  /** Says once of an endpoint, for all of its roles, what it failed with. */
  function onLost(endpoint: ChatModel, { kind, message }: ModelFailure): void {
    if (lost.get(endpoint) === kind) return;
    lost.set(endpoint, kind);
    fetching.onNotice?.(`${message}. Other endpoints take its requests`);
  }

  async function openEndpoint(endpoint: Endpoint, settings: RoleSettings): Promise<Opened> {
    const key = openingKey(endpoint, settings);
    const known = opened.get(key);
    if (known !== undefined) return known;
    const fresh =
      endpoint.kind === "served"
        ? openServed(endpoint, settings, env, openers)
        : await openEmbedded(endpoint, { ...fetching, env }, openers);
    opened.set(key, fresh);
    return fresh;
  }

  const dispose = async (): Promise<void> => {
    await Promise.all([...opened.values()].map(({ model }) => model.dispose()));
  };
  try {
    for (const role of roles) {
      const settings = config.roles[role];
      const members: (Opened & { readonly weight: number })[] = [];
      for (const endpoint of endpointsOf(config, role))
        members.push({ ...(await openEndpoint(endpoint, settings)), weight: endpoint.weight });
      // All members are the same model: run-config.ts sees to it.
      const { model, identity } = members[0]!;
      byRole.set(role, { model: members.length === 1 ? model : failoverModel(members, { onLost }), identity });
    }
    // Said here, and not by each item that is worked on.
    const ledger = new Ledger({ prices: config.prices ?? {}, budget: config.run?.budget ?? null });
    ledger.requirePrices([...byRole.values()].map(({ model }) => model.name));
  } catch (error) {
    await dispose();
    throw error;
  }

  const of = (role: Role): Opened => {
    const found = byRole.get(role);
    if (found === undefined) throw new RangeError(`the role ${role} was not opened`);
    return found;
  };
  return {
    model: (role, behind = (model) => model) => withSampling(behind(of(role).model), config.roles[role].given),
    identity: (role) => of(role).identity,
    sampling: (role) => config.roles[role],
    dispose,
  };
}

/** Endpoints that are opened alike are one. */
function openingKey(endpoint: Endpoint, { model }: RoleSettings): string {
  const { name, weight: _, ...rest } = endpoint;
  return JSON.stringify(endpoint.kind === "served" ? [name, model ?? endpoint.model] : rest);
}

/** @throws InputError where the role has none */
function endpointsOf({ endpoints, roles }: Pick<RunConfig, "endpoints" | "roles">, role: Role): Endpoint[] {
  const names = roles[role].endpoints;
  if (names.length > 0) return names.map((name) => endpoints.find((endpoint) => endpoint.name === name)!);
  const [implied] = endpoints;
  const how =
    implied === undefined
      ? "give one in the section endpoints of rpo.yaml (rpo init writes one), or by OPENAI_BASE_URL and OPENAI_API_KEY"
      : `the endpoint ${implied.name} is there, but no model is named: give roles.default.model in rpo.yaml`;
  throw new InputError(`the role ${role} has no model to ask: ${how}`);
}

function openServed(
  { name, url, model: own, keyEnv, concurrency, timeoutSeconds, retries, schemas }: ServedEndpoint,
  settings: RoleSettings,
  env: Environment,
  { served }: ModelOpeners,
): Opened {
  const model = settings.model ?? own;
  if (model === null) throw new InputError(`the endpoint ${name} has no model: give one there, or for its roles`);
  const key = keyEnv === null ? undefined : env[keyEnv]?.trim();
  if (keyEnv !== null && !key)
    throw new InputError(`the endpoint ${name} has its key from the environment variable ${keyEnv}, which is not set`);
  const wholeMs = timeoutSeconds * 1000;
  return {
    model: served({ url, model, key, concurrency, tries: retries + 1, wholeMs, schemas, env }),
    identity: model,
  };
}

async function openEmbedded(
  { name, model, adapter, contextSize }: EmbeddedEndpoint,
  fetching: PullOptions,
  { pull, embedded }: ModelOpeners,
): Promise<Opened> {
  if (adapter !== null && !(await isFile(adapter)))
    throw new InputError(`the endpoint ${name}: its adapter ${adapter} is not there`);
  try {
    const { settings, sha256 } = await pull(model, fetching);
    // Named after both files where there is an adapter, so that records tell them apart.
    const { name: known, ...file } = settings;
    const named = adapter === null ? { name: known } : {};
    return {
      model: embedded({ ...file, ...named, contextSize, ...(adapter !== null && { adapter }) }),
      identity: adapter === null ? sha256 : tunedIdentity(sha256, await sha256OfFile(adapter)),
    };
  } catch (error) {
    if (error instanceof ModelReferenceError || error instanceof ModelUnavailableError)
      throw new InputError(`the endpoint ${name}: ${error.message}`);
    throw error;
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
