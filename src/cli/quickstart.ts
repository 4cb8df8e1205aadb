// `rpo quickstart`: from sample profiles to a preference data set, an adapter trained on it, what the adapter changes, and a
// page, with the embedded model.
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { stageText } from "../dataset/staged-file.ts";
import { comparisonText } from "../eval/comparison-text.ts";
import { embeddedModel } from "../model/embedded.ts";
import { cachedModel, type PulledModel, type PullOptions, pull } from "../model/pull.ts";
import { censusText } from "../preference/census-text.ts";
import type { Profile } from "../profile/profile.ts";
import { readProfiles, SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { Interrupted } from "../run/interrupted.ts";
import { planTurns } from "../run/plan.ts";
import { type QuickstartOptions, type QuickstartResult, quickstart } from "../run/quickstart.ts";
import { CONTEXT, FULL, MAX_TOKENS, TEMPERATURE, TINY } from "../run/quickstart-size.ts";
import { readRecordingHeader, recordingLines } from "../run/recording.ts";
import type { SampleProgress } from "../run/sample.ts";
import { RunStore } from "../run/store.ts";
import { trainAdapter } from "../train/train-adapter.ts";
import { TrainingFailed, type TrainingProgress } from "../train/training-progress.ts";
import { CliError } from "./cli-error.ts";
import { wholeNumber } from "./option-value.ts";
import { duration, type ProgressLine, progressLine, transfer } from "./progress-line.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";
import { trainingProgressText } from "./training-progress-text.ts";

interface QuickstartFlags {
  readonly dir: string;
  readonly tiny?: true;
  readonly json?: true;
  readonly seed: number;
  readonly recorded?: true;
  readonly record?: string;
  /** False by --no-train. */
  readonly train: boolean;
}

const MODEL = "smollm2-135m";
/** Made by that model with the settings of quickstart-size.ts; its first line says how. */
const RECORDING = fileURLToPath(new URL(`../../samples/recorded/${MODEL}.jsonl`, import.meta.url));

async function run(flags: QuickstartFlags): Promise<void> {
  const progress = stageProgress();
  const say = (text: string): void => {
    progress.end();
    process.stderr.write(`${text}\n`);
  };
  const size = flags.tiny ? TINY : FULL;
  const english = (await readProfiles(SAMPLE_PROFILES)).filter(({ language }) => language === "en");
  const ofSplit = (split: Profile["split"], limit: number): Profile[] =>
    english.filter((profile) => profile.split === split).slice(0, limit);
  const { file, ...model } = await modelOrRecording(flags, say);
  const stop = stopOnSignal(() => say("\nstopping: keeping what is done; once more ends at once …"));
  try {
    const sampling = { temperature: TEMPERATURE, maxTokens: MAX_TOKENS, seed: flags.seed };
    const options: QuickstartOptions = {
      directory: flags.dir,
      profiles: ofSplit("train", size.profiles),
      queriesPerProfile: size.queriesPerProfile,
      sampling: { n: size.n, ...sampling },
      pairs: size.pairs,
      model: {
        ...model,
        ...(file && {
          open: (adapter) =>
            embeddedModel({
              ...file,
              contextSize: CONTEXT,
              ...(adapter !== null && { adapter, name: `${model.name}+rpo` }),
            }),
        }),
      },
      training: !flags.train
        ? "--no-train"
        : file === undefined
          ? `no file of ${MODEL} here`
          : {
              settings: { ...size.training, seed: flags.seed },
              train: (asked) => trainAdapter({ ...asked, model: file }),
              profiles: ofSplit("held-out", size.evaluation.profiles),
              queriesPerProfile: size.evaluation.queriesPerProfile,
              sampling: { n: size.evaluation.n, ...sampling },
            },
      now: () => new Date(),
      signal: stop.signal,
      onStage: (what) => {
        say(what);
        progress.begin();
      },
      onProgress: progress.responses,
      onTraining: progress.training,
      onNotice: say,
    };
    const result = await quickstart(options);
    progress.end();
    if (flags.record !== undefined && model.recording === undefined) await writeRecording(flags.record, options);
    for (const { id, cause } of result.failed) say(`${id}: no response: ${cause}; run again to try it once more`);
    if (result.notTrained !== null && flags.train) say(`no training: ${result.notTrained}`);
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : summaryText(result));
  } catch (error) {
    const isFailed = error instanceof TrainingFailed;
    if (isFailed) throw new CliError(`the training failed: ${error.message}; the same command goes on from there`);
    if (!(error instanceof Interrupted)) throw error;
    say(
      `stopped with ${error.done} of ${error.total} ${error.unit}, kept in ${flags.dir}; the same command goes on from there`,
    );
    process.exitCode = EXIT_INTERRUPTED;
  } finally {
    progress.end();
    stop.release();
  }
}

interface StageProgress {
  /** Each stage has its own line and its own rates. */
  begin(): void;
  end(): void;
  responses(progress: SampleProgress): void;
  training(progress: TrainingProgress): void;
}

function stageProgress(): StageProgress {
  const fresh = (): ProgressLine => progressLine(performance.now.bind(performance), process.stderr);
  let line = fresh();
  let atStart: number | undefined;
  return {
    begin() {
      line = fresh();
      atStart = undefined;
    },
    end: () => line.done(),
    responses({ done, total, tokens }) {
      atStart ??= done;
      const made = done - atStart;
      line.update((seconds) => {
        const left = made === 0 ? "" : `, ${duration(((total - done) * seconds) / made)} left`;
        return `${done} of ${total} responses, ${Math.round(tokens / seconds)} tokens/s${left}`;
      });
    },
    training: (now) => line.update((seconds) => trainingProgressText(now, seconds)),
  };
}

/** A model's file, as `embeddedModel` and `trainAdapter` take it. */
type ModelFile = PulledModel["settings"];
type Model = Pick<QuickstartOptions["model"], "name" | "identity" | "recording"> & { readonly file?: ModelFile };

/** The embedded model; where its file can't be had, recordings of it, and it is said. */
async function modelOrRecording(flags: QuickstartFlags, say: (text: string) => void): Promise<Model> {
  if (flags.recorded) return recorded();
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  try {
    const onProgress: PullOptions["onProgress"] = (moved) => progress.update(() => transfer(moved));
    const { settings, sha256 } = await pull(MODEL, { onNotice: say, onProgress }).finally(progress.done);
    return { name: MODEL, identity: sha256, file: settings };
  } catch (error) {
    if (flags.record !== undefined) throw error;
    say(`The model ${MODEL} can't be used here: ${(error as Error).message}`);
    say("Going on from responses that it gave earlier, recorded with this project.");
    return recorded();
  }
}

/** The recording, and the file of the model that it is of, where that is here. */
async function recorded(): Promise<Model> {
  const { model, identity } = await readRecordingHeader(RECORDING);
  const file = await cachedModel(MODEL);
  const isSame = file !== null && file.sha256 === identity;
  return { name: model, identity, recording: RECORDING, ...(isSame && { file: file.settings }) };
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
  const { training, base, tuned, difference, evaluation } = result;
  const lines = [
    censusText(result.census, turns),
    `${responses} responses of ${model.name}${model.recorded ? " (recorded)" : ""} to ${turns} turns of ${profiles} profiles; ` +
      `${(100 * passRate).toFixed(1)} % of the verdicts are pass; ${result.edits} of them edited by rule to satisfy one constraint more`,
    `${train} training and ${validation} validation pairs in ${directory}/dataset, also for TRL, LLaMA-Factory, OpenAI and as Parquet`,
  ];
  if (training !== null)
    lines.push(
      `an adapter of ${training.steps} steps, ${duration(training.seconds)}, in ${directory}/training: adapter (PEFT), adapter.gguf (llama.cpp)`,
    );
  if (base !== null && tuned !== null && difference !== null && evaluation !== null)
    lines.push("", comparisonText({ base, tuned, difference, ...evaluation }));
  return [...lines, `open ${page}`, ""].join("\n");
}

export const command = new Command("quickstart")
  .description(
    "From sample profiles to a trained adapter: responses of a small model on this machine, verdicts by code, census, RPO\n" +
      "pairs, exports, training, the model with the adapter against the model without it on held-out profiles, and a page\n" +
      "to open. What is done is kept: run it again and it goes on.",
  )
  .option("--dir <DIR>", "run directory", "rpo-run")
  .option("--tiny", "a few turns and steps, in about three minutes")
  .option("--json", "end with one JSON object on standard output")
  .option("--seed <N>", "seed of the samples, the pairs and the split", wholeNumber(0), 1)
  .option("--recorded", "make the pairs of responses recorded with this project instead of sampling")
  .option("--no-train", "end with the pairs: no training, no evaluation")
  .option("--record <FILE>", "write the responses of the run as a recording")
  .action((flags: QuickstartFlags, self: Command) => {
    if (flags.recorded && flags.record !== undefined) self.error("error: --record needs the model, not --recorded");
    return reportingSystemErrors(() => run(flags));
  });
