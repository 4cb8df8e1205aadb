// SysBench for `rpo eval run`: the model answers five rounds a session, on its own earlier replies or on the gold ones, and a judge
// decides every round.
import { InputError } from "../../dataset/input-error.ts";
import { jsonLine } from "../../dataset/jsonl.ts";
import type { ChatModel } from "../../model/model.ts";
import { recordedModel } from "../../run/recorded-model.ts";
import type { RunnableBenchmark } from "../benchmark/benchmark-run.ts";
import type { History, RespondedItem } from "../benchmark/respond.ts";
import { type AnsweredSession, judgeRounds, verdictRow } from "./judge-rounds.ts";
import { ROUNDS, readSysbenchItems, type SysbenchItem } from "./sessions.ts";
import { sysbenchScore } from "./sysbench-score.ts";

export interface SysbenchRunOptions {
  readonly judge: ChatModel;
  /** What the judge is known by in the store. */
  readonly identity: string;
  readonly history: History;
}

/** What it is called, and asked with. */
export const SYSBENCH = {
  name: "sysbench",
  command: "sysbench",
  title: "SysBench",
  /** Official for the models that its program runs itself. */
  maxTokens: 1000,
  data: "its sessions: JSON Lines, a session a line (docs/evaluation.md)",
} as const;

export const sysbenchBenchmark = ({
  judge,
  identity,
  history,
}: SysbenchRunOptions): RunnableBenchmark<SysbenchItem> => ({
  ...SYSBENCH,
  async prepare(data, mode) {
    const items = await readSysbenchItems(data);
    if (history === "gold") requireGold(items, data);
    return {
      items,
      history,
      responseRow: ({ session }, round, answer) => ({ system_id: session, round, answer }),
      async score(responded, { run, seed, resamples, store, ledger, signal, onProgress }) {
        const sessions = responded.flatMap((one): AnsweredSession[] =>
          "responses" in one
            ? [{ item: one.item, responses: one.responses.map(({ text }) => text), gold: history === "gold" }]
            : [],
        );
        const kept = recordedModel(judge, { store, ledger, identity, role: "judge", stage: "eval sysbench" });
        const { rounds, failed } = await judgeRounds(sessions, {
          ...{ judge: kept, identity, mode, seed, store, signal, onProgress },
        });
        const missing = [...unanswered(responded), ...failed];
        const bySession = Map.groupBy(rounds, ({ session }) => session);
        const whole = [...bySession.values()].filter((some) => some.length === ROUNDS).flat();
        const facts = { history, judge: { name: judge.name, identity }, complete: missing.length === 0, missing };
        const files = { "verdicts.jsonl": rounds.map((round) => jsonLine(verdictRow(round))) };
        if (whole.length === 0)
          return {
            complete: false,
            json: { benchmark: "sysbench", mode, run, ...facts, sessions: 0 },
            text: "SysBench: no session with verdicts on all its rounds\n",
            scored: null,
            files,
          };
        const { scored, json, text, told } = sysbenchScore(whole, {
          ...{ mode, run, seed, resamples, setting: { judge: judge.name, history } },
        });
        const of =
          missing.length === 0 ? "" : ` (${bySession.size} sessions asked about, ${whole.length / ROUNDS} whole)`;
        return {
          complete: missing.length === 0,
          json: { ...json, ...facts },
          text: `${text}judge ${judge.name}, history ${history}${of}\n${told === null ? "" : `${told}\n`}`,
          scored,
          files,
        };
      },
    };
  },
});

const unanswered = (responded: readonly RespondedItem<SysbenchItem>[]): { key: string; cause: string }[] =>
  responded.flatMap((one) => ("cause" in one ? [{ key: one.item.id, cause: one.cause }] : []));

/** @throws InputError where a round that others follow has no gold reply */
function requireGold(items: readonly SysbenchItem[], data: string): void {
  for (const { id, turns } of items)
    for (const { round, gold } of turns.slice(0, -1))
      if (gold === undefined)
        throw new InputError(
          `${data}: session ${id} has no gold reply to round ${round} (gt_assistant) for the later rounds to go on from; ` +
            "published data lacks those of rounds 3 to 5. With --history own the model goes on from its own replies",
        );
}
