// `rpo quickstart`: from sample profiles to a preference data set and a page, with the embedded model.
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { stageText } from "../dataset/staged-file.ts";
import { censusText } from "../preference/census-chart.ts";
import { type Profile } from "../profile/profile.ts";
import { readProfiles, SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { Interrupted, quickstart, type QuickstartOptions, type QuickstartResult } from "../run/quickstart.ts";
import { planTurns } from "../run/plan.ts";
import { readRecordingHeader, recordingLines } from "../run/recording.ts";
import type { Sampling } from "../run/sample.ts";
import { RunStore } from "../run/store.ts";
import { CliError } from "./cli-error.ts";
import { wholeNumber } from "./option-value.ts";
import { progressLine } from "./progress-line.ts";
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
/** Some 5 minutes, and 1 minute, of two slow cores. SmolLM2 knows no Chinese, so both take English profiles. */
const FULL: Size = { profiles: 24, queriesPerProfile: 2, n: 6 };
const TINY: Size = { profiles: 6, queriesPerProfile: 1, n: 4 };
/** Tokens; a small model that has not ended by then rambles. */
const MAX_TOKENS = 160;
/** The method's temperature for policy samples (spec/method.md, step 6). */
const TEMPERATURE = 1;
const VALIDATION = 0.15;

async function sampleProfiles(limit: number): Promise<Profile[]> {
  const profiles = await readProfiles(SAMPLE_PROFILES);
  return profiles.filter(({ language, split }) => language === "en" && split === "train").slice(0, limit);
}

async function run(flags: QuickstartFlags): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const size = flags.tiny ? TINY : FULL;
  const sampling: Sampling = { n: size.n, temperature: TEMPERATURE, maxTokens: MAX_TOKENS, seed: flags.seed };
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
  try {
    const result = await quickstart({
      directory: flags.dir,
      profiles,
      queriesPerProfile: size.queriesPerProfile,
      sampling,
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
    });
    progress.done();
    if (flags.record !== undefined && "chat" in model) await writeRecording(flags.record, flags.dir, model, profiles, size, sampling);
    for (const { id, cause } of result.failed) say(`${id}: no response: ${cause}; run again to try it once more`);
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : summaryText(result));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    say(`stopped with ${error.done} of ${error.total} responses, kept in ${flags.dir}; the same command goes on from there`);
    process.exitCode = EXIT_INTERRUPTED;
  } finally {
    progress.done();
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    if ("chat" in model) await model.chat.dispose();
  }
}

/** The embedded model; where its file can't be had, recordings of it, and it is said. */
async function modelOrRecording(flags: QuickstartFlags, say: (text: string) => void): Promise<QuickstartOptions["model"]> {
  const recording = await readRecordingHeader(RECORDING);
  const recorded = { name: recording.model, identity: recording.identity, recording: RECORDING };
  if (flags.recorded) return recorded;
  try {
    // TODO(model)
    throw new Error("not wired");
  } catch (error) {
    if (flags.record !== undefined) throw error;
    say(`The model ${MODEL} can't be used here: ${(error as Error).message}`);
    say("Going on from responses that it gave earlier, recorded with this project.");
    return recorded;
  }
}
