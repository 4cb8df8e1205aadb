// Verdicts of IFEval's, Multi-IF's and IFBench's instructions on a response, strict and loose: as the official programs give them
// (parity: their quirks included), or, of IFEval and Multi-IF, as a careful reader of the instruction does (fixed). Ignores prompts
// and accuracies.
import { IFEVAL_FORMS } from "../../constraint/instruction/ifeval.ts";
import { askedBy, InstructionError } from "../../constraint/instruction/instruction.ts";
import { meets, viewOf } from "../../constraint/verdict.ts";
import { IFBENCH_INSTRUCTIONS } from "../ifbench/instructions.ts";
import type { SyllableDictionary } from "../ifbench/syllables.ts";
import type { PunktParameters } from "../nltk/punkt.ts";
import type { TaggerWeights } from "../nltk/tagger.ts";
import { strip } from "../python/str.ts";
import { type Instruction, languageOf, type Rule, type RuleContext, type Suite } from "./instruction.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { NoVerdictError, RandomVerdictError } from "./no-verdict-error.ts";
import { PythonError } from "./python-error.ts";

export { NoVerdictError, RandomVerdictError } from "./no-verdict-error.ts";

/** The instructions of a suite. IFBench's program has had IFEval's too since 2026. */
export const INSTRUCTIONS_OF: Readonly<Record<Suite, ReadonlyMap<string, Instruction>>> = {
  ifeval: INSTRUCTIONS,
  multi_if: INSTRUCTIONS,
  ifbench: IFBENCH_INSTRUCTIONS,
  ifbench_2026: new Map([...INSTRUCTIONS, ...IFBENCH_INSTRUCTIONS]),
};

/** A verdict; in parity mode `error:<Type>` where the official program would raise an exception of that type. */
export type Verdict = boolean | `error:${string}`;

export interface Verdicts {
  readonly strict: Verdict;
  readonly loose: Verdict;
}

/** `parity`: the official verdicts, quirks included; `fixed`: their known faults repaired (docs/evaluation.md lists them). */
export const MODES = ["parity", "fixed"] as const;
export type Mode = (typeof MODES)[number];

export interface VerifyOptions {
  readonly suite: Suite;
  readonly mode: Mode;
  /** langdetect's detect(); throws an error named LangDetectError where it finds no language. */
  readonly detect: (text: string) => string;
  /** Punkt's parameters for English; left out, instructions that count sentences or capital words are refused. */
  readonly punkt?: PunktParameters | undefined;
  /** Number of words of a Thai text, as newmm segments it; left out, Multi-IF's number of words is refused for Thai. */
  readonly thaiWords?: ((text: string) => number) | undefined;
  /** NLTK's English stop words; left out, IFBench's ratio:stop_words is refused. */
  readonly stopWords?: ReadonlySet<string> | undefined;
  /** Weights of NLTK's part-of-speech tagger; left out, IFBench's words:start_verb is refused. */
  readonly tagger?: TaggerWeights | undefined;
  /** syllapy's dictionary; left out, IFBench's words:odd_even_syllables is refused. */
  readonly syllables?: SyllableDictionary | undefined;
}

/**
 * Whether an instruction with these arguments can have verdicts, before there is a response.
 * @throws NoVerdictError as `verify`; PythonError where the official program refuses the arguments
 */
export function checkInstruction(
  instructionId: string,
  kwargs: Readonly<Record<string, unknown>>,
  suite: Suite = "ifeval",
  mode: Mode = "parity",
): void {
  ruleFor(instructionId, kwargs, { suite, mode });
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
    rule = ruleFor(instructionId, kwargs, options);
  } catch (error) {
    const verdict = errorVerdict(error);
    return { strict: verdict, loose: verdict };
  }
  const strict = strictVerdictBy(rule, response, options, context);
  if (strip(response) === "") return { strict, loose: false };
  // The response as it is comes first among the loose variants.
  if (strict !== false) return { strict, loose: strict };
  const loose = verdictOf(() => looseVariants(response).some((text) => strip(text) !== "" && rule(text, context)));
  return { strict, loose };
}

/** The strict verdict alone. @throws as `verify` */
export function strictVerdict(
  instructionId: string,
  kwargs: Readonly<Record<string, unknown>>,
  response: string,
  options: VerifyOptions,
): Verdict {
  try {
    const rule = ruleFor(instructionId, kwargs, options);
    return strictVerdictBy(rule, response, options, contextOf(options));
  } catch (error) {
    return errorVerdict(error);
  }
}

function strictVerdictBy(rule: Rule, response: string, { suite, mode }: VerifyOptions, context: RuleContext): Verdict {
  const taken = suite === "multi_if" && mode === "parity" ? response !== "" : strip(response) !== "";
  return taken ? verdictOf(() => rule(response, context)) : false;
}

const ruleFor = (
  id: string,
  kwargs: Readonly<Record<string, unknown>>,
  { suite, mode }: Pick<VerifyOptions, "suite" | "mode">,
): Rule => (mode === "fixed" ? fixedRule(id, kwargs, suite) : ruleOf(id, kwargs, suite));

function ruleOf(instructionId: string, kwargs: Readonly<Record<string, unknown>>, suite: Suite): Rule {
  const instruction = INSTRUCTIONS_OF[suite].get(instructionId);
  if (instruction === undefined)
    throw new NoVerdictError("instruction_id", `no instruction is called ${JSON.stringify(instructionId)}`);
  const given = Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== null));
  const parsed = instruction.arguments.safeParse(given);
  if (!parsed.success) {
    // Python refuses arguments by names that it doesn't know, before anything else.
    const unknown = parsed.error.issues.find(({ code }) => code === "unrecognized_keys");
    if (unknown?.code === "unrecognized_keys")
      throw new PythonError("TypeError", `no argument ${unknown.keys.map((key) => JSON.stringify(key)).join(", ")}`);
    const issue = parsed.error.issues[0]!;
    const field = ["kwargs", ...issue.path].join(".");
    if (issue.code === "custom" && issue.params?.drawn === true) throw new RandomVerdictError(field, issue.message);
    throw new NoVerdictError(field, issue.message);
  }
  return instruction.rule(parsed.data as never, suite);
}

/** Suites whose instructions have a fixed reading. */
export const FIXED_SUITES: readonly Suite[] = ["ifeval", "multi_if"];

/** What the instruction asks as a constraint, in the place of the official rule. */
function fixedRule(instruction_id: string, kwargs: Readonly<Record<string, unknown>>, suite: Suite): Rule {
  if (!FIXED_SUITES.includes(suite))
    throw new NoVerdictError(
      "instruction_id",
      `has no verdict in fixed mode: ${suite} is verified in parity mode only`,
    );
  try {
    const asked = askedBy({ instruction_id, kwargs }, IFEVAL_FORMS);
    if (typeof asked === "boolean") return () => asked;
    return (text, context) =>
      meets(asked, viewOf(text, { detectLanguage: (part) => languageOf(part, context) })) === true;
  } catch (error) {
    throw error instanceof InstructionError ? new NoVerdictError(error.field, error.message) : error;
  }
}

/** @throws NoVerdictError where the table isn't there */
const needed =
  <T>(table: T | undefined, name: string) =>
  (): T => {
    if (table === undefined)
      throw new NoVerdictError("instruction_id", `needs ${name}: fetch them by rpo eval tables --pull`);
    return table;
  };

function contextOf({ suite, detect, punkt, thaiWords, stopWords, tagger, syllables }: VerifyOptions): RuleContext {
  return {
    suite,
    detect,
    punkt: needed(punkt, "Punkt's parameters"),
    stopWords: needed(stopWords, "NLTK's stop words"),
    tagger: needed(tagger, "the weights of NLTK's part-of-speech tagger"),
    syllables: needed(syllables, "syllapy's syllables"),
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
