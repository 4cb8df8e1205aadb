// Reads constraints phrased in Chinese. Work in progress: no rules yet.
import type { Constraint } from "../../expression.ts";

/** The constraint that the text states and the rules that read it, or null. */
export function readChinese(_text: string): { readonly constraint: Constraint; readonly rule: string } | null {
  return null;
}
