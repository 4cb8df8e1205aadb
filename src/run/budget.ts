// A limit to what a run spends: whether one more request may start, given what is spent and what those under way may yet cost.
// Pure; who waits for whom is the ledger's concern.
import { z } from "zod";

/** In the currency of the price table, or in tokens of prompts and responses together where there are no prices. */
export const budgetSchema = z.union([
  z.strictObject({ cost: z.number().min(0) }),
  z.strictObject({ tokens: z.number().min(0) }),
]);
export type Budget = z.infer<typeof budgetSchema>;

/** Amounts in the unit of the budget. */
export interface BudgetState {
  readonly limit: number;
  /** All that was paid in this run, by earlier processes too. */
  readonly spent: number;
  /** The most that requests under way may cost. */
  readonly underWay: number;
}

/**
 * - `go`: the request may start: even at its dearest it stays within the limit
 * - `wait`: it may not now, but perhaps when requests under way turn out cheaper than they might be
 * - `stop`: it never may
 */
export function admission({ limit, spent, underWay }: BudgetState, estimate: number): "go" | "wait" | "stop" {
  if (spent + underWay + estimate <= limit) return "go";
  return spent + estimate <= limit && underWay > 0 ? "wait" : "stop";
}

/** The budget lets no further request start. What ended is kept; with a larger budget the run goes on from there. */
export class BudgetReached extends Error {
  readonly spent: number;
  readonly limit: number;
  readonly unit: "cost" | "tokens";
  constructor(spent: number, limit: number, estimate: number, unit: "cost" | "tokens") {
    const shown = (amount: number): string =>
      unit === "tokens" ? `${Math.round(amount).toLocaleString("en-US")} tokens` : amount.toFixed(4);
    super(
      `the budget of ${shown(limit)} is reached: ${shown(spent)} are spent, and the next request may take up to ${shown(estimate)}. ` +
        "All that ended is kept; the same command with a larger budget goes on from there",
    );
    this.name = "BudgetReached";
    this.spent = spent;
    this.limit = limit;
    this.unit = unit;
  }
}
