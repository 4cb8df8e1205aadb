// `rpo eval score profiles TABLE…`: how far the responses of a turn table satisfy the constraints of their prompts, by its verdicts.
import { Command } from "commander";
import { readTurnTable } from "../dataset/turn-table.ts";
import type { JudgedProfileResponse } from "../eval/profiles/profile-items.ts";
import { profileScore } from "../eval/profiles/profile-score.ts";
import { terminalText } from "../report/terminal-text.ts";
import { CliError } from "./cli-error.ts";
import { wholeNumber } from "./option-value.ts";
import { runName, SCORE_RESAMPLES, writeScoredRun } from "./scored-run-output.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface ProfilesFlags {
  readonly of?: string;
  readonly name?: string;
  readonly items?: string;
  readonly seed: number;
  readonly json?: true;
}

async function score(files: readonly string[], flags: ProfilesFlags): Promise<void> {
  const byModel = new Map<string, JudgedProfileResponse[]>();
  for await (const { turn } of readTurnTable(files)) {
    const samples = new Map<string, number>();
    for (const { text, model = "", verdicts } of turn.responses) {
      const sample = (samples.get(model) ?? 0) + 1;
      samples.set(model, sample);
      const responses = byModel.get(model) ?? [];
      byModel.set(model, responses);
      responses.push({
        // Models are paired by it: the model's own samples are numbered, whatever else is in the table.
        id: sample === 1 ? turn.id : `${turn.id}#${sample}`,
        profile: turn.profile,
        prompt: turn.messages.at(-1)!.content,
        response: text,
        constraints: turn.constraints,
        verdicts,
      });
    }
  }
  const model = chosen([...byModel.keys()], flags.of, files);
  const name = flags.name ?? (model === "" ? runName(files[0]!) : model);
  const found = profileScore(byModel.get(model)!, { run: name, seed: flags.seed, resamples: SCORE_RESAMPLES });
  if (found === null) throw new CliError(`${files.join(", ")}: no response has a verdict`);
  if (flags.items !== undefined) await writeScoredRun(flags.items, found.scored);
  process.stdout.write(flags.json ? `${JSON.stringify(found.json)}\n` : found.text);
}

/** The model whose responses are scored. @throws CliError where there are several, or none of that name */
function chosen(models: readonly string[], wanted: string | undefined, files: readonly string[]): string {
  const names = models.map((name) => (name === "" ? "(no name)" : terminalText(name))).join(", ");
  if (models.length === 0) throw new CliError(`${files.join(", ")}: no turn`);
  if (wanted === undefined) {
    if (models.length === 1) return models[0]!;
    throw new CliError(`${files.join(", ")}: responses of several models; name one as --of: ${names}`);
  }
  if (!models.includes(wanted)) throw new CliError(`${files.join(", ")}: no response of ${wanted}; there are ${names}`);
  return wanted;
}

export const scoreProfilesCommand = new Command("profiles")
  .summary("satisfaction of constraints in a turn table")
  .description(
    "How far responses satisfy the constraints of their system prompts: the share of constraints, and of responses that satisfy all of\n" +
      "theirs, by the verdicts of a turn table, with 95% intervals by question. TABLE is JSON Lines, plain or gzip; - is standard input.",
  )
  .argument("<TABLE...>", "turn table")
  .option("--of <MODEL>", "whose responses, where the table has those of several models")
  .option("--name <NAME>", "what the run is called in reports (default: the model)")
  .option("--items <FILE>", "write the scored items, for rpo eval compare and rpo eval report")
  .option("--seed <N>", "seed of the intervals", wholeNumber(0), 1)
  .option("--json", "print one JSON object")
  .action((files: string[], flags: ProfilesFlags) => reportingSystemErrors(() => score(files, flags)));
