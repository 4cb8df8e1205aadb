// `rpo eval run sysbench --model M --judge J`: SysBench from its sessions to its score, the verdicts by a judge.
import { type Command, Option } from "commander";
import type { History } from "../eval/benchmark/respond.ts";
import { SYSBENCH, sysbenchBenchmark } from "../eval/sysbench/sysbench-run.ts";
import { type BenchmarkRunFlags, benchmarkRunCommand, requireRunFlags, runBenchmark } from "./eval-run.ts";
import { openModel } from "./model-option.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface SysbenchRunFlags extends BenchmarkRunFlags {
  readonly judge: string;
  readonly judgeEndpoint?: string;
  readonly history: History;
}

/**
 * Tokens that a judge of this machine has room for: a system prompt, four earlier rounds and the reply at full length, the criteria
 * and the answer.
 */
const JUDGE_CONTEXT = 16_384;

async function run(flags: SysbenchRunFlags): Promise<void> {
  // Before the model is asked for anything: without a judge there is no score.
  const { chat, identity } = await openModel(
    { model: flags.judge, ...judgeEndpoint(flags) },
    { contextSize: JUDGE_CONTEXT, width: 1, say: (text) => process.stderr.write(`${text}\n`) },
  );
  try {
    await runBenchmark(sysbenchBenchmark({ judge: chat, identity, history: flags.history }), flags);
  } finally {
    await chat.dispose();
  }
}

/** The judge's own address; by default the model's. */
function judgeEndpoint({ judgeEndpoint, endpoint }: SysbenchRunFlags): { endpoint?: string } {
  const url = judgeEndpoint ?? endpoint;
  return url === undefined ? {} : { endpoint: url };
}

export const runSysbenchCommand: Command = benchmarkRunCommand(SYSBENCH)
  .option("--judge <MODEL>", "the model that decides which criteria a reply meets, named as --model is")
  .option("--judge-endpoint <URL>", "endpoint of the judge (default: that of the model)")
  .addOption(
    new Option("--history <WHOSE>", "what later rounds go on from: the model's own replies, or the data's gold ones")
      .choices(["own", "gold"])
      .default("own"),
  )
  .action((flags: SysbenchRunFlags, self: Command) => {
    requireRunFlags(flags, self);
    requireOptions(self, ["--judge"]);
    return reportingSystemErrors(() => run(flags));
  });
