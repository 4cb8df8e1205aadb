// `rpo eval run profiles --model M --profiles FILE`: how far a model satisfies the constraints of system prompts that it has not seen,
// as they stand, reversed, and mixed; verdicts by code.
import { Command, Option } from "commander";
import { PROFILES, profilesBenchmark } from "../eval/profiles/profile-run.ts";
import { PROFILE_FORMS, type ProfileForm } from "../eval/profiles/profile-turns.ts";
import { SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { type BenchmarkRunFlags, runBenchmark, withBenchmarkRunFlags } from "./eval-run.ts";
import { namesAmong, wholeNumber } from "./option-value.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface ProfilesRunFlags extends Omit<BenchmarkRunFlags, "data" | "mode"> {
  readonly profiles: string;
  readonly forms: readonly ProfileForm[];
  readonly queries: number;
  readonly samples: number;
  readonly allProfiles?: true;
}

/** The sample profiles have three queries each. */
const QUERIES = 3;

/** Which constraints a mixed form reverses is the same for every model and every seed of samples. */
const LOT = 1;

async function run({ profiles, forms, queries, samples, allProfiles, ...flags }: ProfilesRunFlags): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`rpo: ${text}\n`);
  const benchmark = profilesBenchmark({ forms, queries, samples, all: allProfiles ?? false, seed: LOT, say });
  await runBenchmark(benchmark, { ...flags, data: profiles, mode: "fixed" });
}

export const runProfilesCommand: Command = withBenchmarkRunFlags(
  new Command(PROFILES.command)
    .summary("constraints of system prompts that a model has not seen")
    .description(
      "Ask a model the queries of held-out profiles, with their constraints as they stand, all reversed, and some reversed, and score how\n" +
        "many it satisfies: verdicts by code, 95% intervals by question. DIR keeps every response as it ends: stop it at any time, and\n" +
        "start it again. DIR then has responses.jsonl (a turn table), items.jsonl (for rpo eval compare) and scores.json.",
    )
    .addOption(
      new Option("--profiles <FILE>", "profiles: a folder of YAML files, one of them, or JSON Lines").default(
        SAMPLE_PROFILES,
        "the sample profiles",
      ),
    )
    .option("--out <DIR>", "directory of the run")
    .addOption(
      new Option("--forms <FORMS>", `comma-separated, of ${PROFILE_FORMS.join(", ")}`)
        .argParser(namesAmong(PROFILE_FORMS))
        .default(PROFILE_FORMS, "all three"),
    )
    .option("--queries <N>", "first queries of each profile", wholeNumber(1), QUERIES)
    .option("--samples <N>", "responses to each; more than one wants a temperature above 0", wholeNumber(1), 1)
    .option("--all-profiles", "those of split train as well, not the held-out ones alone"),
  PROFILES,
).action((flags: ProfilesRunFlags, self: Command) => {
  requireOptions(self, [...(flags.config === undefined ? ["--model"] : []), "--out"]);
  if (flags.samples > 1 && flags.temperature === 0)
    self.error("error: several --samples at --temperature 0 would be one several times over; give a temperature");
  return reportingSystemErrors(() => run(flags));
});
