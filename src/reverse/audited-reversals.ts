// From constraints to reverses that may be used: proposed, tried, rewritten where they fail, tried again, and dropped where that fails
// too (spec/constraints.md, "By judge"). What the rules reverse is exact and needs no trial.
import { isProtected } from "../constraint/protected.ts";
import { reverseText } from "../constraint/reverse-text.ts";
import { inParallel } from "../judge/in-parallel.ts";
import { compareByCode } from "./exact-complement.ts";
import { type Proposal, proposeReversals, type ReverserSettings, rewriteReversal } from "./llm-reverser.ts";
import { flipRate, NO_TRIALS, type Reversal, type ReversalState, type TriedWording } from "./reversal.ts";
import { auditReversals, isItsOwn, type ReversalOutcome, type TextJudge } from "./reversal-audit.ts";
import type { Trial } from "./trial-draw.ts";
import { wordingFault } from "./wording-fault.ts";

/**
 * Share of the judged responses on which exactly one of the two must hold. A judge that is right nine times in ten sees a perfect reverse
 * flip on 0.9² + 0.1² = 82 % of them; with eight responses 0.75 asks for six.
 */
export const FLIP_THRESHOLD = 0.75;
/** Responses that each reverse is tried on. */
export const TRIALS = 8;
/** Judged responses below which nobody can say that a reverse was tried: by chance alone three of three flip once in eight times. */
export const MIN_JUDGED = 4;
/** Times that a reverse may be rewritten. */
export const REWRITES = 1;
/** Counterexamples that are shown for a rewrite. */
const SHOWN = 3;

export interface ReversalRequest {
  readonly text: string;
  readonly trials: readonly Trial[];
  /** A reverse that somebody gave: tried in place of asking for one. */
  readonly given?: string | undefined;
}

export interface AuditedReversalsOptions {
  readonly reverser: ReverserSettings;
  readonly judge: TextJudge;
  /** Responses and rewrites in work at once. */
  readonly width: number;
  readonly threshold?: number;
  readonly rewrites?: number;
  readonly minJudged?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReversalProgress) => void) | undefined;
}

export interface ReversalProgress {
  readonly what: "reversing" | "judging" | "rewriting";
  readonly done: number;
  readonly total: number;
}

/** A reverse on its way. */
interface Candidate {
  readonly request: ReversalRequest;
  readonly source: "llm" | "given";
  readonly reversed: string;
  readonly fault: string | null;
  readonly outcome: ReversalOutcome;
  readonly tried: readonly TriedWording[];
}

const UNTRIED: ReversalOutcome = { ...NO_TRIALS, originals: [], counterexamples: [], failed: 0, cause: null };

/**
 * A reversal of each constraint, in their order, with the counts of its trials. Texts must be different.
 * @throws ModelFailure where a model cannot be asked at all; the signal's reason
 */
export async function auditedReversals(
  requests: readonly ReversalRequest[],
  options: AuditedReversalsOptions,
): Promise<Reversal[]> {
  const { reverser, signal, onProgress, rewrites = REWRITES } = options;
  onProgress?.({ what: "reversing", done: 0, total: requests.length });
  const proposals = await proposalsFor(requests, reverser, signal);
  const settled = new Map<string, Reversal>();
  let open: Candidate[] = [];
  for (const [index, proposal] of proposals.entries()) {
    const request = requests[index]!;
    if (proposal.source === "protected") settled.set(proposal.text, unreversed(proposal.text, "protected"));
    else if (proposal.source === "failed")
      settled.set(proposal.text, { ...unreversed(proposal.text, "dropped"), cause: proposal.cause });
    else if (proposal.source === "rule" || compareByCode(proposal.text, proposal.reversed).kind === "exact")
      settled.set(proposal.text, exactly(proposal));
    else open.push(candidate(request, proposal.source, proposal.reversed, []));
  }
  for (let round = 0; open.length > 0; round += 1) {
    open = await tried(open, options);
    const failing: Candidate[] = [];
    for (const one of open) {
      const state = stateOf(one, options);
      if (state === "failing" && round < rewrites) failing.push(one);
      else settled.set(one.request.text, reversalOf(one, state === "failing" ? "dropped" : state, round));
    }
    if (failing.length > 0) onProgress?.({ what: "rewriting", done: 0, total: failing.length });
    open = await rewritten(failing, settled, round, options);
  }
  return requests.map(({ text }) => settled.get(text)!);
}

/** Given reverses as they are (but for protected constraints), the rest from rules or the model. */
async function proposalsFor(
  requests: readonly ReversalRequest[],
  reverser: ReverserSettings,
  signal: AbortSignal | undefined,
): Promise<Proposal[]> {
  const asked = requests.filter(({ text, given }) => given === undefined || isProtected(text));
  const proposed = await proposeReversals(
    asked.map(({ text }) => text),
    reverser,
    signal,
  );
  const byText = new Map(proposed.map((proposal) => [proposal.text, proposal]));
  return requests.map(({ text, given }) => byText.get(text) ?? { text, source: "given", reversed: given! });
}

const candidate = (
  request: ReversalRequest,
  source: Candidate["source"],
  reversed: string,
  before: readonly TriedWording[],
): Candidate => ({
  request,
  source,
  reversed,
  fault: wordingFault(request.text, reversed),
  outcome: UNTRIED,
  tried: before,
});

/** Tries all but those that are wrong by their wording: a permissive opposite needs no response to be shown up. */
async function tried(
  candidates: readonly Candidate[],
  { judge, width, signal, onProgress }: AuditedReversalsOptions,
): Promise<Candidate[]> {
  const fit = candidates.filter(({ fault, request }) => fault === null && request.trials.length > 0);
  const outcomes = await auditReversals(
    fit.map(({ request: { text, trials }, reversed }) => ({ text, reversed, trials })),
    judge,
    { width, signal, onProgress: (done, total) => onProgress?.({ what: "judging", done, total }) },
  );
  const byText = new Map(fit.map(({ request }, index) => [request.text, outcomes[index]!]));
  return candidates.map((one) => ({ ...one, outcome: byText.get(one.request.text) ?? UNTRIED }));
}

function stateOf(
  { fault, outcome }: Candidate,
  { threshold = FLIP_THRESHOLD, minJudged = MIN_JUDGED }: AuditedReversalsOptions,
): "kept" | "unaudited" | "failing" {
  if (fault !== null) return "failing";
  if (outcome.judged < Math.max(1, minJudged)) return "unaudited";
  return flipRate(outcome)! >= threshold ? "kept" : "failing";
}

/** New wordings of those that failed; one for which none comes is dropped. */
async function rewritten(
  failing: readonly Candidate[],
  settled: Map<string, Reversal>,
  round: number,
  { reverser, width, signal }: AuditedReversalsOptions,
): Promise<Candidate[]> {
  const next = await inParallel(failing, width, signal, async (one) => {
    const { request, reversed, fault, outcome } = one;
    const before = [...one.tried, wordingOf(one)];
    const byRule = reverseText(request.text); // only a given reverse of what the rules can reverse gets here
    if (byRule !== null) {
      const exact = exactly({ text: request.text, source: "rule", reversed: byRule });
      settled.set(request.text, { ...exact, state: "rewritten", tried: before });
      return null;
    }
    try {
      const text = await rewriteReversal(
        {
          text: request.text,
          reversed,
          fault,
          counterexamples: outcome.counterexamples.slice(0, SHOWN),
          tried: before.map((wording) => wording.reversed),
        },
        reverser,
        signal,
      );
      return candidate(withVerdicts(request, outcome), "llm", text, before);
    } catch (error) {
      if (signal?.aborted || !isItsOwn(error)) throw error;
      settled.set(request.text, { ...reversalOf(one, "dropped", round), cause: error.message });
      return null;
    }
  });
  signal?.throwIfAborted();
  return next.filter((one): one is Candidate => one != null);
}

/** The request with what was found out under the constraint itself, which a second wording need not ask for again. */
const withVerdicts = (request: ReversalRequest, { originals }: ReversalOutcome): ReversalRequest => ({
  ...request,
  trials: request.trials.map((trial, index) => ({ ...trial, verdict: originals[index] ?? trial.verdict })),
});

const wordingOf = ({ reversed, fault, outcome: { judged, flipped, satisfied } }: Candidate): TriedWording => ({
  reversed,
  fault,
  judged,
  flipped,
  satisfied,
});

function reversalOf(one: Candidate, state: "kept" | "unaudited" | "dropped", round: number): Reversal {
  const { request, source, reversed, outcome } = one;
  const { judged, flipped, satisfied, failed, cause } = outcome;
  const rate = flipRate(outcome);
  const common = { text: request.text, source, flip_rate: rate, exact: false, judged, flipped, satisfied };
  const why = failed > 0 && cause !== null ? { cause: `${failed} not judged: ${cause}` } : {};
  if (state === "kept")
    return { ...common, reversed, state: round === 0 ? "kept" : "rewritten", tried: [...one.tried] };
  const all = [...one.tried, wordingOf(one)];
  return state === "dropped"
    ? { ...common, reversed: null, state, tried: all, ...why }
    : { ...common, state, tried: all, ...why };
}

const unreversed = (text: string, state: ReversalState): Reversal => ({
  text,
  reversed: null,
  source: null,
  state,
  flip_rate: null,
  exact: false,
  ...NO_TRIALS,
  tried: [],
});

const exactly = ({ text, source, reversed }: Extract<Proposal, { readonly reversed: string }>): Reversal => ({
  text,
  reversed,
  source,
  state: "kept",
  flip_rate: 1,
  exact: true,
  ...NO_TRIALS,
  tried: [],
});
