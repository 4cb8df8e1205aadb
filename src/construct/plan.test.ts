import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openRoles } from "../config/role-models.ts";
import { ROLES } from "../config/role-section.ts";
import { parseRunConfig } from "../config/run-config.ts";
import { Ledger } from "../run/ledger.ts";
import { RunStore } from "../run/store.ts";
import { bringUpToDate } from "./construct.ts";
import type { Construction } from "./construction.ts";
import { planRun } from "./plan.ts";
import { planText } from "./plan-text.ts";
import { typicalModel } from "./typical-model.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-plan-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TEXT = `
endpoints: { here: { url: "http://127.0.0.1:9/v1", model: big } }
roles: { policy: { n: 2 }, responder: { n: 2 } }
run: { dir: run, language: [en] }
bank: { limit: 3 }
dialogue: { turns: 2, critiques: 2, acceptance: 0 }
prices: { big: { input: 1, output: 2 } }
`;

it("plans the requests that a run without critique makes, and costs nothing", async () => {
  const config = parseRunConfig(TEXT, join(folder, "rpo.yaml"), { env: {} });
  const roles = await openRoles(config, ROLES, { env: {}, open: { served: () => typicalModel("big") } });
  const store = new RunStore(config.run.dir, () => new Date());
  const ledger = new Ledger({ prices: config.prices });
  const construction: Construction = { config, roles, store, ledger };
  const plan = await planRun(construction);
  expect(plan).toMatchObject({ profiles: 3, finished: 0, sampled: 3 });
  expect(ledger.rows()).toEqual([]);
  expect([...store.requests.usage()]).toEqual([]);

  await bringUpToDate(construction);
  const spent = ledger.total();
  const { requests, promptTokens, completionTokens } = plan.least.spending;
  expect({ requests, promptTokens, completionTokens }).toEqual({
    requests: spent.requests,
    promptTokens: spent.promptTokens,
    completionTokens: spent.completionTokens,
  });
  expect(plan.least.cost).toBeCloseTo(spent.cost, 12);
  expect(plan.least.unpriced).toEqual([]);

  // Two critiques of each of two turns of three sessions, and as many of the policy's.
  const critics = plan.rows.filter(({ role }) => role === "critic");
  expect(critics.map(({ stage, least, most }) => [stage, least.requests, most.requests])).toEqual([
    ["sessions", 0, 12],
    ["responses", 0, 12],
  ]);
  expect(plan.most.cost).toBeGreaterThan(plan.least.cost);

  const text = planText(plan);
  expect(text).toMatch(/^3 profiles, 0 of them with answered turns already/);
  expect(text).toMatch(/sessions +critic +big +0–12 /);
  expect(text).toContain(`cost ${plan.least.cost.toFixed(2)} to ${plan.most.cost.toFixed(2)}`);

  expect(await planRun(construction)).toMatchObject({ finished: 3, least: { spending: { requests: 0 } } });
  await roles.dispose();
  store.close();
});
