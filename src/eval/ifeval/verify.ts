// Verdicts of IFEval's and Multi-IF's instructions on a response, strict and loose, as the official programs give them
// (parity: their quirks included). Ignores prompts and accuracies.
import type { PunktParameters } from "../nltk/punkt.ts";
import { strip } from "../python/str.ts";
import type { Rule, RuleContext, Suite } from "./instruction.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { PythonError } from "./python-error.ts";

/** A verdict; `error:<Type>` where the official program would raise an exception of that type. */
export type Verdict = boolean | `error:${string}`;

export interface Verdicts {
  readonly strict: Verdict;
  readonly loose: Verdict;
}

export interface VerifyOptions {
  readonly suite: Suite;
  /** Only parity, for now. */
  readonly mode: "parity";
  /** langdetect's detect(); throws an error named LangDetectError where it finds no language. */
  readonly detect: (text: string) => string;
  /** Punkt's parameters for English; left out, instructions that count sentences or capital words are refused. */
  readonly punkt?: PunktParameters | undefined;
  /** Number of words of a Thai text, as newmm segments it; left out, Multi-IF's number of words is refused for Thai. */
  readonly thaiWords?: ((text: string) => number) | undefined;
}

/** An instruction, or arguments, that have no verdict: the row is wrong, or something that it needs is missing. */
export class NoVerdictError extends Error {
  /** "instruction_id", or the path of the argument. */
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.name = "NoVerdictError";
    this.field = field;
  }
}

/** Arguments in whose place the official program draws some at random: its verdict is random, and there is none to agree with. */
export class RandomVerdictError extends NoVerdictError {
  constructor(field: string, message: string) {
    super(field, message);
    this.name = "RandomVerdictError";
  }
}

/**
 * Whether an instruction with these arguments can have verdicts, before there is a response.
 * @throws NoVerdictError as `verify`; PythonError where the official program refuses the arguments
 */
export function checkInstruction(instructionId: string, kwargs: Readonly<Record<string, unknown>>): void {
  ruleOf(instructionId, kwargs);
}

/**
 * Verdicts of one instruction on a response.
 * @param kwargs arguments by name; null counts as left out
 * @throws NoVerdictError for an unknown instruction, a missing or wrong argument, or a missing table; UnsupportedPattern
 */
export function verify(
  instructionId: string,
  kwargs: Readonly<Record<string, unknown>>,
  response: string,
  options: VerifyOptions,
): Verdicts {
  const context = contextOf(options);
  let rule: Rule;
  try {
    rule = ruleOf(instructionId, kwargs);
  } catch (error) {
    const verdict = errorVerdict(error);
    return { strict: verdict, loose: verdict };
  }
  const blank = strip(response) === "";
  const taken = options.suite === "ifeval" ? !blank : response !== "";
  const strict = taken ? verdictOf(() => rule(response, context)) : false;
  if (blank) return { strict, loose: false };
  // The response as it is comes first among the loose variants.
  if (strict !== false) return { strict, loose: strict };
  const loose = verdictOf(() => looseVariants(response).some((text) => strip(text) !== "" && rule(text, context)));
  return { strict, loose };
}

function ruleOf(instructionId: string, kwargs: Readonly<Record<string, unknown>>): Rule {
  const instruction = INSTRUCTIONS.get(instructionId);
  if (instruction === undefined)
    throw new NoVerdictError("instruction_id", `no instruction is called ${JSON.stringify(instructionId)}`);
  const given = Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== null));
  // Python refuses arguments by names that it doesn't know, before anything else.
  if (Object.keys(given).some((name) => !Object.hasOwn(instruction.arguments.shape, name)))
    throw new PythonError("TypeError");
  const parsed = instruction.arguments.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const field = ["kwargs", ...issue.path].join(".");
    if (issue.code === "custom" && issue.params?.drawn === true) throw new RandomVerdictError(field, issue.message);
    throw new NoVerdictError(field, issue.message);
  }
  return instruction.rule(parsed.data as never);
}

function contextOf({ suite, detect, punkt, thaiWords }: VerifyOptions): RuleContext {
  return {
    suite,
    detect,
    punkt: () => {
      if (punkt === undefined)
        throw new NoVerdictError("instruction_id", "needs Punkt's parameters: fetch them by rpo eval tables --pull");
      return punkt;
    },
    thaiWords:
      thaiWords ??
      (() => {
        throw new NoVerdictError(
          "response",
          "is in Thai: to count its words, fetch the tables by rpo eval tables --pull",
        );
      }),
  };
}

/** Without asterisks, and without the first line, the last, both, each with and without asterisks. In the official order. */
function looseVariants(response: string): string[] {
  const lines = response.split("\n");
  const without = [lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)].map((left) => strip(left.join("\n")));
  const starless = (text: string): string => text.replaceAll("*", "");
  const variants = new Set([starless(response), ...without, ...without.map(starless)]);
  variants.delete(response);
  return [...variants];
}

function verdictOf(judge: () => boolean): Verdict {
  try {
    return judge();
  } catch (error) {
    return errorVerdict(error);
  }
}

function errorVerdict(error: unknown): Verdict {
  if (error instanceof PythonError) return `error:${error.type}`;
  throw error;
}
