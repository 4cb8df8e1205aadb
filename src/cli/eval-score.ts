// `rpo eval score BENCHMARK`: scores from verdicts or responses; one file a benchmark beside this one.
import { Command } from "commander";
import { instructionScoreCommands } from "./eval-score-instructions.ts";
import { scoreProfilesCommand } from "./eval-score-profiles.ts";
import { scoreSysbenchCommand } from "./eval-score-sysbench.ts";

export const scoreCommand = new Command("score")
  .description("scores of a benchmark, as its official program computes them, with intervals")
  .addCommand(scoreSysbenchCommand)
  .addCommand(scoreProfilesCommand);
for (const command of instructionScoreCommands) scoreCommand.addCommand(command);
