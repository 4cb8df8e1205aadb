// Several models for one role as one model: each request goes to the one with the most room for its weight, and on to another when
// that one fails. One that is down is left alone for a while (a circuit breaker: Nygard, Release It!, 2007), then a single request
// tries it; one whose key or model is wrong is not asked again. Ignores what the models are; each makes its own tries of a request
// before it has failed, few of them being enough where there are others.
import { type Clock, systemClock } from "./clock.ts";
import {
  addUsage,
  type ChatModel,
  type Choice,
  type GenerateOptions,
  type GenerateRequest,
  type Generation,
  NO_USAGE,
  resolveRequest,
} from "./model.ts";
import { type Attempt, isFatal, ModelFailure, mayPass } from "./model-failure.ts";

/** How long one that is down is left alone at first; doubled each time that it is found down again. */
const FIRST_REST_MS = 5_000;
/** A server that is started anew is found within two minutes. */
const MAX_REST_MS = 120_000;

export interface FailoverMember {
  /** An endpoint tells how much it bears at present; others bear their `concurrency`. */
  readonly model: ChatModel & { readonly load?: { readonly limit: number } };
  /** Share of the requests that it takes, in relation to what it bears. Default 1. */
  readonly weight?: number | undefined;
}

export interface FailoverOptions {
  /** Default: the first member's. */
  readonly name?: string;
  readonly clock?: Clock;
  /** Told when a member is found down for the first time, or out for good, and another goes on: nothing else would say so. */
  readonly onLost?: ((member: ChatModel, failure: ModelFailure) => void) | undefined;
}

/** Where a member stands. */
export type MemberState = "up" | "down" | "out";

export interface FailoverModel extends ChatModel {
  /** Of each member in order: `down` for a while, or `out` for good. */
  readonly states: readonly MemberState[];
}

/** A member, and what is known of it. */
interface Standing {
  readonly model: FailoverMember["model"];
  readonly weight: number;
  underWay: number;
  /** Time before which it is left alone; null while it is up. */
  restsUntil: number | null;
  restMs: number;
  /** Whether a request is finding out if it is up again. */
  probed: boolean;
  /** Times that it was found down. */
  falls: number;
  /** Why it is down or out. */
  failure: ModelFailure | null;
  out: boolean;
}

/**
 * Several models as one. A request that fails for what it is itself (context, schema, request, answer) fails at once. One that
 * finds all members down waits until each of them has been tried once more, and fails then; where all are out it fails at once.
 * @param members at least one, of positive weights
 */
export function failoverModel(
  members: readonly FailoverMember[],
  { name = members[0]?.model.name ?? "none", clock = systemClock, onLost }: FailoverOptions = {},
): FailoverModel {
  if (members.length === 0) throw new RangeError("failover between no models");
  const all = members.map(({ model, weight = 1 }): Standing => {
    if (!(weight > 0)) throw new RangeError(`a weight of ${weight} for ${model.name}; weights are above 0`);
    const unknown = { restsUntil: null, restMs: FIRST_REST_MS, probed: false, falls: 0, failure: null, out: false };
    return { model, weight, underWay: 0, ...unknown };
  });
  let changed = Promise.withResolvers<void>();
  /** Wakes those who wait for a member. */
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  /**
   * The next member to ask, its place taken. Null when all have been tried, or when the signal was aborted.
   * @param before falls of each when the request began: one that another request has found down since is not waited for
   */
  async function take(
    tried: ReadonlySet<Standing>,
    before: ReadonlyMap<Standing, number>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly member: Standing; readonly probe: boolean } | null> {
    for (;;) {
      const now = clock.now();
      const left = all.filter((member) => {
        const fell = member.falls > before.get(member)! && member.restsUntil !== null && member.restsUntil > now;
        return !member.out && !tried.has(member) && !fell;
      });
      if (left.length === 0 || signal?.aborted) return null;
      const ready = left.filter((member) => member.restsUntil === null || (member.restsUntil <= now && !member.probed));
      if (ready.length > 0) {
        const member = ready.reduce((best, other) => (fullness(other) < fullness(best) ? other : best));
        const probe = member.restsUntil !== null;
        member.probed = probe;
        member.underWay += 1;
        return { member, probe };
      }
      const resting = left.filter((member) => !member.probed).map((member) => member.restsUntil!);
      await waitFor(resting.length === 0 ? null : Math.min(...resting) - now, signal);
    }
  }

  /** Until something changed, the time has passed, or the signal is aborted. */
  async function waitFor(milliseconds: number | null, signal: AbortSignal | undefined): Promise<void> {
    const awake = new AbortController();
    const onAbort = (): void => awake.abort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const aborted = new Promise<void>((done) => awake.signal.addEventListener("abort", () => done(), { once: true }));
    const rest = milliseconds === null ? [] : [clock.sleep(milliseconds, awake.signal)];
    await Promise.race([changed.promise, aborted, ...rest]);
    signal?.removeEventListener("abort", onAbort);
    awake.abort(); // ends the sleep, whose timer would keep the process
  }

  /** Unless it was the last one: then the requests fail, and say why. */
  function tellLost(member: Standing, failure: ModelFailure): void {
    const others = all.some((other) => other !== member && !other.out && other.restsUntil === null);
    if (others) onLost?.(member.model, failure);
  }

  function found(member: Standing, failure: ModelFailure | null, probe: boolean): void {
    if (failure === null) {
      if (member.restsUntil === null) return;
      Object.assign(member, { restsUntil: null, restMs: FIRST_REST_MS, failure: null });
      change();
    } else if (isFatal(failure.kind)) {
      if (!member.out) tellLost(member, failure);
      Object.assign(member, { out: true, failure });
      change();
    } else if (member.restsUntil === null || probe) {
      // Of a crowd that fails together, the first says that it is down.
      const restMs = probe ? Math.min(MAX_REST_MS, member.restMs * 2) : FIRST_REST_MS;
      Object.assign(member, { restsUntil: clock.now() + restMs, restMs, failure });
      if (member.falls === 0) tellLost(member, failure);
      member.falls += 1;
      change();
    }
  }

  async function generate(given: GenerateRequest, { signal, onChoice }: GenerateOptions = {}): Promise<Generation> {
    const request = resolveRequest(given);
    const choices = new Map<number, Choice>();
    let usage = NO_USAGE;
    const keep = (choice: Choice): void => {
      if (choices.has(choice.index)) return;
      choices.set(choice.index, choice);
      onChoice?.(choice);
    };
    const tried = new Set<Standing>();
    const before = new Map(all.map((member) => [member, member.falls]));
    const failures: ModelFailure[] = [];
    for (;;) {
      const taken = await take(tried, before, signal);
      if (taken === null && !signal?.aborted) throw noneLeft(failures).withUsage(usage);
      // A model answers an aborted request as the contract says; which one is no matter.
      const { member: asked, probe } = taken ?? { member: all[0]!, probe: false };
      try {
        const skip = [...request.skip, ...choices.keys()];
        const generation = await asked.model.generate({ ...request, skip }, { signal, onChoice: keep });
        usage = addUsage(usage, generation.usage);
        for (const choice of generation.choices) if (!request.skip.includes(choice.index)) keep(choice);
        if (!signal?.aborted) found(asked, null, probe);
        return { choices: [...choices.values()].toSorted((a, b) => a.index - b.index), usage };
      } catch (error) {
        if (!(error instanceof ModelFailure)) throw error;
        usage = addUsage(usage, error.usage ?? NO_USAGE);
        if (!isFatal(error.kind) && !mayPass(error.kind)) {
          found(asked, null, probe); // it is up, and has something against the request
          throw error.withUsage(usage);
        }
        found(asked, error, probe);
        tried.add(asked);
        failures.push(error);
      } finally {
        if (taken !== null) asked.underWay -= 1;
        if (probe) {
          asked.probed = false;
          change();
        }
      }
    }
  }

  /** @param own what this request met itself */
  function noneLeft(own: readonly ModelFailure[]): ModelFailure {
    const failures = [...new Set([...own, ...all.flatMap(({ failure }) => failure ?? [])])];
    // One that may be up again later says more of the next request than one that is out.
    const telling = failures.findLast(({ kind }) => !isFatal(kind)) ?? failures.at(-1)!;
    if (failures.length === 1) return telling;
    const attempts: readonly Attempt[] = own.flatMap((failure) => failure.attempts);
    const reasons = failures.map(({ message }, index) => `(${index + 1}) ${message}`).join("; ");
    return new ModelFailure(telling.kind, `${name}: no answer from any of ${all.length} endpoints: ${reasons}`, {
      attempts: attempts.length > 0 ? attempts : telling.attempts,
      raw: telling.raw,
      finishReason: telling.finishReason,
    });
  }

  return {
    name,
    concurrency: all.reduce((sum, { model }) => sum + model.concurrency, 0),
    get states() {
      return all.map(({ out, restsUntil }): MemberState => (out ? "out" : restsUntil === null ? "up" : "down"));
    },
    generate,
    dispose: async () => void (await Promise.all(all.map(({ model }) => model.dispose()))),
  };
}

/** How full it would be with one more, for its weight (weighted least connections). */
const fullness = ({ model, weight, underWay }: Standing): number =>
  (underWay + 1) / (weight * (model.load?.limit ?? model.concurrency));
