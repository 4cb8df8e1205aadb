// Reads constraints phrased in English. Work in progress: no rules yet.
import type { Constraint } from "../../expression.ts";

/** The constraint that the text states and the rules that read it, or null. */
export function readEnglish(_text: string): { readonly constraint: Constraint; readonly rule: string } | null {
  return null;
}
