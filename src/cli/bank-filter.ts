// `rpo bank filter FILE… --out FILE`: the inspirations that pass, and how many each filter dropped and why.
import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { InputError } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { type StagedText, stageText } from "../dataset/staged-file.ts";
import {
  FILTERS,
  type FilterSettings,
  inspirationFilter,
  MAX_CHARS,
  MIN_CHARS,
  NAMED_FILTERS,
  type NamedFilter,
} from "../profile/bank/filter.ts";
import { emptyTally, tally, tallyText } from "../profile/bank/filter-tally.ts";
import { readInspirations } from "../profile/bank/inspiration.ts";
import { NEAR } from "../profile/bank/near-duplicate.ts";
import { bankOutput } from "./bank-output.ts";
import { names, namesAmong, share, wholeNumber } from "./option-value.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface FilterFlags {
  readonly out: string;
  readonly drop: readonly NamedFilter[];
  readonly minChars: number;
  readonly maxChars: number;
  readonly language?: readonly string[];
  readonly usageMin?: number;
  readonly ratingMin?: number;
  readonly usageUnknown?: "keep" | "drop";
  readonly words?: string;
  readonly near: number;
  readonly rejects?: string;
  readonly skipBad?: true;
  readonly bad: string;
  readonly json?: true;
}

async function run(files: readonly string[], flags: FilterFlags): Promise<void> {
  const settings: FilterSettings = {
    drop: flags.drop,
    minChars: flags.minChars,
    maxChars: flags.maxChars,
    languages: flags.language,
    usageMin: flags.usageMin,
    ratingMin: flags.ratingMin,
    unknown: flags.usageUnknown ?? "keep",
    near: flags.near,
    words: flags.words === undefined ? undefined : await wordsIn(flags.words),
  };
  const filter = inspirationFilter(settings);
  const counts = emptyTally();
  let rejects: StagedText | null = null;
  try {
    rejects = flags.rejects === undefined ? null : await stageText(flags.rejects);
    const badRows = { rejects: flags.bad, ...(flags.skipBad && { skipBad: flags.skipBad }) };
    await bankOutput(flags.out, badRows, async ({ write, onBad, progress }) => {
      for await (const { inspiration } of readInspirations(files, onBad)) {
        const dropped = filter(inspiration);
        tally(counts, dropped);
        if (dropped === null) await write(inspiration);
        else await rejects?.write(jsonLine({ id: inspiration.id, ...dropped, inspiration }));
        progress({ kept: counts.kept, records: counts.read });
      }
      await rejects?.close();
      await rejects?.commit();
    });
  } finally {
    await rejects?.discard();
  }
  process.stderr.write(tallyText(counts));
  if (flags.json) process.stdout.write(`${JSON.stringify(counts)}\n`);
}

/** One word or phrase a line; blank lines and those that begin with # are none. */
async function wordsIn(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const words = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|[\n\r]/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (words.length === 0) throw new InputError(`${path}: no words in it, one a line`);
  return words;
}

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new InvalidArgumentError("It must be a number from 0.");
  return value;
}

const named = (text: string): NamedFilter[] => (text.trim() === "none" ? [] : namesAmong(NAMED_FILTERS)(text));

export const bankFilter = new Command("filter")
  .description(
    `Keep the inspirations that pass all filters, applied in this order: ${FILTERS.join(", ")}.\n` +
      "What each dropped and why goes to stderr. FILE is JSON Lines of `rpo bank import`; - is standard input.",
  )
  .argument("<FILE...>", "inspirations")
  .option("--out <FILE>", "inspirations that are kept")
  .option("--drop <NAMES>", `which of ${NAMED_FILTERS.join(", ")}; none for none`, named, [...NAMED_FILTERS])
  .option(
    "--min-chars <N>",
    "least characters of the prompt, or description where there is none",
    wholeNumber(0),
    MIN_CHARS,
  )
  .option("--max-chars <N>", "most characters of it", wholeNumber(1), MAX_CHARS)
  .option("--language <CODES>", "languages to keep, such as en,zh; all where left out", names)
  .option("--usage-min <N>", "least chats, where the source counts them", amount)
  .option("--rating-min <N>", "least rating, where the source has one", amount)
  .addOption(
    new Option("--usage-unknown <WHAT>", "what becomes of records whose usage or rating is not known").choices([
      "keep",
      "drop",
    ]),
  )
  .option("--words <FILE>", "drop what has one of these words or phrases, one a line, # for comments")
  .option("--near <SHARE>", "share of equal four-word phrases from which a text is a near duplicate", share, NEAR)
  .option("--rejects <FILE>", "write what was dropped, each with its filter, cause and reason")
  .option("--skip-bad", "leave bad rows out, count them and collect them")
  .option("--bad <FILE>", "where --skip-bad collects them", "bad-rows.jsonl")
  .option("--json", "print {read, kept, dropped, causes} as well")
  .action(async (files: string[], flags: FilterFlags, self: Command) => {
    requireOptions(self, ["--out"]);
    const asks = flags.usageMin !== undefined || flags.ratingMin !== undefined;
    if (asks && flags.usageUnknown === undefined)
      self.error("error: --usage-min and --rating-min need --usage-unknown keep|drop: most records have no count");
    if (!asks && flags.usageUnknown !== undefined)
      self.error("error: --usage-unknown says nothing without --usage-min or --rating-min");
    if (flags.minChars > flags.maxChars) self.error("error: --min-chars is over --max-chars");
    await reportingSystemErrors(() => run(files, flags));
  });
