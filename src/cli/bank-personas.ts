// `rpo bank personas FILE… --out FILE`: distinct personas, for the users of self-play.
import { Command } from "commander";
import { counted } from "../preference/counted.ts";
import { type PersonaCount, readPersonas } from "../profile/bank/personas.ts";
import { type BadRowFlags, bankOutput } from "./bank-output.ts";
import { names } from "./option-value.ts";
import { requireOptions } from "./required-options.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface PersonasFlags extends BadRowFlags {
  readonly out: string;
  readonly language?: readonly string[];
}

async function run(files: readonly string[], flags: PersonasFlags): Promise<void> {
  const count: PersonaCount = { read: 0, repeated: 0 };
  let written = 0;
  await bankOutput(flags.out, flags, async ({ write, onBad, progress }) => {
    for await (const persona of readPersonas(files, count, onBad)) {
      if (flags.language !== undefined && !flags.language.includes(persona.language)) continue;
      await write(persona);
      written += 1;
      progress({ personas: written });
    }
  });
  const others = count.read - count.repeated - written;
  const left = [
    ...(count.repeated > 0 ? [`${counted(count.repeated, "repetition")} left out`] : []),
    ...(others > 0 ? [`${counted(others, "persona")} in other languages left out`] : []),
  ];
  process.stdout.write(`${[`${counted(written, "distinct persona")}, in ${flags.out}`, ...left].join("\n")}\n`);
}

export const bankPersonas = new Command("personas")
  .description(
    "Distinct personas as {id, language, lines}. FILE is Synthetic-Persona-Chat (.csv), personas written before (.jsonl), either\n" +
      "with .gz or without, or a text with one persona a line, such as samples/personas/en.txt; - is standard input.",
  )
  .argument("<FILE...>", "personas")
  .option("--out <FILE>", "personas to write, JSON Lines")
  .option("--language <CODES>", "languages to keep, such as en,zh; all where left out", names)
  .option("--skip-bad", "leave bad rows out, count them and collect them")
  .option("--rejects <FILE>", "where --skip-bad collects them", "rejects.jsonl")
  .action(async (files: string[], flags: PersonasFlags, self: Command) => {
    requireOptions(self, ["--out"]);
    await reportingSystemErrors(() => run(files, flags));
  });
