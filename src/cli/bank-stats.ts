// `rpo bank stats FILE…`: what is in a bank of inspirations or profiles.
import { Command } from "commander";
import { readBankRows } from "../profile/bank/bank-row.ts";
import { BankCount } from "../profile/bank/stats.ts";
import { statsText } from "../profile/bank/stats-text.ts";
import { type BadRowFlags, bankOutput } from "./bank-output.ts";
import { reportingSystemErrors } from "./system-failure.ts";

async function run(files: readonly string[], flags: BadRowFlags & { readonly json?: true }): Promise<void> {
  const count = new BankCount();
  await bankOutput(undefined, flags, async ({ onBad, progress }) => {
    for await (const row of readBankRows(files, onBad)) {
      count.add(row);
      progress({ records: count.records });
    }
  });
  const stats = count.stats();
  process.stdout.write(flags.json ? `${JSON.stringify(stats)}\n` : statsText(stats));
}

export const bankStats = new Command("stats")
  .description(
    "Count inspirations, profiles or SysBank's records by source, language and category; their lengths, their constraints,\n" +
      "and which of these code can judge. FILE is JSON Lines, plain or gzip; - is standard input.",
  )
  .argument("<FILE...>", "inspirations, profiles or records")
  .option("--json", "print the counts as JSON")
  .option("--skip-bad", "leave bad rows out, count them and collect them")
  .option("--rejects <FILE>", "where --skip-bad collects them", "rejects.jsonl")
  .action((files: string[], flags: BadRowFlags & { readonly json?: true }) =>
    reportingSystemErrors(() => run(files, flags)),
  );
