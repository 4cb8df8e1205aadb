// Values of flags, checked as they are parsed: a wrong one is a wrong command line (exit 2), not a failure of the work.
import { InvalidArgumentError } from "commander";

/** A parser of whole numbers from `least` to `most`. */
export const wholeNumber =
  (least: number, most = Number.POSITIVE_INFINITY) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(
        `It must be a whole number${Number.isFinite(least) ? ` from ${least}` : ""}${Number.isFinite(most) ? ` to ${most}` : ""}.`,
      );
    }
    return value;
  };

/** An odd whole number from 1, as majorities need. */
export function oddNumber(text: string): number {
  const value = wholeNumber(1)(text);
  if (value % 2 === 0) throw new InvalidArgumentError("It must be an odd number: the majority holds.");
  return value;
}

/** A share: 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("It must be a number from 0 to 1.");
  return value;
}

/** A number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

/** Names, comma-separated, at least one. */
export function names(text: string): string[] {
  const given = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (given.length === 0) throw new InvalidArgumentError("Name at least one.");
  return given;
}

/** A parser of names, comma-separated, each one of the known ones; in their order. */
export const namesAmong =
  <N extends string>(known: readonly N[]) =>
  (text: string): N[] => {
    const given = names(text);
    const unknown = given.find((name) => !(known as readonly string[]).includes(name));
    if (unknown !== undefined)
      throw new InvalidArgumentError(`There is no "${unknown}": name some of ${known.join(", ")}.`);
    return known.filter((name) => given.includes(name));
  };
