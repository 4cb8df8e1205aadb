// A constraint in words. What is said is exactly what is checked: parse.ts reads every rendered sentence back to the same
// constraint (a property test).
import type { WordingLanguage } from "../argument.ts";
import type { Constraint, Requirement } from "../expression.ts";
import { measureNamed } from "../measure.ts";
import { GRAMMARS, type Mood, type Scope } from "./grammar.ts";
import { quote } from "./quoted.ts";
import { renderPredicate } from "./template.ts";

/** The constraint as a sentence. */
export function render(constraint: Constraint, language: WordingLanguage): string {
  const { trigger, stop } = GRAMMARS[language];
  const must = clause(constraint.must, "response", "must", language);
  const sentence =
    constraint.when === undefined
      ? must
      : `${trigger[0]}${clause(constraint.when, "query", "is", language)}${trigger[1]}${must}`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1) + stop;
}

function clause(requirement: Requirement, scope: Scope, mood: Mood, language: WordingLanguage): string {
  const grammar = GRAMMARS[language];
  const parts = (list: readonly Requirement[], joiner: string): string =>
    list.map((part) => bracketed(part, scope, mood, language)).join(joiner);
  if ("all" in requirement) return parts(requirement.all, grammar.and);
  if ("any" in requirement) return parts(requirement.any, grammar.or);
  if ("judge" in requirement)
    return grammar.judge[mood](quote(requirement.judge), requirement.want ? grammar.yes : grammar.no);
  if ("is" in requirement) {
    const [quantifier, segment] =
      "every" in requirement ? (["every", requirement.every] as const) : (["some", requirement.some] as const);
    const inner = requirement.is;
    if ("measure" in inner && inner.of === undefined)
      return (
        grammar.quantified(quantifier, segment, scope) +
        renderPredicate(measureNamed(inner.measure), inner.in, inner.arg ?? {}, language, mood)
      );
    return `${grammar.forEach(quantifier, segment, scope)}${grammar.open}${clause(inner, "segment", mood, language)}${grammar.close}`;
  }
  const subject = requirement.of === undefined ? grammar.subject[scope] : grammar.part(requirement.of, scope);
  return (
    subject + renderPredicate(measureNamed(requirement.measure), requirement.in, requirement.arg ?? {}, language, mood)
  );
}

/** A compound inside a compound stands in brackets, so that "and" and "or" never mix. */
function bracketed(requirement: Requirement, scope: Scope, mood: Mood, language: WordingLanguage): string {
  const { open, close } = GRAMMARS[language];
  const text = clause(requirement, scope, mood, language);
  return "all" in requirement || "any" in requirement ? `${open}${text}${close}` : text;
}
