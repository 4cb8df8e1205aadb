// What is in a bank: how many records of which source, language and category, how long they are, how many constraints they
// have, and which of these code can judge. Counts as rows come; keeps numbers, not texts.
import { hash } from "node:crypto";
import { needsJudge, type Requirement } from "../../constraint/expression.ts";
import { isProtected } from "../../constraint/protected.ts";
import { recognised } from "../../constraint/reverse-text.ts";
import type { BankRow } from "./bank-row.ts";
import { type Counts, countOne, largestFirst } from "./counts.ts";

/** Values at a rank, the higher of two where it falls between them; null of no values. */
export interface Spread {
  readonly least: number;
  readonly p5: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

export interface BankStats {
  readonly records: number;
  readonly kinds: Counts;
  readonly sources: Counts;
  readonly languages: Counts;
  /** Under "" those without one. */
  readonly categories: Counts;
  /** Code points of the prompt, or of the description where there is none. */
  readonly characters: Spread | null;
  readonly constraints: {
    readonly total: number;
    readonly distinct: number;
    /** Records that have any. */
    readonly records: number;
    /** Constraints of a record that has any. */
    readonly perRecord: Spread | null;
    /** Who judges them: code whole, code but for a part, or a judge. */
    readonly code: number;
    readonly part: number;
    readonly judge: number;
    /** Safety and refusal clauses, which are never reversed. */
    readonly protected: number;
    /** With a trigger that code recognises. */
    readonly triggered: number;
    /** Recognised constraints by the measures they ask about; one that asks about two counts twice. */
    readonly measures: Counts;
  };
}

/** Counts rows as they come. */
export class BankCount {
  #records = 0;
  readonly #kinds: Counts = {};
  readonly #sources: Counts = {};
  readonly #languages: Counts = {};
  readonly #categories: Counts = {};
  readonly #characters: number[] = [];
  readonly #perRecord: number[] = [];
  readonly #distinct = new Set<string>();
  readonly #measures: Counts = {};
  #total = 0;
  #code = 0;
  #part = 0;
  #protected = 0;
  #triggered = 0;

  /** Records so far. */
  get records(): number {
    return this.#records;
  }

  add({ kind, source, language, category, text, constraints }: BankRow): void {
    this.#records += 1;
    countOne(this.#kinds, kind);
    countOne(this.#sources, source);
    countOne(this.#languages, language);
    countOne(this.#categories, category);
    this.#characters.push([...text].length);
    if (constraints.length > 0) this.#perRecord.push(constraints.length);
    for (const constraint of constraints) this.#addConstraint(constraint);
  }

  #addConstraint(text: string): void {
    this.#total += 1;
    this.#distinct.add(hash("sha1", text, "base64"));
    if (isProtected(text)) this.#protected += 1;
    const found = recognised(text);
    if (found === null) return;
    const { when, must } = found.constraint;
    if (needsJudge(must) || (when !== undefined && needsJudge(when))) this.#part += 1;
    else this.#code += 1;
    if (when !== undefined) this.#triggered += 1;
    for (const measure of new Set(measuresIn(must))) countOne(this.#measures, measure);
  }

  stats(): BankStats {
    return {
      records: this.#records,
      kinds: largestFirst(this.#kinds),
      sources: largestFirst(this.#sources),
      languages: largestFirst(this.#languages),
      categories: largestFirst(this.#categories),
      characters: spread(this.#characters),
      constraints: {
        total: this.#total,
        distinct: this.#distinct.size,
        records: this.#perRecord.length,
        perRecord: spread(this.#perRecord),
        code: this.#code,
        part: this.#part,
        judge: this.#total - this.#code - this.#part,
        protected: this.#protected,
        triggered: this.#triggered,
        measures: largestFirst(this.#measures),
      },
    };
  }
}

/** The spread of some values. */
export function spread(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * (sorted.length - 1))] ?? Number.NaN;
  if (sorted.length === 0) return null;
  return {
    least: at(0),
    p5: at(0.05),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p95: at(0.95),
    p99: at(0.99),
    most: at(1),
  };
}

function measuresIn(requirement: Requirement): string[] {
  if ("all" in requirement) return requirement.all.flatMap(measuresIn);
  if ("any" in requirement) return requirement.any.flatMap(measuresIn);
  if ("judge" in requirement) return [];
  return "is" in requirement ? measuresIn(requirement.is) : [requirement.measure];
}
