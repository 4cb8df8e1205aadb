// `rpo constraint show|reverse`: what one constraint is, and its exact reverse. It is given as text, or as a benchmark's
// instruction with its arguments (--instruction).
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { reverse } from "../constraint/complement.ts";
import { type Constraint, needsJudge } from "../constraint/expression.ts";
import { type Instruction, InstructionError } from "../constraint/instruction/instruction.ts";
import { isProtected } from "../constraint/protected.ts";
import { type Recognition, recognise } from "../constraint/recognise/recognise.ts";
import { render } from "../constraint/wording/render.ts";
import { constraintOf } from "../eval/ifeval/constraint-of.ts";
import { SUITES, type Suite } from "../eval/ifeval/instruction.ts";
import { MODES, type Mode } from "../eval/ifeval/verify.ts";
import { CliError } from "./cli-error.ts";

interface Options {
  readonly json?: true;
  readonly instruction?: Instruction;
  readonly suite: Suite;
  readonly mode?: Mode;
}

const instructionSchema = z.strictObject({
  instruction_id: z.string(),
  kwargs: z.record(z.string(), z.unknown()).default({}),
});

function parsedInstruction(text: string): Instruction {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It must be JSON.");
  }
  const parsed = instructionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be {"instruction_id": …, "kwargs": {…}}.');
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

/** An instruction as it is shown, with its reverse in both languages. */
function showInstruction({ instruction, suite, mode }: Options & { readonly instruction: Instruction }) {
  let constraint: Constraint;
  try {
    constraint = constraintOf(instruction, { suite, ...(mode && { mode }) });
  } catch (error) {
    if (error instanceof InstructionError) throw new CliError(`--instruction: ${error.field}: ${error.message}`);
    throw error;
  }
  const reversed = reverse(constraint);
  return { instruction, constraint, wording: wordings(constraint), reversed, reversed_wording: wordings(reversed) };
}

/** The text or the instruction, of which one is to be given. */
function given(text: string | undefined, { instruction }: Options, self: Command): string | Instruction {
  if (text !== undefined && instruction !== undefined) self.error("error: give the text or --instruction, not both");
  return text ?? instruction ?? self.error("error: missing required argument 'text', or --instruction");
}

function print(lines: readonly (readonly [string, string | null | undefined])[]): void {
  for (const [label, value] of lines) if (value) console.log(`${label.padEnd(11)}${value}`);
}

export const command = new Command("constraint").description(
  "What one constraint is recognised as, and its exact reverse",
);

const subcommand = (name: string, description: string): Command =>
  command
    .command(name)
    .description(description)
    .argument("[text]", "the constraint, in English or Chinese")
    .option(
      "--instruction <JSON>",
      '{"instruction_id": …, "kwargs": {…}} of IFEval in place of the text',
      parsedInstruction,
    )
    .addOption(new Option("--suite <SUITE>", "whose instruction").choices(SUITES).default("ifeval"))
    .addOption(
      new Option(
        "--mode <MODE>",
        "fixed: what the instruction says; parity: what its official program decides (default: fixed, of IFBench parity)",
      ).choices(MODES),
    )
    .option("--json", "print JSON");

subcommand("show", "what the text is recognised as, in both languages").action(
  (text: string | undefined, options: Options, self: Command) => {
    const asked = given(text, options, self);
    if (typeof asked !== "string") {
      const { constraint, wording } = showInstruction({ ...options, instruction: asked });
      if (options.json) return console.log(JSON.stringify({ instruction: asked, constraint, wording }));
      return print([
        ["check", JSON.stringify(constraint)],
        ["English", wording.en],
        ["Chinese", wording.zh],
      ]);
    }
    const shown = show(asked);
    if (options.json) return console.log(JSON.stringify(shown));
    print([
      ["check", shown.recognised && JSON.stringify(shown.recognised)],
      ["English", shown.wording?.en],
      ["Chinese", shown.wording?.zh],
      ["read by", shown.rule],
      ["note", shown.note],
    ]);
  },
);

subcommand("reverse", "the reverse: what a response satisfies exactly when it does not satisfy the text").action(
  (text: string | undefined, options: Options, self: Command) => {
    const asked = given(text, options, self);
    if (typeof asked !== "string") {
      const shown = showInstruction({ ...options, instruction: asked });
      if (options.json) return console.log(JSON.stringify(shown));
      return print([
        ["constraint", shown.wording.en],
        ["", shown.wording.zh],
        ["reverse", shown.reversed_wording.en],
        ["", shown.reversed_wording.zh],
        ["check", JSON.stringify(shown.reversed)],
      ]);
    }
    const shown = showReversed(asked);
    if (options.json) return console.log(JSON.stringify(shown));
    print([
      ["reverse", shown.reversed_text],
      ["check", shown.reversed && JSON.stringify(shown.reversed)],
      ["note", shown.note],
    ]);
  },
);
