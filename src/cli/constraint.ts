import { Command } from "commander";
import { reverse } from "../constraint/complement.ts";
import { type Constraint, needsJudge } from "../constraint/expression.ts";
import { isProtected } from "../constraint/protected.ts";
import { type Recognition, recognise } from "../constraint/recognise/recognise.ts";
import { render } from "../constraint/wording/render.ts";

interface Options {
  readonly json?: true;
}

/** One text as `rpo constraint` shows it; a constraint that is not recognised or not reversible says why. */
interface Shown {
  readonly text: string;
  readonly recognised: Constraint | null;
  readonly wording: { readonly en: string; readonly zh: string } | null;
  readonly rule: string | null;
  readonly note?: string;
}

const NOT_RECOGNISED = "The rules do not understand this text whole; a judge decides it.";
const PROTECTED = "A safety or refusal clause, as far as its words tell: it is never reversed.";
const JUDGED = "Part of it is a judge's to decide; its reverse is not checked by code.";

const wordings = (constraint: Constraint) => ({ en: render(constraint, "en"), zh: render(constraint, "zh") });

function show(text: string): Shown {
  const found = recognise(text);
  if (found === null) return { text, recognised: null, wording: null, rule: null, note: NOT_RECOGNISED };
  return { text, recognised: found.constraint, wording: wordings(found.constraint), rule: found.rule };
}

function showReversed(
  text: string,
): Shown & { readonly reversed: Constraint | null; readonly reversed_text: string | null } {
  const found: Recognition | null = recognise(text);
  const note =
    found === null
      ? NOT_RECOGNISED
      : isProtected(text)
        ? PROTECTED
        : needsJudge(found.constraint.must)
          ? JUDGED
          : undefined;
  if (found === null || note !== undefined)
    return { ...show(text), ...(note && { note }), reversed: null, reversed_text: null };
  const reversed = reverse(found.constraint);
  return { ...show(text), reversed, reversed_text: render(reversed, found.language) };
}

function print(lines: readonly (readonly [string, string | null | undefined])[]): void {
  for (const [label, value] of lines) if (value) console.log(`${label.padEnd(11)}${value}`);
}

export const command = new Command("constraint").description(
  "What one constraint is recognised as, and its exact reverse",
);

command
  .command("show")
  .description("what the text is recognised as, in both languages")
  .argument("<text>", "the constraint, in English or Chinese")
  .option("--json", "print JSON")
  .action((text: string, options: Options) => {
    const shown = show(text);
    if (options.json) return console.log(JSON.stringify(shown));
    print([
      ["check", shown.recognised && JSON.stringify(shown.recognised)],
      ["English", shown.wording?.en],
      ["Chinese", shown.wording?.zh],
      ["read by", shown.rule],
      ["note", shown.note],
    ]);
  });

command
  .command("reverse")
  .description("the reverse: what a response satisfies exactly when it does not satisfy the text")
  .argument("<text>", "the constraint, in English or Chinese")
  .option("--json", "print JSON")
  .action((text: string, options: Options) => {
    const shown = showReversed(text);
    if (options.json) return console.log(JSON.stringify(shown));
    print([
      ["reverse", shown.reversed_text],
      ["check", shown.reversed && JSON.stringify(shown.reversed)],
      ["note", shown.note],
    ]);
  });
