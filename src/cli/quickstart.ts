// `rpo quickstart`: from sample profiles to a preference data set and a page, with the embedded model.
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { stageText } from "../dataset/staged-file.ts";
import { embeddedModel } from "../model/embedded.ts";
import { type PullOptions, pull } from "../model/pull.ts";
import { censusText } from "../preference/census-text.ts";
import type { Profile } from "../profile/profile.ts";
import { readProfiles, SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { planTurns } from "../run/plan.ts";
import { Interrupted, type QuickstartOptions, type QuickstartResult, quickstart } from "../run/quickstart.ts";
import { readRecordingHeader, recordingLines } from "../run/recording.ts";
import { RunStore } from "../run/store.ts";
import { wholeNumber } from "./option-value.ts";
import { duration, progressLine, transfer } from "./progress-line.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface QuickstartFlags {
  readonly dir: string;
  readonly tiny?: true;
  readonly json?: true;
  readonly seed: number;
  readonly recorded?: true;
  readonly record?: string;
}

const MODEL = "smollm2-135m";
/** Made by that model with the settings below; its first line says how. */
const RECORDING = fileURLToPath(new URL(`../../samples/recorded/${MODEL}.jsonl`, import.meta.url));
/** The exit code of a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

interface Size {
  readonly profiles: number;
  readonly queriesPerProfile: number;
  readonly n: number;
}
/** Some 4 minutes, and half a minute, of two slow cores. SmolLM2 knows no Chinese, so both take English profiles. */
const FULL: Size = { profiles: 16, queriesPerProfile: 2, n: 6 };
const TINY: Size = { profiles: 6, queriesPerProfile: 1, n: 4 };
/** Tokens; a small model that has not ended by then rambles. */
const MAX_TOKENS = 128;
/** The method's temperature for policy samples (spec/method.md, step 6). */
const TEMPERATURE = 1;
const VALIDATION = 0.1;
/** Tokens of a prompt of ours (at most some 700) and a response. */
const CONTEXT = 1536;

async function sampleProfiles(limit: number): Promise<Profile[]> {
  const profiles = await readProfiles(SAMPLE_PROFILES);
  return profiles.filter(({ language, split }) => language === "en" && split === "train").slice(0, limit);
}

async function run(flags: QuickstartFlags): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const size = flags.tiny ? TINY : FULL;
  const profiles = await sampleProfiles(size.profiles);
  const model = await modelOrRecording(flags, say);
  const stop = new AbortController();
  const onSignal = (): void => {
    say("\nstopping: keeping what is done …");
    stop.abort();
  };
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  let atStart: number | undefined;
  const options: QuickstartOptions = {
    directory: flags.dir,
    profiles,
    queriesPerProfile: size.queriesPerProfile,
    sampling: { n: size.n, temperature: TEMPERATURE, maxTokens: MAX_TOKENS, seed: flags.seed },
    validation: VALIDATION,
    model,
    now: () => new Date(),
    signal: stop.signal,
    onStage: (what) => {
      progress.done();
      say(what);
    },
    onProgress: ({ done, total, tokens }) => {
      atStart ??= done;
      const made = done - atStart;
      progress.update((seconds) => {
        const left = made === 0 ? "" : `, ${duration(((total - done) * seconds) / made)} left`;
        return `${done} of ${total} responses, ${Math.round(tokens / seconds)} tokens/s${left}`;
      });
    },
  };
  try {
    const result = await quickstart(options);
    progress.done();
    if (flags.record !== undefined && "chat" in model) await writeRecording(flags.record, options);
    for (const { id, cause } of result.failed) say(`${id}: no response: ${cause}; run again to try it once more`);
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : summaryText(result));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    say(
      `stopped with ${error.done} of ${error.total} responses, kept in ${flags.dir}; the same command goes on from there`,
    );
    process.exitCode = EXIT_INTERRUPTED;
  } finally {
    progress.done();
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    if ("chat" in model) await model.chat.dispose();
  }
}

/** The embedded model; where its file can't be had, recordings of it, and it is said. */
async function modelOrRecording(
  flags: QuickstartFlags,
  say: (text: string) => void,
): Promise<QuickstartOptions["model"]> {
  if (flags.recorded) return recorded();
  try {
    const progress = progressLine(performance.now.bind(performance), process.stderr);
    const onProgress: PullOptions["onProgress"] = (moved) => progress.update(() => transfer(moved));
    const { settings, sha256 } = await pull(MODEL, { onNotice: say, onProgress }).finally(progress.done);
    const chat = embeddedModel({ ...settings, contextSize: CONTEXT });
    await chat.load();
    return { name: MODEL, identity: sha256, chat };
  } catch (error) {
    if (flags.record !== undefined) throw error;
    say(`The model ${MODEL} can't be used here: ${(error as Error).message}`);
    say("Going on from responses that it gave earlier, recorded with this project.");
    return recorded();
  }
}

async function recorded(): Promise<QuickstartOptions["model"]> {
  const { model, identity } = await readRecordingHeader(RECORDING);
  return { name: model, identity, recording: RECORDING };
}

/** Writes what the run's store holds of its turns as a recording, as it ships with the project. */
async function writeRecording(path: string, options: QuickstartOptions): Promise<void> {
  const { model, sampling, directory } = options;
  const store = new RunStore(directory, options.now);
  const file = await stageText(path);
  try {
    const { temperature, maxTokens, seed } = sampling;
    const header = {
      model: model.name,
      identity: model.identity,
      seed,
      temperature,
      maxTokens,
      madeWith: "rpo-kit with node-llama-cpp",
    };
    const { turns } = planTurns(options.profiles, options.queriesPerProfile);
    for (const line of recordingLines(header, turns, sampling, store)) await file.write(`${line}\n`);
    await file.close();
    await file.commit();
  } finally {
    await file.discard();
    store.close();
  }
}

function summaryText(result: QuickstartResult): string {
  const { responses, turns, profiles, model, passRate, train, validation, page, directory } = result;
  return [
    censusText(result.census, turns),
    `${responses} responses of ${model.name}${model.recorded ? " (recorded)" : ""} to ${turns} turns of ${profiles} profiles; ` +
      `${(100 * passRate).toFixed(1)} % of the verdicts are pass`,
    `${train} training and ${validation} validation pairs in ${directory}/dataset, also for TRL, LLaMA-Factory, OpenAI and as Parquet`,
    `open ${page}`,
    "",
  ].join("\n");
}

export const command = new Command("quickstart")
  .description(
    "From sample profiles to a preference data set: responses of a small model on this machine, verdicts by code, census,\n" +
      "RPO pairs, exports, and a page to open. What is done is kept: run it again and it goes on.",
  )
  .option("--dir <DIR>", "run directory", "rpo-run")
  .option("--tiny", "a few turns, in about a minute")
  .option("--json", "end with one JSON object on standard output")
  .option("--seed <N>", "seed of the samples, the pairs and the split", wholeNumber(0), 1)
  .option("--recorded", "use the responses recorded with this project instead of the model")
  .option("--record <FILE>", "write the responses of the run as a recording")
  .action((flags: QuickstartFlags, self: Command) => {
    if (flags.recorded && flags.record !== undefined) self.error("error: --record needs the model, not --recorded");
    return reportingSystemErrors(() => run(flags));
  });
