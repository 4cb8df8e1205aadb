// Published SysBench runs as a turn table (spec/evaluation.md, "SysBench"): several models' responses to one round under
// one history, with the official verdicts. The official scores read verdicts otherwise; that is eval/'s business.
//
// A folder holds sessions.jsonl.gz, responses/RUN.jsonl.gz and verdicts/RUN.jsonl.gz (or the same without .gz). In the runs
// named gt_history__* every model answered after the gold replies of the earlier rounds, so their responses to a round are
// comparable. In the others each model answered after its own replies; those are refused.
//
// The data has gold replies for rounds 1 and 2 only. A round whose reply is not known is left out of the history of the
// rounds after it, question and all (an answerless question would be a prompt of another kind), and `meta` names it: the
// models saw it, the row does not show it. Rounds 1 to 3 are exact.
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Message } from "../profile/message.ts";
import { InputError } from "./input-error.ts";
import { type JsonlRow, readJsonlRows } from "./jsonl-rows.ts";
import type { TurnRow } from "./turn-table.ts";

/** Runs whose history is the gold replies. */
const SHARED_HISTORY = "gt_history__";

/** The two values that say something about a response; any other (不适用, 部分 …) is `na`. */
const VERDICTS: Readonly<Record<string, boolean>> = { 是: true, 否: false };

const sessionSchema = z.object({
  system_id: z.int(),
  domain: z.string().optional(),
  scene: z.string().optional(),
  rounds_related: z.boolean().optional(),
  system_prompt: z.string(),
  rounds: z.array(
    z.object({
      round: z.int().min(1),
      prompt: z.string(),
      alignment: z.string().optional(),
      criteria: z.array(z.object({ criteria_id: z.string(), criteria_content: z.string() })),
      gt_assistant: z.string().nullable().optional(),
    }),
  ),
});
type Session = z.infer<typeof sessionSchema>;
type Round = Session["rounds"][number];

const answerSchema = z.object({ system_id: z.int(), round: z.int(), answer: z.string().nullable() });
const verdictsSchema = z.object({
  system_id: z.int(),
  round: z.int(),
  /** Criterion id, its type, the verdict. */
  verdicts: z.array(z.tuple([z.string(), z.string(), z.string().nullable()])),
});

type AnsweredRound = JsonlRow<z.infer<typeof answerSchema>>;
type JudgedRound = JsonlRow<z.infer<typeof verdictsSchema>>;

interface Run {
  readonly name: string;
  readonly answers: ReadonlyMap<string, AnsweredRound>;
  readonly verdicts: ReadonlyMap<string, JudgedRound>;
}

export interface SysbenchOptions {
  /** Names of the runs; all that share the gold history where left out. */
  readonly runs?: readonly string[];
  /** Leave out the rounds whose history is not known in full (rounds 4 and 5). */
  readonly completeHistory?: boolean;
}

/**
 * The rounds of SysBench as rows of a turn table, one response for each run. An empty answer becomes a null text: it has
 * verdicts, and nothing to train on.
 * @throws InputError for a missing file, an unknown run, or a run that does not share the gold history; RowError for a
 * malformed line, a missing round, or verdicts whose ids are not those of the criteria
 */
export async function* sysbenchTurns(dir: string, options: SysbenchOptions = {}): AsyncGenerator<TurnRow> {
  const runs: Run[] = [];
  for (const name of await runNames(dir, options.runs)) {
    runs.push({
      name,
      answers: await byRound(await dataFile(dir, join("responses", name)), answerSchema),
      verdicts: await byRound(await dataFile(dir, join("verdicts", name)), verdictsSchema),
    });
  }
  const known = new Set<string>();
  for await (const { value: session } of readJsonlRows(await dataFile(dir, "sessions"), sessionSchema)) {
    for (const round of session.rounds) {
      known.add(roundKey(session.system_id, round.round));
      const row = turnRow(session, round, runs);
      if (options.completeHistory !== true || historyOf(session, round).leftOut.length === 0) yield row;
    }
  }
  for (const { answers, verdicts } of runs) {
    for (const [key, { refusal }] of [...answers, ...verdicts]) {
      if (!known.has(key)) throw refusal("row", `there is no ${key} in sessions`);
    }
  }
}

async function runNames(dir: string, wanted: readonly string[] | undefined): Promise<string[]> {
  let entries: string[];
  try {
    entries = await readdir(join(dir, "responses"));
  } catch {
    throw new InputError(
      `${join(dir, "responses")}: no such folder; is ${dir} laid out as SysBench is (docs/turn-table.md)?`,
    );
  }
  const there = entries.map((name) => name.replace(/\.jsonl(\.gz)?$/, "")).sort();
  const sharing = there.filter((name) => name.startsWith(SHARED_HISTORY));
  if (wanted === undefined) {
    if (sharing.length === 0) throw new InputError(`${join(dir, "responses")}: no run named ${SHARED_HISTORY}*`);
    return sharing;
  }
  for (const name of wanted) {
    if (!there.includes(name))
      throw new InputError(`no run "${name}" in ${join(dir, "responses")}; there are ${there.join(", ")}`);
    if (!name.startsWith(SHARED_HISTORY)) {
      throw new InputError(
        `the run "${name}" does not share its history with others: each model's own earlier replies stand before its ` +
          `responses, so they answer different prompts. Runs that share one: ${sharing.join(", ") || "none"}`,
      );
    }
  }
  return [...new Set(wanted)];
}

async function dataFile(dir: string, name: string): Promise<string> {
  for (const path of [join(dir, `${name}.jsonl.gz`), join(dir, `${name}.jsonl`)]) {
    try {
      await access(path);
      return path;
    } catch {}
  }
  throw new InputError(`${join(dir, name)}.jsonl.gz: no such file`);
}

const roundKey = (session: number, round: number): string => `session ${session} round ${round}`;

async function byRound<T extends { system_id: number; round: number }>(
  path: string,
  schema: z.ZodType<T>,
): Promise<Map<string, JsonlRow<T>>> {
  const rows = new Map<string, JsonlRow<T>>();
  for await (const row of readJsonlRows(path, schema)) {
    const key = roundKey(row.value.system_id, row.value.round);
    if (rows.has(key)) throw row.refusal("round", `${key} is there twice`);
    rows.set(key, row);
  }
  return rows;
}

function turnRow(session: Session, round: Round, runs: readonly Run[]): TurnRow {
  const key = roundKey(session.system_id, round.round);
  const { history, leftOut } = historyOf(session, round);
  const criteria = round.criteria.map(({ criteria_id }) => criteria_id);
  return {
    id: `sysbench-${session.system_id}-${round.round}`,
    profile: { id: `sysbench-${session.system_id}`, system: session.system_prompt },
    history,
    query: round.prompt,
    constraints: round.criteria.map(({ criteria_id, criteria_content }) => ({
      id: `${session.system_id}.${round.round}.${criteria_id}`,
      text: criteria_content,
    })),
    responses: runs.map(({ name, answers, verdicts }) => {
      const [answer, judged] = [answers.get(key), verdicts.get(key)];
      if (answer === undefined || judged === undefined) {
        throw new InputError(`the run "${name}" has no ${answer === undefined ? "response" : "verdicts"} for ${key}`);
      }
      const text = answer.value.answer;
      return {
        id: name,
        text: text === null || text.trim() === "" ? null : text,
        model: name.slice(SHARED_HISTORY.length),
        verdicts: verdictVector(criteria, judged),
      };
    }),
    verdict_source: "sysbench",
    meta: {
      domain: session.domain,
      scene: session.scene,
      round: round.round,
      alignment: round.alignment,
      rounds_related: session.rounds_related,
      history_left_out: leftOut,
    },
  };
}

/** The earlier rounds with their gold replies, and the numbers of those whose reply is not known. */
function historyOf(session: Session, round: Round): { history: HistoryMessage[]; leftOut: number[] } {
  const history: HistoryMessage[] = [];
  const leftOut: number[] = [];
  for (const earlier of session.rounds) {
    if (earlier.round >= round.round) continue;
    const reply = earlier.gt_assistant ?? "";
    if (reply.trim() === "") leftOut.push(earlier.round);
    else history.push({ role: "user", content: earlier.prompt }, { role: "assistant", content: reply });
  }
  return { history, leftOut };
}
type HistoryMessage = Message & { role: "user" | "assistant" };

function verdictVector(criteria: readonly string[], judged: JudgedRound): (boolean | null)[] {
  const given = new Map<string, boolean | null>();
  for (const [id, , verdict] of judged.value.verdicts) {
    if (given.has(id)) throw judged.refusal("verdicts", `criterion "${id}" is judged twice`);
    if (!criteria.includes(id))
      throw judged.refusal("verdicts", `there is no criterion "${id}", only ${criteria.join(", ")}`);
    given.set(id, VERDICTS[verdict ?? ""] ?? null);
  }
  return criteria.map((id): boolean | null => {
    const verdict = given.get(id);
    if (verdict === undefined) throw judged.refusal("verdicts", `criterion "${id}" is not judged`);
    return verdict;
  });
}
