// All rounds of SysBench that were answered, put to a judge: a stage of a run, so that each is stored as it ends and none is paid for
// twice. The judge sees of a round what the model saw: the system prompt, and the earlier rounds with its own replies or the gold ones.
import { z } from "zod";
import type { ChatModel } from "../../model/model.ts";
import type { Message } from "../../profile/message.ts";
import { sysbenchRoundPrompt } from "../../prompts/sysbench-round.ts";
import { contentHash } from "../../run/request-content.ts";
import { runStage, type StageItem, type StageProgress, stageOutputs } from "../../run/stage.ts";
import type { RunStore } from "../../run/store.ts";
import type { ScoreMode } from "../scored-run.ts";
import { judgeRound, TRIES } from "./judge-round.ts";
import type { JudgedRound } from "./rounds.ts";
import { ALIGNMENTS, CRITERION_TYPES, type SysbenchItem } from "./sessions.ts";

/** A session with the replies to its five rounds, and those that stood between the rounds. */
export interface AnsweredSession {
  readonly item: SysbenchItem;
  readonly responses: readonly string[];
  /** Whether the gold replies stood in the history, in place of the model's own. */
  readonly gold: boolean;
}

export interface JudgeRoundsOptions {
  /** With the store in front of it. */
  readonly judge: ChatModel;
  /** What the judge is known by in the store. */
  readonly identity: string;
  readonly mode: ScoreMode;
  readonly seed: number;
  readonly store: RunStore;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
}

export interface JudgedSessions {
  /** The rounds that have verdicts, in the order of the sessions. */
  readonly rounds: readonly JudgedRound[];
  /** The others, by session and round, with the cause. */
  readonly failed: readonly { readonly key: string; readonly cause: string }[];
}

const stage = {
  name: "sysbench-judge",
  version: sysbenchRoundPrompt.version,
  output: z.object({ verdicts: z.record(z.string(), z.string()), reason: z.string(), tries: z.int() }),
};

interface RoundInput {
  readonly judge: string;
  readonly mode: ScoreMode;
  readonly seed: number;
  readonly messages: readonly Message[];
  readonly ids: readonly string[];
}

/**
 * Judges what is not judged yet.
 * @throws as `runStage`: Interrupted when the signal ends it, a ModelFailure that every round would meet, DiskFull
 */
export async function judgeRounds(
  sessions: readonly AnsweredSession[],
  { judge, identity, mode, seed, store, signal, onProgress }: JudgeRoundsOptions,
): Promise<JudgedSessions> {
  const asked = sessions.flatMap((session) => session.item.turns.map((turn, index) => ({ ...session, turn, index })));
  const items = asked.map(({ item, responses, gold, turn, index }): StageItem<RoundInput> => {
    const history = item.turns.slice(0, index).flatMap((earlier, place): Message[] => [
      { role: "user", content: earlier.prompt },
      { role: "assistant", content: gold ? (earlier.gold ?? "") : responses[place]! },
    ]);
    const { prompt: query, criteria } = turn;
    const messages = sysbenchRoundPrompt.messages(
      { system: item.system, history, query, response: responses[index]!, criteria },
      "zh",
    );
    return {
      id: `${item.id}/${turn.round}`,
      input: { judge: identity, mode, seed, messages, ids: criteria.map(({ id }) => id) },
    };
  });
  await runStage({
    ...stage,
    items,
    concurrency: judge.concurrency,
    store,
    signal,
    onProgress,
    work: ({ id, input }, { signal, attempt }) =>
      judgeRound(judge, { ...input, seed: roundSeed(seed, id), triesBefore: (attempt - 1) * TRIES }, signal),
  });
  const done = new Map<string, z.output<typeof stage.output>>();
  for await (const { id, output } of stageOutputs(stage, items, store)) done.set(id, output);
  const causes = new Map([...store.stageItems.failed(stage.name)].map(({ id, cause }) => [id, cause]));
  return {
    rounds: asked.flatMap(({ item, responses, turn, index }): JudgedRound[] => {
      const judged = done.get(`${item.id}/${turn.round}`);
      if (judged === undefined) return [];
      return [
        {
          session: item.session,
          round: turn.round,
          dependent: item.related,
          alignment: ALIGNMENTS[turn.alignment],
          criteria: turn.criteria.map(({ id, text, type }) => ({
            id,
            type: CRITERION_TYPES[type],
            text,
            verdict: judged.verdicts[id]!,
          })),
          prompt: turn.prompt,
          response: responses[index]!,
        },
      ];
    }),
    failed: items.flatMap(({ id }) => (done.has(id) ? [] : [{ key: id, cause: causes.get(id) ?? "not judged yet" }])),
  };
}

/** 32 bits of the hash of run and round, so that rounds share no noise. */
const roundSeed = (seed: number, id: string): number => Number.parseInt(contentHash([seed, id]).slice(0, 8), 16);

/** A judged round as a line of a file of verdicts, in the form of the published runs (rounds.ts reads it). */
export function verdictRow({ session, round, dependent, alignment, criteria, response }: JudgedRound): object {
  const nameOf = (wanted: string, names: Readonly<Record<string, string>>): string =>
    Object.entries(names).find(([, name]) => name === wanted)![0];
  return {
    system_id: session,
    round,
    related: dependent,
    alignment: nameOf(alignment, ALIGNMENTS),
    verdicts: criteria.map(({ id, type, verdict }) => [id, nameOf(type, CRITERION_TYPES), verdict]),
    response,
  };
}
