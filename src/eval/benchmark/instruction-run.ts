// IFEval, IFBench and Multi-IF for `rpo eval run`.

import type { InstructionItem } from "./benchmark-item.ts";
import type { RunnableBenchmark } from "./benchmark-run.ts";
import { INSTRUCTION_BENCHMARKS, type InstructionBenchmark } from "./instruction-benchmark.ts";
import { instructionScore } from "./instruction-score.ts";
import { instructionScoreText } from "./instruction-score-text.ts";
import { scoredItems } from "./instruction-scored-items.ts";
import { judgeResponses } from "./instruction-verdicts.ts";
import type { RespondedItem } from "./respond.ts";
import type { ResponseFile, Unanswered } from "./responses.ts";

export const runnable = (benchmark: InstructionBenchmark): RunnableBenchmark<InstructionItem> => ({
  ...benchmark,
  async prepare(data, mode) {
    const { check, verify } = await benchmark.rules(mode);
    const items = await benchmark.readItems(data, check);
    return {
      items,
      responseRow: benchmark.responseRow,
      async score(responded, { run, seed, resamples }) {
        const asked = responded.map(({ item }) => item);
        const judged = judgeResponses(asked, responsesOf(benchmark, responded), verify);
        const causes = causesOf(responded);
        const missing = judged.missing.map(
          (turn): Unanswered => ({ ...turn, cause: causes.get(turn.key) ?? turn.cause }),
        );
        const score = instructionScore({ ...judged, missing }, { seed, resamples });
        return {
          complete: score.complete,
          json: { benchmark: benchmark.name, mode, run, ...score, seed, resamples },
          text: instructionScoreText(`${benchmark.title}, ${run}, mode ${mode}`, score),
          scored:
            judged.turns.length === 0
              ? null
              : { benchmark: benchmark.name, mode, run, items: scoredItems(judged.turns, benchmark.severalTurns) },
        };
      },
    };
  },
});

function responsesOf(
  { asRead }: InstructionBenchmark,
  responded: readonly RespondedItem<InstructionItem>[],
): ResponseFile {
  const byItem = new Map(
    responded.flatMap((one) =>
      "responses" in one ? [[one.item.id, one.responses.map(({ text }) => asRead(text))] as const] : [],
    ),
  );
  return { name: "the run", byItem, strangers: 0 };
}

const causesOf = (responded: readonly RespondedItem<InstructionItem>[]): Map<string, string> =>
  new Map(responded.flatMap((one) => ("cause" in one ? [[one.item.id, one.cause] as const] : [])));

export const RUNNABLE_INSTRUCTION_BENCHMARKS = INSTRUCTION_BENCHMARKS.map(runnable);
