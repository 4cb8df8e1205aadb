// Which responses of a turn table a judge is tried on: a draw that depends on the seed and on the ids alone, not on the order of the
// table, held in memory no larger than itself. Responses on which code has a verdict come first: there the judge can be right or wrong.
import { type Constraint, needsJudge, type Requirement } from "../constraint/expression.ts";
import { recognised } from "../constraint/reverse-text.ts";
import type { Verdict } from "../constraint/verdict.ts";
import { fraction } from "../preference/seed.ts";
import type { Turn } from "../preference/turn.ts";
import { promptLanguage } from "../profile/prompt.ts";
import type { JudgedItem } from "./llm-judge.ts";
import { codeVerdicts } from "./turn-judge.ts";

/** A constraint of a response that the judge is tried on. */
export interface AuditConstraint {
  readonly id: string;
  readonly text: string;
  /** By code; null where only a judge can tell. */
  readonly code: Verdict | null;
  /** What code measures for it; null where it has no verdict. */
  readonly kind: string | null;
  /** As the table has it. */
  readonly given: Verdict;
}

export interface AuditItem {
  readonly turn: string;
  readonly response: string;
  readonly item: JudgedItem;
  /** Who gave the table's verdicts. */
  readonly source: string;
  readonly constraints: readonly AuditConstraint[];
}

/** What a constraint measures, each measure once, in order: constraints of one kind are judged alike. */
export function kindOf({ must }: Constraint): string {
  return [...new Set(measuresOf(must))].sort().join(" + ");
}

function measuresOf(requirement: Requirement): string[] {
  if ("all" in requirement) return requirement.all.flatMap(measuresOf);
  if ("any" in requirement) return requirement.any.flatMap(measuresOf);
  if ("is" in requirement) return measuresOf(requirement.is);
  return "judge" in requirement ? ["a judge's question"] : [requirement.measure];
}

/** The responses of a turn, as they can be tried; those without a text, or without a constraint, cannot. */
export function auditItems(turn: Turn): AuditItem[] {
  const history = turn.messages.filter(({ role }) => role !== "system").slice(0, -1);
  const query = turn.messages.at(-1)!.content;
  const language = promptLanguage(turn.messages);
  if (turn.constraints.length === 0) return [];
  return turn.responses.flatMap(({ id, text, verdicts: givenVerdicts }) => {
    if (text === null) return [];
    const item = { history, query, response: text, language };
    const verdicts = codeVerdicts(item, turn.constraints);
    const constraints = turn.constraints.map((constraint, index): AuditConstraint => {
      const code = verdicts[index]!;
      const check = recognised(constraint.text)?.constraint;
      const isWhole = check !== undefined && code !== null && !needsJudge(check.must);
      const given = givenVerdicts[index];
      return {
        id: constraint.id,
        text: constraint.text,
        code: isWhole ? code : null,
        kind: isWhole ? kindOf(check) : null,
        given: given == null ? "na" : given ? "pass" : "fail",
      };
    });
    return [{ turn: turn.id, response: id, item, source: turn.verdictSource, constraints }];
  });
}

/** Draws so many responses; offer each in any order. */
export class AuditSample {
  readonly #size: number;
  readonly #seed: number;
  #kept: { readonly rank: number; readonly item: AuditItem }[] = [];
  /** Responses offered, and those among them on which code has a verdict. */
  offered = 0;
  withCode = 0;

  constructor(size: number, seed: number) {
    this.#size = size;
    this.#seed = seed;
  }

  offer(item: AuditItem): void {
    const hasCode = item.constraints.some(({ code }) => code !== null);
    this.offered += 1;
    if (hasCode) this.withCode += 1;
    const rank = (hasCode ? 0 : 1) + fraction("judge-audit", this.#seed, item.turn, item.response);
    this.#kept.push({ rank, item });
    if (this.#kept.length >= 2 * this.#size + 1) this.#cut(); // now and then, so that an offer costs next to nothing
  }

  items(): AuditItem[] {
    this.#cut();
    return this.#kept.map(({ item }) => item);
  }

  #cut(): void {
    this.#kept = this.#kept.sort((a, b) => a.rank - b.rank).slice(0, this.#size);
  }
}
