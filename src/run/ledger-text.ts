// The ledger as text for people: a table by stage, role and model, and one line of its total. Failed requests and those that the store
// answered are told apart from what was paid.
import { counted } from "../preference/counted.ts";
import { grouped } from "../report/number-text.ts";
import { textTable } from "../report/terminal-text.ts";
import type { Ledger, LedgerRow } from "./ledger.ts";
import { NO_SPENDING } from "./usage.ts";

const HEAD = ["stage", "role", "model", "requests", "prompt", "response", "cost", "failed", "from the store", "saved"];
/** The first columns are names. */
const NAMES = [0, 1, 2];

/** Prices per million tokens make single requests cost less than a hundredth. */
const COST_DIGITS = 4;
const money = (cost: number | null): string => (cost === null ? "?" : cost.toFixed(COST_DIGITS));

/** A line for each stage, role and model, in the order of their first request; empty where nothing was asked. */
export function ledgerTable(ledger: Ledger): string {
  const groups = new Map<string, LedgerRow[]>();
  for (const row of ledger.rows()) {
    const key = JSON.stringify([row.stage, row.role, row.model]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  if (groups.size === 0) return "";
  const lines = [...groups.values()].map((rows) => {
    const { stage, role, model } = rows[0]!;
    const of = (kind: LedgerRow["kind"]) => rows.find((row) => row.kind === kind) ?? { ...NO_SPENDING, cost: 0 };
    const [paid, failed, cached] = [of("paid"), of("failed"), of("cached")];
    const cost = paid.cost === null || failed.cost === null ? null : paid.cost + failed.cost;
    return [
      stage,
      role,
      model,
      grouped(paid.requests),
      grouped(paid.promptTokens + failed.promptTokens),
      grouped(paid.completionTokens + failed.completionTokens),
      money(cost),
      grouped(failed.requests),
      grouped(cached.requests),
      money(cached.cost),
    ];
  });
  return `${textTable([HEAD, ...lines], NAMES).join("\n")}\n`;
}

/** `1,234 requests, 567,890 tokens, cost 1.2345; 12 failed; 3,210 from the store`, for a line of progress. */
export function ledgerLine(ledger: Ledger): string {
  const asked = ledger.total();
  const failed = ledger.total(({ kind }) => kind === "failed").requests;
  const cached = ledger.total(({ kind }) => kind === "cached").requests;
  const priced = asked.unpriced.length === 0;
  // Where all prices are zero, or none is known, there is nothing to say of costs.
  const cost = asked.cost > 0 ? `, cost ${money(asked.cost)}${priced ? "" : " and what has no price"}` : "";
  return [
    `${counted(asked.requests, "request")}, ${counted(asked.promptTokens + asked.completionTokens, "token")}${cost}`,
    ...(failed > 0 ? [`${grouped(failed)} failed`] : []),
    ...(cached > 0 ? [`${grouped(cached)} from the store`] : []),
  ].join("; ");
}
