// `rpo bank import SOURCE FILE… --out FILE`: published corpora, and a user's own rows, as inspirations.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { OnBadRow } from "../dataset/input-error.ts";
import { SeenIds } from "../dataset/seen-ids.ts";
import { type StagedText, stageText } from "../dataset/staged-file.ts";
import { counted } from "../preference/counted.ts";
import { importBlackFriday } from "../profile/bank/import-blackfriday.ts";
import { importFabric } from "../profile/bank/import-fabric.ts";
import { importGptStore } from "../profile/bank/import-gptstore.ts";
import { importIfeval } from "../profile/bank/import-ifeval.ts";
import { importJsonl } from "../profile/bank/import-jsonl.ts";
import { importLobe } from "../profile/bank/import-lobe.ts";
import type { Inspiration } from "../profile/bank/inspiration.ts";
import { inspirationRecord, listedRecordText, recordText } from "../profile/bank/inspiration-record.ts";
import { type BadRowFlags, bankOutput } from "./bank-output.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface ImportFlags extends BadRowFlags {
  readonly out: string;
  readonly records?: string;
  readonly sysbank?: string;
}

type Inspirations = (onBad: OnBadRow) => AsyncIterable<Inspiration>;

async function run(inspirations: Inspirations, flags: ImportFlags): Promise<void> {
  const count = { records: 0, constraints: 0, withConstraints: 0, languages: new Map<string, number>() };
  const list = flags.sysbank === undefined ? null : await stageText(flags.sysbank);
  try {
    await bankOutput(flags.out, flags, async ({ write, onBad, progress }) => {
      if (flags.records !== undefined) await mkdir(flags.records, { recursive: true });
      const seen = new SeenIds();
      for await (const inspiration of inspirations(onBad)) {
        const { id, source, constraints, language } = inspiration;
        const at = count.records + 1;
        const used = seen.add(id, source, at);
        if (used !== null) {
          const reason = `"${id}" is the id of record ${used.line} already`;
          onBad({ file: source, line: at, field: "id", reason, raw: JSON.stringify(inspiration) });
          continue;
        }
        await write(inspiration);
        if (flags.records !== undefined)
          await writeFile(join(flags.records, `${id}.json`), recordText(inspirationRecord(inspiration)));
        await list?.write(`${count.records === 0 ? "[" : ","}\n${listedRecordText(inspirationRecord(inspiration))}`);
        count.records += 1;
        count.constraints += constraints.length;
        if (constraints.length > 0) count.withConstraints += 1;
        count.languages.set(language, (count.languages.get(language) ?? 0) + 1);
        progress({ records: count.records });
      }
      if (list !== null) await closeList(list, count.records);
    });
  } finally {
    await list?.discard();
  }
  const languages = [...count.languages].sort(([, a], [, b]) => b - a);
  const shown = languages.slice(0, 3).map(([language, n]) => `${n.toLocaleString("en-US")} ${language}`);
  const rest = languages.slice(3).reduce((sum, [, n]) => sum + n, 0);
  if (rest > 0) shown.push(`${rest.toLocaleString("en-US")} other`);
  process.stdout.write(
    `${counted(count.records, "inspiration")} (${shown.join(", ") || "none"}), in ${flags.out}\n${
      count.constraints > 0
        ? `${counted(count.constraints, "stated constraint")} in ${counted(count.withConstraints, "record")}\n`
        : ""
    }`,
  );
}

async function closeList(list: StagedText, records: number): Promise<void> {
  await list.write(records === 0 ? "[]" : "\n]");
  await list.close();
  await list.commit();
}

const ARCHIVE = "tar file (plain or gzip) of the repository, or the folder it was unpacked to";

/** A subcommand with the options that all imports have. */
function importer(name: string, description: string, argument: readonly [string, string]): Command {
  return new Command(name)
    .description(description)
    .argument(...argument)
    .option("--out <FILE>", "inspirations to write, JSON Lines")
    .option("--records <DIR>", "write SysBank's record of each as well: DIR/ID.json, as published (indent 4)")
    .option("--sysbank <FILE>", "write all these records as one JSON list as well, as published (indent 4)")
    .option("--skip-bad", "leave bad entries out, count them and collect them")
    .option("--rejects <FILE>", "where --skip-bad collects them", "rejects.jsonl");
}

const overOne = (
  name: string,
  description: string,
  read: (source: string, onBad: OnBadRow) => AsyncIterable<Inspiration>,
) =>
  importer(name, description, ["<SOURCE>", ARCHIVE]).action(
    async (source: string, flags: ImportFlags, self: Command) => {
      requireOptions(self, ["--out"]);
      await reportingSystemErrors(() => run((onBad) => read(source, onBad), flags));
    },
  );

const blackfriday = overOne(
  "blackfriday",
  "BlackFriday-GPTs-Prompts: gpts/*.md numbered in byte order (frgpts_0 …), categories from the index files.",
  importBlackFriday,
);
const lobe = overOne(
  "lobe",
  "lobe-chat-agents: src/*.json; rules that the prompts state become constraints.",
  importLobe,
);
const fabric = overOne(
  "fabric",
  "fabric patterns: */system.md; bullets of OUTPUT INSTRUCTIONS and the like become constraints.",
  importFabric,
);

const gptstore = importer("gptstore", "A list of GPTs: CSV with gpt_id, name, description; no prompts.", [
  "<FILE...>",
  "CSV, plain or gzip",
])
  .option("--stats <FILE>", "CSV with ID and Chats: how much each GPT is used")
  .action(async (files: string[], flags: ImportFlags & { readonly stats?: string }, self: Command) => {
    requireOptions(self, ["--out"]);
    await reportingSystemErrors(() => run((onBad) => importGptStore(files, flags.stats, onBad), flags));
  });

const ifeval = importer(
  "ifeval",
  "IFEval with its instructions in the system message; every instruction becomes a constraint, in exact words.",
  ["<FILE...>", "JSON Lines with key, messages, instruction_id_list, kwargs"],
).action(async (files: string[], flags: ImportFlags, self: Command) => {
  requireOptions(self, ["--out"]);
  await reportingSystemErrors(() => run((onBad) => importIfeval(files, onBad), flags));
});

const SOURCE_NAME = /^[\w-]{1,40}$/;
function sourceName(text: string): string {
  if (!SOURCE_NAME.test(text)) throw new InvalidArgumentError("It must be 1 to 40 letters, digits, - and _.");
  return text;
}

const jsonl = importer(
  "jsonl",
  "Your own: rows with a description or a prompt (system_prompt, system, prompt, text), or SysBank's published records.",
  ["<FILE...>", "JSON Lines, plain or gzip; - is standard input"],
)
  .option("--source <NAME>", "what the rows are said to come from; begins their ids", sourceName, "own")
  .action(async (files: string[], flags: ImportFlags & { readonly source: string }, self: Command) => {
    requireOptions(self, ["--out"]);
    await reportingSystemErrors(() => run((onBad) => importJsonl(files, flags.source, onBad), flags));
  });

const sources = [blackfriday, gptstore, lobe, fabric, ifeval, jsonl];

export const bankImport = sources.reduce(
  (command, source) => command.addCommand(source),
  new Command("import").description("Turn a corpus into inspirations: the texts that profiles are written from."),
);
