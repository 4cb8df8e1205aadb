// Which constraints of a profile need a judge: those that the rules do not read whole, or read as a question to one.
import { needsJudge } from "../constraint/expression.ts";
import { recognised } from "../constraint/reverse-text.ts";

/** Whether code alone can decide the constraint. */
export function isChecked(text: string): boolean {
  const found = recognised(text);
  return found !== null && !needsJudge(found.constraint.must);
}

/** The mark that a profile's constraint carries where only a judge can decide it. */
export const judged = (text: string): { readonly judge?: true } => (isChecked(text) ? {} : { judge: true });
