// `rpo bank …`: SysBank's raw material. Published corpora as inspirations, filtered and counted; personas as users.
import { Command } from "commander";
import { bankFilter } from "./bank-filter.ts";
import { bankGenerate } from "./bank-generate.ts";
import { bankImport } from "./bank-import.ts";
import { bankPersonas } from "./bank-personas.ts";
import { bankStats } from "./bank-stats.ts";

export const command = new Command("bank")
  .description("System profiles and what they are made of (docs/bank.md).")
  .addCommand(bankImport)
  .addCommand(bankFilter)
  .addCommand(bankGenerate)
  .addCommand(bankStats)
  .addCommand(bankPersonas);
