// Judged rounds of SysBench, read and checked against one another and, where they are given, against the benchmark's sessions.
// One line a round: {system_id, round, related, alignment, verdicts: [[criterion id, its type, verdict], …]}, the form of the
// published runs. What the verdicts come to is score.ts's business.
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import { inputName } from "../../dataset/jsonl.ts";
import { type JsonlRow, readJsonlRows } from "../../dataset/jsonl-rows.ts";
import {
  ALIGNMENTS,
  type Alignment,
  alignmentSchema,
  CRITERION_TYPES,
  type DataType,
  dataTypeSchema,
  ROUNDS,
  readSysbenchItems,
} from "./sessions.ts";

export type CriterionType = (typeof CRITERION_TYPES)[keyof typeof CRITERION_TYPES];

export interface JudgedCriterion {
  readonly id: string;
  readonly type: CriterionType;
  /** As the judge wrote it: 是, 否, or whatever else. */
  readonly verdict: string;
  /** What is asked, where the sessions are at hand. */
  readonly text?: string | undefined;
}

export interface JudgedRound {
  readonly session: number;
  /** 1 to 5. */
  readonly round: number;
  /** Whether the rounds of the session depend on one another. */
  readonly dependent: boolean;
  readonly alignment: Alignment;
  readonly criteria: readonly JudgedCriterion[];
  /** The user's question, where the sessions are at hand. */
  readonly prompt?: string | undefined;
  readonly response?: string | null | undefined;
}

const verdictsSchema = z.object({
  system_id: z.int(),
  round: z.int().min(1).max(ROUNDS),
  related: z.boolean(),
  alignment: alignmentSchema,
  verdicts: z.array(z.tuple([z.string(), dataTypeSchema, z.string()])).min(1, "a round without a verdict"),
  /** Whether the official program passed the round. */
  usable: z.union([z.literal(0), z.literal(1)]).optional(),
  response: z.string().nullable().optional(),
});

/** What the benchmark asks in a round. */
interface AskedRound {
  readonly related: boolean;
  readonly alignment: z.infer<typeof alignmentSchema>;
  readonly prompt: string;
  readonly criteria: ReadonlyMap<string, { readonly text: string; readonly type: DataType }>;
}

const keyOf = (session: number, round: number): string => `session ${session} round ${round}`;

async function askedRounds(path: string): Promise<Map<string, AskedRound>> {
  const asked = new Map<string, AskedRound>();
  for (const { session, related, turns } of await readSysbenchItems(path))
    for (const { round, prompt, alignment, criteria } of turns)
      asked.set(keyOf(session, round), {
        related,
        alignment,
        prompt,
        criteria: new Map(criteria.map(({ id, text, type }) => [id, { text, type }])),
      });
  return asked;
}

const answerSchema = z.object({ system_id: z.int(), round: z.int(), answer: z.string().nullable() });

async function answersOf(path: string): Promise<Map<string, string | null>> {
  const answers = new Map<string, string | null>();
  for await (const { value, refusal } of readJsonlRows(path, answerSchema)) {
    const key = keyOf(value.system_id, value.round);
    if (answers.has(key)) throw refusal("round", `${key} is there twice`);
    answers.set(key, value.answer);
  }
  return answers;
}

export interface RoundFiles {
  /** Verdicts, one line a round; may have the responses as well. */
  readonly verdicts: string;
  /** The benchmark's sessions, to check against and to show. */
  readonly sessions?: string | undefined;
  /** {system_id, round, answer}, to show; for verdicts without the responses. */
  readonly responses?: string | undefined;
}

/**
 * The judged rounds of a run, by session and round.
 * @throws RowError for a round or criterion that is there twice, verdicts whose ids or types are not those of the criteria, a round
 *   whose `usable` contradicts its verdicts; InputError for a session without five rounds, or sessions that are not judged
 */
export async function readJudgedRounds({ verdicts, sessions, responses }: RoundFiles): Promise<JudgedRound[]> {
  const asked = sessions === undefined ? null : await askedRounds(sessions);
  const answers = responses === undefined ? null : await answersOf(responses);
  const judged = new Map<string, JudgedRound>();
  const bySession = new Map<number, { readonly dependent: boolean; rounds: number }>();
  for await (const row of readJsonlRows(verdicts, verdictsSchema)) {
    const round = judgedRound(row, asked);
    const key = keyOf(round.session, round.round);
    if (judged.has(key)) throw row.refusal("round", `${key} is there twice`);
    judged.set(key, answers?.has(key) ? { ...round, response: answers.get(key) } : round);
    const session = bySession.get(round.session) ?? { dependent: round.dependent, rounds: 0 };
    if (session.dependent !== round.dependent)
      throw row.refusal("related", `other rounds of session ${round.session} say ${session.dependent}`);
    session.rounds += 1;
    bySession.set(round.session, session);
  }
  const file = inputName(verdicts);
  if (judged.size === 0) throw new InputError(`${file}: no round`);
  for (const [session, { rounds: count }] of bySession)
    if (count !== ROUNDS)
      throw new InputError(
        `${file}: session ${session} has ${count} of ${ROUNDS} rounds; scores are of whole sessions, judge the others first`,
      );
  for (const key of asked?.keys() ?? [])
    if (!judged.has(key))
      throw new InputError(
        `${file}: ${key} of ${inputName(sessions!)} is not judged; scores are of the whole benchmark`,
      );
  return [...judged.values()].sort((a, b) => a.session - b.session || a.round - b.round);
}

function judgedRound(
  { value, refusal }: JsonlRow<z.infer<typeof verdictsSchema>>,
  asked: ReadonlyMap<string, AskedRound> | null,
): JudgedRound {
  const { system_id, round, related, alignment, verdicts, usable, response } = value;
  const key = keyOf(system_id, round);
  const question = asked?.get(key);
  if (asked !== null && question === undefined) throw refusal("round", `there is no ${key} in the sessions`);
  const seen = new Set<string>();
  for (const [id, type] of verdicts) {
    if (seen.has(id)) throw refusal("verdicts", `criterion "${id}" is judged twice`);
    seen.add(id);
    if (question === undefined) continue;
    const criterion = question.criteria.get(id);
    if (criterion === undefined)
      throw refusal("verdicts", `${key} has no criterion "${id}", only ${[...question.criteria.keys()].join(", ")}`);
    else if (criterion.type !== type)
      throw refusal("verdicts", `criterion "${id}" is of type ${criterion.type}, not ${type}`);
  }
  if (question !== undefined) {
    for (const id of question.criteria.keys())
      if (!seen.has(id)) throw refusal("verdicts", `criterion "${id}" is not judged`);
    if (question.related !== related) throw refusal("related", `the sessions say ${question.related}`);
    if (question.alignment !== alignment) throw refusal("alignment", `the sessions say ${question.alignment}`);
  }
  const passes = verdicts.every(([, , verdict]) => verdict !== "否");
  if (usable !== undefined && (usable === 1) !== passes)
    throw refusal("usable", `${usable}, but the verdicts say ${passes ? 1 : 0}`);
  return {
    session: system_id,
    round,
    dependent: related,
    alignment: ALIGNMENTS[alignment],
    criteria: verdicts.map(([id, type, verdict]) => ({
      id,
      type: CRITERION_TYPES[type],
      verdict,
      text: question?.criteria.get(id)?.text,
    })),
    prompt: question?.prompt,
    response,
  };
}
