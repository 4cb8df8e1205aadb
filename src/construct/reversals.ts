// Reverses of the free-text constraints of a run, tried on the responses that there are (spec/method.md, data construction, 8;
// spec/constraints.md, "By judge"): an item is a profile, whose constraints go into one question. What the rules reverse needs none.
import { z } from "zod";
import type { Role } from "../config/role-section.ts";
import { isProtected } from "../constraint/protected.ts";
import { reverseText } from "../constraint/reverse-text.ts";
import { parseTurn, type TurnRow } from "../dataset/turn-table.ts";
import type { Profile } from "../profile/profile.ts";
import { judgeVerdictsPrompt } from "../prompts/judge-verdicts.ts";
import { reverseConstraintsPrompt } from "../prompts/reverse-constraints.ts";
import { rewriteReversalPrompt } from "../prompts/rewrite-reversal.ts";
import { auditedReversals, type ReversalRequest } from "../reverse/audited-reversals.ts";
import { type Reversal, reversalSchema } from "../reverse/reversal.ts";
import { textJudge } from "../reverse/reversal-audit.ts";
import { ReversalRequests } from "../reverse/reversal-requests.ts";
import { stageOutputs } from "../run/stage.ts";
import {
  type Construction,
  type ConstructionStage,
  itemSeed,
  judgeSettings,
  madeBy,
  modelOf,
  promptsVersion,
} from "./construction.ts";
import { answeredTurns } from "./responses.ts";
import { policyRow } from "./turn-rows.ts";

export const REVERSALS = "reversals";

interface ReversalsInput {
  readonly requests: readonly ReversalRequest[];
  readonly settings: unknown;
  readonly made: unknown;
}

export type ReversalsStage = ConstructionStage<ReversalsInput, Reversal[]>;

const ASKS = ["reverser", "judge"] as const satisfies readonly Role[];
/** Responses that one profile's reverses are tried on at once; profiles are in work at once as well. */
const WIDTH = 4;

/** Reverses and tries the free-text constraints of each profile that has answered turns. */
export function reversalsStage(construction: Construction): ReversalsStage {
  const { judge, reverse, run } = construction.config;
  return {
    name: REVERSALS,
    version: promptsVersion([reverseConstraintsPrompt, rewriteReversalPrompt, judgeVerdictsPrompt]),
    output: z.array(reversalSchema),
    doing: "reversing free-text constraints and trying the reverses",
    unit: ["profile", "profiles"],
    asks: ASKS,
    async *items() {
      const made = madeBy(construction, ASKS);
      for await (const { profile, rows } of rowsByProfile(construction)) {
        const open = new Set(
          profile.constraints
            .map(({ text }) => text)
            .filter((text) => !isProtected(text) && reverseText(text) === null),
        );
        const gathered = new ReversalRequests({ trials: reverse.audit, seed: run.seed, rejudge: false });
        for (const row of rows) {
          const parsed = parseTurn(row);
          if ("turn" in parsed) gathered.meetTurn(parsed.turn);
        }
        const requests = gathered.requests().filter(({ text }) => open.has(text));
        if (requests.length > 0) yield { id: profile.id, input: { requests, settings: { reverse, judge }, made } };
      }
    },
    work: ({ id, input: { requests } }, context) => {
      const seed = itemSeed(construction, REVERSALS, id, context);
      return auditedReversals(requests, {
        reverser: { model: modelOf(construction, "reverser", REVERSALS), seed },
        judge: textJudge(judgeSettings(construction, REVERSALS, seed)),
        width: WIDTH,
        threshold: reverse.threshold,
        rewrites: reverse.rewrites,
        signal: context.signal,
      });
    },
  };
}

/** The turns of each profile together: sessions come profile by profile. */
async function* rowsByProfile(
  construction: Construction,
): AsyncGenerator<{ readonly profile: Profile; readonly rows: readonly TurnRow[] }> {
  let profile: Profile | null = null;
  let rows: TurnRow[] = [];
  for await (const turn of answeredTurns(construction)) {
    if (profile !== null && turn.profile.id !== profile.id) {
      yield { profile, rows };
      rows = [];
    }
    profile = turn.profile;
    const row = policyRow(turn.id, turn.profile, turn.output);
    if (row !== null) rows.push(row);
  }
  if (profile !== null) yield { profile, rows };
}

/** Reversals of the run, each text once: of several profiles' reverses of one text the first that may be used, else the first. */
export async function reversalsOf(construction: Construction): Promise<readonly Reversal[]> {
  const stage = reversalsStage(construction);
  const byText = new Map<string, Reversal>();
  for await (const { output } of stageOutputs(stage, stage.items(), construction.store))
    for (const reversal of output) {
      const known = byText.get(reversal.text);
      if (known === undefined || (!known.reversed && reversal.reversed)) byText.set(reversal.text, reversal);
    }
  return [...byText.values()];
}
