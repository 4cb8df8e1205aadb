// `rpo bank generate FILE… --model M --out FILE`: system profiles from inspirations.
import { Command } from "commander";
import type { OnBadRow } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { stageText } from "../dataset/staged-file.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { counted } from "../preference/counted.ts";
import { generateBank } from "../profile/bank/generate-bank.ts";
import { type Inspiration, readInspirations } from "../profile/bank/inspiration.ts";
import { sysbankRecord } from "../profile/sysbank-record.ts";
import { terminalText } from "../report/terminal-text.ts";
import { type BadRowFlags, bankOutput } from "./bank-output.ts";
import { CliError } from "./cli-error.ts";
import { type KeptModelFlags, openKeptModel, withKeptModelOption } from "./model-option.ts";
import { namesAmong, wholeNumber } from "./option-value.ts";
import { requireOptions } from "./required-options.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";

const LANGUAGES = ["en", "zh"] as const;

interface GenerateFlags extends KeptModelFlags, BadRowFlags {
  readonly out: string;
  readonly sysbank?: string;
  readonly count?: number;
  readonly language: readonly (typeof LANGUAGES)[number][];
  readonly seed: number;
  readonly maxTokens: number;
}

/** Prompt and answer: an inspiring text of 4,000 characters, Chinese ones of a token each, and a dozen constraints as JSON. */
const CONTEXT = 8192;
/** A dozen constraints as JSON are some 1,000 tokens. */
const MAX_TOKENS = 2048;

/** A line of its own, in place of the line of progress where there is one. */
const say = (text: string): void => void process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}${text}\n`);

interface Made {
  profiles: number;
  constraints: number;
  checked: number;
  failed: number;
}

async function run(files: readonly string[], flags: GenerateFlags): Promise<void> {
  const stop = stopOnSignal(() => say("\nstopping: what was answered is kept; once more ends at once …"));
  const made: Made = { profiles: 0, constraints: 0, checked: 0, failed: 0 };
  try {
    const options = { contextSize: CONTEXT, signal: stop.signal, say, role: "writer", stage: "bank" };
    const { chat } = await openKeptModel(flags, options);
    const records = flags.sysbank === undefined ? null : await stageText(flags.sysbank);
    try {
      await bankOutput(flags.out, flags, async ({ write, onBad, progress }) => {
        const { language: languages, seed, maxTokens } = flags;
        const inspirations = first(files, flags.count, onBad);
        for await (const item of generateBank(chat, inspirations, {
          languages,
          seed,
          maxTokens,
          signal: stop.signal,
        })) {
          if ("cause" in item) {
            made.failed += 1;
            say(`rpo: ${item.inspiration.id} (${item.language}): no profile: ${terminalText(item.cause)}`);
          } else {
            const { profile, checked, model } = item.generated;
            made.profiles += 1;
            made.constraints += profile.constraints.length;
            made.checked += checked;
            await write(item.generated);
            const { inspiration } = item;
            await records?.write(jsonLine(sysbankRecord(profile, { inspiration, model, time: new Date() })));
          }
          progress({ failed: made.failed, profiles: made.profiles });
        }
        await records?.close();
        // Thrown in here, so that no empty file takes the place of an earlier one.
        if (made.profiles === 0)
          throw new CliError(
            made.failed === 0
              ? `${files.join(", ")}: no inspiration in it`
              : `no profile could be written, ${counted(made.failed, "failure")}; the causes stand above`,
          );
      });
      await records?.commit();
    } finally {
      await records?.discard();
      await chat.dispose();
    }
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) {
      say(
        `stopped after ${counted(made.profiles, "profile")}; the same command goes on from the answers kept in ${flags.dir}`,
      );
      process.exitCode = EXIT_INTERRUPTED;
      return;
    }
    if (error instanceof ModelFailure) throw new CliError(terminalText(error.message));
    throw error;
  } finally {
    stop.release();
  }
  process.stdout.write(
    `${counted(made.profiles, "profile")} with ${counted(made.constraints, "constraint")}, ${made.checked} of them checked by code, in ${flags.out}\n` +
      (made.failed === 0 ? "" : `${made.failed} failed; the same command tries them again\n`),
  );
}

async function* first(
  files: readonly string[],
  count: number | undefined,
  onBad: OnBadRow,
): AsyncGenerator<Inspiration> {
  let taken = 0;
  for await (const { inspiration } of readInspirations(files, onBad)) {
    yield inspiration;
    taken += 1;
    if (taken === count) return;
  }
}

export const bankGenerate = withKeptModelOption(new Command("generate"))
  .description(
    "Write system profiles with a model: name, description, skills and 6 to 12 constraints with explicit triggers, from inspirations\n" +
      "in JSON Lines (rpo bank import). Constraints are checked, and asked for again with the reason where they can't be used. Every\n" +
      "answer is kept: the same command goes on where it was stopped, and asks nothing twice.",
  )
  .argument("<FILE...>", "inspirations; - is standard input")
  .option("--out <FILE>", "the profiles, in JSON Lines")
  .option("--sysbank <FILE>", "the same as SysBank's records, in JSON Lines")
  .option("--count <N>", "take so many inspirations, from the first", wholeNumber(1))
  .option("--language <NAMES>", `languages to write a profile in, of ${LANGUAGES.join(", ")}`, namesAmong(LANGUAGES), [
    "en",
  ])
  .option("--seed <N>", "seed of all that is drawn", wholeNumber(0), 1)
  .option("--max-tokens <N>", "longest answer, in tokens", wholeNumber(1), MAX_TOKENS)
  .option("--skip-bad", "leave bad rows out, and write them to --rejects")
  .option("--rejects <FILE>", "where bad rows go", "rejects.jsonl")
  .action((files: string[], flags: GenerateFlags, self: Command) => {
    requireOptions(self, ["--model", "--out"]);
    return reportingSystemErrors(() => run(files, flags));
  });
