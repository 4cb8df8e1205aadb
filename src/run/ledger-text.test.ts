import { expect, it } from "vitest";
import { Ledger } from "./ledger.ts";
import { ledgerLine, ledgerTable } from "./ledger-text.ts";
import { NO_SPENDING, type Usage } from "./usage.ts";

const usage = (change: Partial<Usage>): Usage => ({
  role: "judge",
  stage: "verdicts",
  model: "m",
  kind: "paid",
  ...NO_SPENDING,
  ...change,
});
const all: Usage[] = [
  usage({ requests: 1234, promptTokens: 2_000_000, completionTokens: 500_000 }),
  usage({ kind: "failed", requests: 2, completionTokens: 1000 }),
  usage({ kind: "cached", requests: 77, completionTokens: 100_000 }),
  usage({ role: "policy", stage: "samples", model: "org/模型\u001b[2J", requests: 5, promptTokens: 10 }),
];

it("is a table by stage, role and model, safe on a terminal", () => {
  const ledger = new Ledger({ prices: { m: { input: 1, output: 2 } } });
  for (const one of all) ledger.add(one);
  expect(ledgerTable(ledger)).toBe(
    [
      "stage     role    model         requests     prompt  response    cost  failed  from the store   saved",
      "verdicts  judge   m                1,234  2,000,000   501,000  3.0020       2              77  0.2000",
      "samples   policy  org/模型·[2J         5         10         0       ?       0               0  0.0000",
      "",
    ].join("\n"),
  );
  expect(ledgerTable(new Ledger())).toBe("");
});

it("is a line", () => {
  const ledger = new Ledger({ prices: { m: { input: 1, output: 2 } } });
  expect(ledgerLine(ledger)).toBe("0 requests, 0 tokens");
  ledger.add(all[0]!);
  expect(ledgerLine(ledger)).toBe("1,234 requests, 2,500,000 tokens, cost 3.0000");
  for (const one of all.slice(1)) ledger.add(one);
  expect(ledgerLine(ledger)).toBe(
    "1,241 requests, 2,501,010 tokens, cost 3.0020 and what has no price; 2 failed; 77 from the store",
  );
});
