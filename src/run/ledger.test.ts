import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { admission, BudgetReached } from "./budget.ts";
import { type Admitted, Ledger } from "./ledger.ts";
import { costOf } from "./prices.ts";
import { addSpending, NO_SPENDING, type Spending, type Usage } from "./usage.ts";

const prices = { a: { input: 3, output: 15, cached: 0.3 }, b: { input: 0.1, output: 0.4 } };
const usage = (change: Partial<Usage>): Usage => ({
  role: "judge",
  stage: "verdicts",
  model: "a",
  kind: "paid",
  ...NO_SPENDING,
  ...change,
});
const completion = (tokens: number): Spending => ({ ...NO_SPENDING, requests: 1, completionTokens: tokens });

const count = fc.nat(100_000);
const usages = fc.array(
  fc
    .record({
      role: fc.constantFrom("judge", "user"),
      stage: fc.constantFrom("s", "t"),
      model: fc.constantFrom("a", "b", "unpriced"),
      kind: fc.constantFrom("paid", "cached", "failed"),
      requests: count,
      samples: count,
      promptTokens: count,
      completionTokens: count,
    })
    .map((row): Usage => ({ ...row, cachedPromptTokens: Math.floor(row.promptTokens / 3) })),
);

describe("Ledger", () => {
  it("has a row for each role, stage, model and kind, and loses nothing", () => {
    fc.assert(
      fc.property(usages, fc.nat(10), (all, split) => {
        const ledger = new Ledger({ prices, before: all.slice(0, split) });
        for (const one of all.slice(split)) ledger.add(one);
        const rows = ledger.rows();
        const keys = rows.map(({ role, stage, model, kind }) => [role, stage, model, kind].join());
        expect(new Set(keys).size).toBe(rows.length);
        const sum = (of: readonly Spending[]) => of.reduce(addSpending, NO_SPENDING);
        const { requests, samples, promptTokens, cachedPromptTokens, completionTokens } = sum(rows);
        expect({ requests, samples, promptTokens, cachedPromptTokens, completionTokens }).toMatchObject(
          (({ requests: r, samples: s, promptTokens: p, cachedPromptTokens: c, completionTokens: t }) => ({
            requests: r,
            samples: s,
            promptTokens: p,
            cachedPromptTokens: c,
            completionTokens: t,
          }))(sum(all)),
        );
        const paid = all.filter(({ kind }) => kind !== "cached");
        const costs = paid.map((one) => (one.model === "unpriced" ? 0 : costOf(one, prices[one.model as "a" | "b"])));
        expect(ledger.total().cost).toBeCloseTo(
          costs.reduce((a, b) => a + b, 0),
          6,
        );
        expect(ledger.total().unpriced).toEqual(paid.some(({ model }) => model === "unpriced") ? ["unpriced"] : []);
      }),
    );
  });

  it("tells what the store saved apart from what was paid", () => {
    const ledger = new Ledger({ prices });
    ledger.add(usage({ requests: 1, completionTokens: 1_000_000 }));
    ledger.add(usage({ kind: "cached", requests: 2, completionTokens: 2_000_000 }));
    ledger.add(usage({ kind: "failed", requests: 1, promptTokens: 1_000_000 }));
    expect(ledger.total()).toMatchObject({ requests: 2, cost: 18 });
    expect(ledger.total(({ kind }) => kind === "cached")).toMatchObject({ requests: 2, cost: 30 });
  });

  it("asks for the prices that a budget in currency needs, by name, and for none otherwise", () => {
    expect(() => new Ledger({ prices, budget: { cost: 5 } }).requirePrices(["a", "c", "c", "toString"])).toThrow(
      new InputError(
        'the budget is 5 in currency, and the price table has no price for "c", "toString": give its input and output prices per million tokens (0 for a model of your own)',
      ),
    );
    new Ledger({ prices, budget: { cost: 5 } }).requirePrices(["a", "b"]);
    new Ledger({ budget: { tokens: 5 } }).requirePrices(["c"]);
    new Ledger().requirePrices(["c"]);
  });
});

describe("admission", () => {
  it("never lets more begin than the limit has room for", () => {
    const amount = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(amount, amount, amount, amount, (limit, spent, underWay, estimate) => {
        const decision = admission({ limit, spent, underWay }, estimate);
        if (decision === "go") expect(spent + underWay + estimate).toBeLessThanOrEqual(limit);
        if (decision === "wait") expect(underWay).toBeGreaterThan(0);
        // Stopped only by what is spent: requests under way may turn out cheaper.
        if (decision === "stop" && underWay > 0) expect(spent + estimate).toBeGreaterThan(limit);
      }),
    );
  });
});

describe("the budget", () => {
  /** A run of requests against a budget: they start when they are admitted and end in the given order. */
  async function run(limit: number, requests: readonly { most: number; actual: number; end: number }[]) {
    const ledger = new Ledger({ budget: { tokens: limit } });
    const open: { actual: number; end: number; admitted: Admitted }[] = [];
    let [waiting, refused, overshoot] = [requests.length, 0, 0];
    for (const { most, actual, end } of requests)
      ledger.admit("m", completion(most)).then(
        (admitted) => {
          waiting -= 1;
          open.push({ actual, end, admitted });
        },
        (error) => {
          waiting -= 1;
          refused += 1;
          expect(error).toBeInstanceOf(BudgetReached);
        },
      );
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    for (await settled(); open.length > 0; await settled()) {
      const next = open.splice(
        open.findIndex(({ end }) => end === Math.min(...open.map((one) => one.end))),
        1,
      )[0]!;
      ledger.add(usage({ model: "m", completionTokens: next.actual, requests: 1 }));
      overshoot += Math.max(0, next.actual - requests.find(({ end }) => end === next.end)!.most);
      next.admitted.release();
    }
    return { spent: ledger.total().completionTokens, waiting, refused, overshoot };
  }
  const requests = fc
    .array(fc.record({ most: fc.integer({ min: 1, max: 50 }), actual: fc.nat(60) }), { minLength: 1, maxLength: 30 })
    .chain((all) =>
      fc
        .shuffledSubarray(
          all.map((_, i) => i),
          { minLength: all.length },
        )
        .map((ends) => all.map((one, i) => ({ ...one, end: ends[i]! }))),
    );

  it("is never exceeded by more than requests took beyond their estimates; nobody waits for ever", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), requests, async (limit, all) => {
        const { spent, waiting, overshoot } = await run(limit, all);
        expect(spent).toBeLessThanOrEqual(limit + overshoot);
        expect(waiting).toBe(0);
      }),
    );
  });

  it("is used up before it stops a run: what is left is less than the next request may take", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), requests, async (limit, all) => {
        const { spent, refused } = await run(limit, all);
        if (refused > 0) expect(spent + 50).toBeGreaterThan(limit);
      }),
    );
  });

  it("counts what earlier processes spent, failures included, and not what the store served", async () => {
    const before = [
      usage({ completionTokens: 60 }),
      usage({ kind: "failed", promptTokens: 30 }),
      usage({ kind: "cached", completionTokens: 1000 }),
    ];
    const ledger = new Ledger({ budget: { tokens: 100 }, before });
    await expect(ledger.admit("m", completion(11))).rejects.toThrow(
      "the budget of 100 tokens is reached: 90 tokens are spent, and the next request may take up to 11 tokens. All that ended is kept; the same command with a larger budget goes on from there",
    );
    (await ledger.admit("m", completion(10))).release();
  });

  it("ends a wait when the signal does", async () => {
    const ledger = new Ledger({ budget: { tokens: 10 } });
    await ledger.admit("m", completion(10));
    const stop = new AbortController();
    const waiting = ledger.admit("m", completion(5), stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  it("is in currency where the prices are", async () => {
    const ledger = new Ledger({ prices, budget: { cost: 15 } });
    const first = await ledger.admit("a", completion(600_000));
    const second = ledger.admit("a", completion(600_000));
    ledger.add(usage({ completionTokens: 500_000 }));
    first.release();
    await expect(second).rejects.toThrow("the budget of 15.0000 is reached: 7.5000 are spent");
  });
});
