// The system-prompt evaluation for `rpo eval run`: profiles that no training row comes from, their queries in several forms, verdicts by
// code.
import { InputError } from "../../dataset/input-error.ts";
import type { TurnRow } from "../../dataset/turn-table.ts";
import { judgeByCode } from "../../judge/code-judge.ts";
import { requireMeans } from "../../judge/require-means.ts";
import { counted } from "../../preference/counted.ts";
import { readProfiles } from "../../profile/profile-files.ts";
import { contentHash } from "../../run/request-content.ts";
import type { BenchmarkItem } from "../benchmark/benchmark-item.ts";
import type { RunnableBenchmark } from "../benchmark/benchmark-run.ts";
import type { JudgedProfileResponse } from "./profile-items.ts";
import { profileScore } from "./profile-score.ts";
import { type ProfileForm, type ProfileTurn, profileTurns } from "./profile-turns.ts";

export interface ProfilesRunOptions {
  readonly forms: readonly ProfileForm[];
  /** First queries of each profile that are asked. */
  readonly queries: number;
  /** Responses to each. */
  readonly samples: number;
  /** Profiles of both splits, not the held-out ones alone. */
  readonly all: boolean;
  /** Of the mixed forms' lot, the same for every model. */
  readonly seed: number;
  /** Takes notices for a person. */
  readonly say: (text: string) => void;
}

/** What it is called, and asked with. */
export const PROFILES = {
  name: "profiles",
  command: "profiles",
  title: "Profiles",
  /** A response to the sample profiles takes some 200. */
  maxTokens: 512,
  data: "profiles: a folder of YAML files, one of them, or JSON Lines",
} as const;

export interface ProfileItem extends BenchmarkItem {
  readonly turn: ProfileTurn;
}

/** The first sample has the turn's own id, so that runs of one sample and of several share it. */
const itemId = ({ id }: ProfileTurn, sample: number): string => (sample === 1 ? id : `${id}#${sample}`);

export const profilesBenchmark = ({
  forms,
  queries,
  samples,
  all,
  seed: lot,
  say,
}: ProfilesRunOptions): RunnableBenchmark<ProfileItem> => ({
  ...PROFILES,
  async prepare(data) {
    const profiles = (await readProfiles(data)).filter(({ split }) => all || split === "held-out");
    const { turns, leftOut, notByCode } = profileTurns(profiles, { forms, queries, seed: lot });
    if (turns.length === 0)
      throw new InputError(
        profiles.length === 0 && !all
          ? `${data}: no profile with split "held-out"; --all-profiles takes those of split "train" as well`
          : `${data}: no profile with a query and constraints that code can judge, in every form asked for`,
      );
    for (const { constraints } of turns) requireMeans(constraints);
    if (notByCode > 0)
      say(`left out of the prompts: ${counted(notByCode, "constraint")} that only a judge could decide`);
    if (leftOut.length > 0)
      say(
        `left out: ${counted(leftOut.length, "question")}, the first ${leftOut[0]!.question}, since ${leftOut[0]!.reason}`,
      );
    return {
      sha256: contentHash(profiles),
      items: turns.flatMap((turn) =>
        Array.from(
          { length: samples },
          (_, index): ProfileItem => ({
            id: itemId(turn, index + 1),
            turns: [{ messages: turn.messages }],
            turn,
          }),
        ),
      ),
      responseRow: (item, _, response) => tableRow(item, response),
      async score(responded, { run, seed, resamples }) {
        const judged = responded.flatMap((one): JudgedProfileResponse[] =>
          "responses" in one ? [judgedResponse(one.item, one.responses[0]!.text)] : [],
        );
        const missing = responded.flatMap((one) => ("cause" in one ? [{ key: one.item.id, cause: one.cause }] : []));
        const facts = {
          forms,
          queries,
          samples,
          left_out: leftOut,
          not_by_code: notByCode,
          complete: missing.length === 0,
          missing,
        };
        const score = profileScore(judged, { run, seed, resamples });
        return {
          complete: missing.length === 0 && score !== null,
          json: { benchmark: "profiles", mode: "fixed", run, ...score?.json, ...facts },
          text: score?.text ?? "Profiles: no response has a verdict\n",
          scored: score?.scored ?? null,
        };
      },
    };
  },
});

/** Verdicts on a response: true, false, null where a constraint asks nothing of it. */
function verdictsOn({ constraints, query }: ProfileTurn, response: string): (boolean | null)[] {
  const checks = constraints.map(({ check }) => check);
  return judgeByCode(checks, query, response).map((verdict) =>
    verdict === "na" || verdict === null ? null : verdict === "pass",
  );
}

const judgedResponse = ({ id, turn }: ProfileItem, response: string): JudgedProfileResponse => ({
  id,
  profile: turn.profile,
  prompt: turn.query,
  response,
  constraints: turn.constraints,
  verdicts: verdictsOn(turn, response),
});

/** A row of a turn table, so that `rpo eval score profiles`, `rpo census` and `rpo pairs` take the responses as they are. */
const tableRow = ({ id, turn }: ProfileItem, response: string): TurnRow => ({
  id,
  profile: { id: turn.profile },
  messages: turn.messages.map(({ role, content }) => ({ role, content })),
  constraints: turn.constraints.map(({ id: constraint, text, reversed }) => ({ id: constraint, text, reversed })),
  responses: [{ text: response.trim() === "" ? null : response, verdicts: verdictsOn(turn, response) }],
  verdict_source: "code",
});
