// Options that a command cannot do without. Commander's own mandatory options are checked before unknown ones, so that a
// misspelt one ("--metod rpo") would be called missing and not be put right.
import type { Command } from "commander";

/**
 * To be called first in a command's action.
 * @param names long names, with their dashes
 * @throws CommanderError for the first one that was not given, as for one that is mandatory
 */
export function requireOptions(command: Command, names: readonly string[]): void {
  for (const option of command.options) {
    if (!names.includes(option.long ?? "") || command.getOptionValue(option.attributeName()) !== undefined) continue;
    command.error(`error: required option '${option.flags}' not specified`, {
      code: "commander.missingMandatoryOptionValue",
    });
  }
}
