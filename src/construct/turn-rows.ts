// From the turns of a run to rows of a turn table (dataset/turn-table.ts): pass is true, fail false, na null. A response without
// verdicts (the judge failed, or it is blank) is left out: nobody knows what it satisfies.
import type { TurnRow } from "../dataset/turn-table.ts";
import type { JudgedSample } from "../dialogue/judged-sample.ts";
import type { PolicyTurn } from "../dialogue/policy.ts";
import { historyOf, type KeptTurn, type Session } from "../dialogue/session.ts";
import type { Message } from "../profile/message.ts";
import { type Profile, systemPrompt } from "../profile/profile.ts";

/** Responses of a turn with what names their models. */
interface AnsweredTurn {
  readonly id: string;
  readonly profile: Profile;
  readonly messages: readonly Message[];
  /** Ids of constraints. */
  readonly triggered: readonly string[];
  readonly samples: readonly JudgedSample[];
  readonly sampler: string;
  readonly critic: string;
}

/** The row of a turn that the policy answered; null where no response has verdicts. */
export const policyRow = (id: string, profile: Profile, turn: PolicyTurn): TurnRow | null =>
  turnRow({ ...turn, id, profile, sampler: turn.models.policy, critic: turn.models.critic });

/** The row of a turn of a session, with the responder's responses to the query as it was, without the reminder. */
export const sessionRow = (id: string, profile: Profile, session: Session, turn: KeptTurn): TurnRow | null =>
  turnRow({
    id: `${id}/t${turn.turn}`,
    profile,
    messages: [
      { role: "system", content: systemPrompt(profile) },
      ...historyOf(session.turns.filter((earlier) => earlier.turn < turn.turn)),
      { role: "user", content: turn.query.text },
    ],
    triggered: turn.triggered,
    samples: turn.samples,
    sampler: session.models.responder,
    critic: session.models.critic,
  });

function turnRow({ id, profile, messages, triggered, samples, sampler, critic }: AnsweredTurn): TurnRow | null {
  const ids = new Set(triggered);
  const constraints = profile.constraints.filter((constraint) => ids.has(constraint.id));
  const sources = new Set<string>();
  const responses = samples.flatMap(({ id: response, text, revises, verdicts }) => {
    if (verdicts === null) return [];
    for (const { source } of verdicts) sources.add(source);
    const byId = new Map(verdicts.map((one) => [one.id, one.verdict]));
    return [
      {
        id: response,
        text,
        model: revises === null ? sampler : `${sampler}, edited by ${critic}`,
        verdicts: constraints.map((constraint) => {
          const verdict = byId.get(constraint.id) ?? "na";
          return verdict === "na" ? null : verdict === "pass";
        }),
      },
    ];
  });
  if (responses.length === 0) return null;
  return {
    id,
    profile: { id: profile.id },
    messages: messages.map(({ role, content }) => ({ role, content })),
    constraints: constraints.map((constraint) => ({ id: constraint.id, text: constraint.text })),
    responses,
    verdict_source: [...sources].sort().join(" and ") || "none",
  };
}
