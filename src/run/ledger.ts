// What a run's requests cost, by role, stage and model, with failed ones and those that the store answered apart; and the budget's
// gate, which every request passes before it starts. Counts what it is told; keeps nothing on disk (request-store.ts does).
import { InputError } from "../dataset/input-error.ts";
import { admission, type Budget, BudgetReached } from "./budget.ts";
import { costOf, type PriceTable, priceOf } from "./prices.ts";
import { addSpending, NO_SPENDING, type Spending, type Usage, UsageSums } from "./usage.ts";

export interface LedgerOptions {
  /** Default none: tokens are counted, costs unknown. */
  readonly prices?: PriceTable;
  /** Default none. */
  readonly budget?: Budget | null;
  /** What the run has cost in earlier processes (`store.requests.usage()`). */
  readonly before?: readonly Usage[];
}

/** A row of the ledger. */
export interface LedgerRow extends Usage {
  /** In the currency of the price table; null where it has no price for the model. */
  readonly cost: number | null;
}

/** Sums over rows. */
export interface LedgerTotal extends Spending {
  /** Of the rows whose price is known. */
  readonly cost: number;
  /** Models without a price, which the cost leaves out. */
  readonly unpriced: readonly string[];
}

/** A request that may start. */
export interface Admitted {
  /** To be called once, when the request has ended: what it is estimated to cost at most is then no longer under way. */
  release(): void;
}

interface Waiting {
  readonly estimate: number;
  readonly admit: (admitted: Admitted) => void;
  readonly refuse: (error: BudgetReached) => void;
}

export class Ledger {
  readonly #prices: PriceTable;
  readonly #budget: Budget | null;
  readonly #sums = new UsageSums();
  #spent = 0;
  #underWay = 0;
  /** Requests under way. */
  #open = 0;
  #waiting: Waiting[] = [];

  constructor({ prices = {}, budget = null, before = [] }: LedgerOptions = {}) {
    this.#prices = prices;
    this.#budget = budget;
    for (const usage of before) this.add(usage);
  }

  /**
   * Says at the start what would otherwise come out in the middle of a run: a limit in currency needs the price of every model.
   * @throws InputError naming the models
   */
  requirePrices(models: readonly string[]): void {
    if (this.#budget === null || "tokens" in this.#budget) return;
    const missing = [...new Set(models)].filter((model) => priceOf(this.#prices, model) === null);
    if (missing.length === 0) return;
    const names = missing.map((model) => JSON.stringify(model)).join(", ");
    throw new InputError(
      `the budget is ${this.#budget.cost} in currency, and the price table has no price for ${names}: ` +
        "give its input and output prices per million tokens (0 for a model of your own)",
    );
  }

  /** Counts what a request took, or a sum of them. */
  add(usage: Usage): void {
    this.#sums.add(usage);
    if (usage.kind !== "cached") this.#spent += this.#amount(usage.model, usage);
    this.#admitWaiting();
  }

  /**
   * Waits until a request may start: at once unless the budget is nearly spent; then until those under way leave room.
   * @param most what it takes at most
   * @throws BudgetReached when it may never start; the signal's reason
   */
  async admit(model: string, most: Spending, signal?: AbortSignal): Promise<Admitted> {
    signal?.throwIfAborted();
    const estimate = this.#amount(model, most);
    // Who came before waits before: a small request must not pass by a large one for ever.
    if (this.#waiting.length === 0 && this.#decide(estimate) === "go") return this.#start(estimate);
    const { promise, resolve, reject } = Promise.withResolvers<Admitted>();
    const waiting: Waiting = { estimate, admit: resolve, refuse: reject };
    const onAbort = (): void => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      reject(signal?.reason);
      this.#admitWaiting();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(waiting);
    this.#admitWaiting();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** All rows, with their costs. */
  rows(): LedgerRow[] {
    return this.#sums.rows().map((usage) => {
      const price = priceOf(this.#prices, usage.model);
      return { ...usage, cost: price === null ? null : costOf(usage, price) };
    });
  }

  /** The sum of the rows that are wanted; of all that was asked of models where not said. */
  total(wanted: (row: LedgerRow) => boolean = ({ kind }) => kind !== "cached"): LedgerTotal {
    let spending = NO_SPENDING;
    let cost = 0;
    const unpriced = new Set<string>();
    for (const row of this.rows().filter(wanted)) {
      spending = addSpending(spending, row);
      if (row.cost === null) unpriced.add(row.model);
      else cost += row.cost;
    }
    return { ...spending, cost, unpriced: [...unpriced] };
  }

  #decide(estimate: number): "go" | "wait" | "stop" {
    if (this.#budget === null) return "go";
    return admission({ limit: this.#limit, spent: this.#spent, underWay: this.#underWay }, estimate);
  }

  get #limit(): number {
    if (this.#budget === null) return Number.POSITIVE_INFINITY;
    return "cost" in this.#budget ? this.#budget.cost : this.#budget.tokens;
  }

  #start(estimate: number): Admitted {
    this.#underWay += estimate;
    this.#open += 1;
    let open = true;
    return {
      release: () => {
        if (!open) return;
        open = false;
        this.#open -= 1;
        // Sums of fractions don't come back to zero by themselves, and nobody may wait for nothing.
        this.#underWay = this.#open === 0 ? 0 : this.#underWay - estimate;
        this.#admitWaiting();
      },
    };
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const decision = this.#decide(next.estimate);
      if (decision === "wait") return;
      this.#waiting.shift();
      if (decision === "go") next.admit(this.#start(next.estimate));
      else {
        const unit = this.#budget !== null && "cost" in this.#budget ? "cost" : "tokens";
        next.refuse(new BudgetReached(this.#spent, this.#limit, next.estimate, unit));
      }
    }
  }

  /** In the unit of the budget; without one, of no consequence. */
  #amount(model: string, spending: Spending): number {
    if (this.#budget === null) return 0;
    if ("tokens" in this.#budget) return spending.promptTokens + spending.completionTokens;
    const price = priceOf(this.#prices, model);
    return price === null ? 0 : costOf(spending, price);
  }
}
