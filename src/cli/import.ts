// `rpo import SOURCE …`: published data as a turn table. So far SysBench.
import { Command } from "commander";
import { jsonLine } from "../dataset/jsonl.ts";
import { stageText } from "../dataset/staged-file.ts";
import { sysbenchTurns } from "../dataset/sysbench.ts";
import { counted } from "../preference/counted.ts";
import { names } from "./option-value.ts";
import { countsAndRate, progressLine } from "./progress-line.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface SysbenchFlags {
  readonly runs?: readonly string[];
  readonly completeHistory?: true;
  readonly out: string;
}

async function importSysbench(dir: string, flags: SysbenchFlags): Promise<void> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const table = await stageText(flags.out);
  const count = { turns: 0, responses: 0, withoutText: 0, historyLeftOut: 0 };
  try {
    const rows = sysbenchTurns(dir, {
      ...(flags.runs !== undefined && { runs: flags.runs }),
      completeHistory: flags.completeHistory === true,
    });
    for await (const row of rows) {
      count.turns += 1;
      count.responses += row.responses.length;
      count.withoutText += row.responses.filter(({ text }) => text === null).length;
      const leftOut = row.meta?.history_left_out;
      if (Array.isArray(leftOut) && leftOut.length > 0) count.historyLeftOut += 1;
      await table.write(jsonLine(row));
      progress.update((seconds) => countsAndRate({ turns: count.turns }, seconds));
    }
    await table.close();
    await table.commit();
  } finally {
    progress.done();
    await table.discard();
  }
  const one = count.historyLeftOut === 1;
  const notes = [
    `${counted(count.turns, "turn")} with ${counted(count.responses, "response")}, in ${flags.out}`,
    ...(count.withoutText > 0
      ? [`${counted(count.withoutText, "empty response")}: counted by the census, not trained on`]
      : []),
    ...(count.historyLeftOut > 0
      ? [
          `${counted(count.historyLeftOut, "turn")} ${one ? "lacks" : "lack"} the earlier rounds whose gold reply is not ` +
            `published (meta.history_left_out); --complete-history leaves ${one ? "it" : "them"} out`,
        ]
      : []),
  ];
  process.stdout.write(`${notes.join("\n")}\n`);
}

const sysbench = new Command("sysbench")
  .description(
    "Turn published SysBench runs that share one history into a turn table, with the official verdicts: " +
      "是 true, 否 false, any other null. DIR holds sessions.jsonl.gz, responses/NAME.jsonl.gz, verdicts/NAME.jsonl.gz.",
  )
  .argument("<DIR>", "SysBench folder")
  .option("--runs <NAMES>", "comma-separated names of runs; all gt_history__* where left out", names)
  .option("--complete-history", "only the rounds whose history is published in full (1 to 3)")
  .option("--out <FILE>", "turn table to write")
  .action(async (dir: string, flags: SysbenchFlags, self: Command) => {
    requireOptions(self, ["--out"]);
    await reportingSystemErrors(() => importSysbench(dir, flags));
  });

export const command = new Command("import").description("Turn published data into a turn table.").addCommand(sysbench);
