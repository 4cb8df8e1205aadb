import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openRoles } from "../config/role-models.ts";
import { ROLES } from "../config/role-section.ts";
import { parseRunConfig, type RunConfig } from "../config/run-config.ts";
import { parseTurn } from "../dataset/turn-table.ts";
import type { ChatModel } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { Ledger } from "../run/ledger.ts";
import { RunStore } from "../run/store.ts";
import { bringUpToDate, constructionFiles, STAGES, stageNamed, writePairs } from "./construct.ts";
import type { Construction } from "./construction.ts";
import { typicalModel } from "./typical-model.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-construct-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let runs = 0;

/** Settings of a small run: profiles written from two inspirations, in the given languages. */
function settings(language: readonly string[], more = ""): { dir: string; config: RunConfig } {
  runs += 1;
  const dir = join(folder, `run-${runs}`);
  const inspirations = join(folder, "inspirations.jsonl");
  const personas = join(folder, "personas.txt");
  const inspiration = (id: string) =>
    JSON.stringify({
      id,
      source: "test",
      name: "Corner shop",
      description: "About a shop.",
      corpus: "A shop at the corner of two streets, whose keeper answers what people ask. ".repeat(8),
      language: "en",
      constraints: [],
      meta: {},
    });
  writeFileSync(inspirations, `${inspiration("one")}\n${inspiration("two")}\n`);
  writeFileSync(
    personas,
    "I mend old coats in a workshop behind the station.\nI keep bees and complain about the weather to everybody.\n我在车站后面的小铺子里补衣服，养了三只猫。\n我退休以后每天清早去河边钓鱼，回来给邻居修收音机。\n",
  );
  const text = `
endpoints: { here: { url: "http://127.0.0.1:9/v1", model: typical } }
roles: { policy: { n: 3 }, responder: { n: 2 } }
run: { dir: ${JSON.stringify(dir)}, language: [${language}], seed: 8 }
bank: { profiles: none, generate: { from: ${JSON.stringify(inspirations)}, count: ${2 * language.length} }, personas: ${JSON.stringify(personas)} }
dialogue: { turns: 6 }
pairs: { validation: 0 }
${more}`;
  return { dir, config: parseRunConfig(text, join(folder, "rpo.yaml"), { env: {} }) };
}

interface Opened extends Construction {
  readonly close: () => Promise<void>;
}

/** @param model that all roles ask */
async function open(config: RunConfig, model: ChatModel): Promise<Opened> {
  const roles = await openRoles(config, ROLES, { env: {}, open: { served: () => model } });
  let now = 0;
  const store = new RunStore(config.run.dir, () => new Date(now++));
  const construction = { config, roles, store, ledger: new Ledger() };
  const close = async (): Promise<void> => {
    await roles.dispose();
    store.close();
  };
  return { ...construction, close };
}

/** Counts what is asked of it. */
function counting(model = typicalModel("typical")): ChatModel & { asked: number } {
  const counted = {
    ...model,
    asked: 0,
    generate(...args: Parameters<ChatModel["generate"]>) {
      counted.asked += 1;
      return model.generate(...args);
    },
  };
  return counted;
}

const rowsOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("a construction", () => {
  it.each([["en"], ["zh"]])("goes from inspirations to pairs in %s, each row traceable", async (language) => {
    const { dir, config } = settings([language]);
    const construction = await open(config, typicalModel("typical"));
    const results = await bringUpToDate(construction);
    expect(results.profiles).toMatchObject({ done: 2, failed: 0 });
    expect(results.users).toMatchObject({ done: 2, failed: 0 });
    expect(results.sessions).toMatchObject({ done: 2, failed: 0 });
    expect(results.responses?.done).toBeGreaterThan(0);
    const { turns, responses, census, pairs } = await writePairs(construction);
    await construction.close();

    expect(turns).toBe(results.responses?.done);
    const files = constructionFiles(dir);
    const table = rowsOf(files.turns);
    expect(table).toHaveLength(turns);
    let counted = 0;
    for (const row of table) {
      const parsed = parseTurn(row);
      if (!("turn" in parsed)) throw new Error(JSON.stringify(parsed.problem));
      counted += parsed.turn.responses.length;
      expect(parsed.turn.messages[0]?.role).toBe("system");
    }
    expect(counted).toBe(responses);
    expect(census.pairs).toBe(3 * turns); // three samples of a turn, the critic's edits not among them
    expect((pairs?.rows.train ?? 0) > 0 && pairs?.withReversal).toBeGreaterThan(0);
    const ids = new Set(table.map(({ id }) => id));
    for (const row of rowsOf(join(files.dataset, "train.jsonl")))
      expect(ids).toContain((row.provenance as { turn: string }).turn);
    const reversals = rowsOf(files.reversals);
    expect(reversals.length).toBeGreaterThan(0);
    for (const { state, reversed } of reversals)
      expect(["kept", "rewritten"].includes(state as string)).toBe(typeof reversed === "string");
  });

  it("asks nothing again, and gives the same files", async () => {
    const { dir, config } = settings(["en", "zh"]);
    const model = counting();
    const construction = await open(config, model);
    await bringUpToDate(construction);
    await writePairs(construction);
    await construction.close();
    const { turns, reversals } = constructionFiles(dir);
    const before = [turns, reversals].map((path) => readFileSync(path, "utf8"));
    expect(model.asked).toBeGreaterThan(0);

    const never = counting();
    const again = await open(config, never);
    const results = await bringUpToDate(again);
    await writePairs(again);
    await again.close();
    expect(never.asked).toBe(0);
    for (const stage of STAGES) expect(results[stage]?.reused).toBe(results[stage]?.done);
    expect([turns, reversals].map((path) => readFileSync(path, "utf8"))).toEqual(before);
  });

  it("works again only what changed: other votes judge anew and sample nothing", async () => {
    const { config } = settings(["en"]);
    const first = await open(config, typicalModel("typical"));
    await bringUpToDate(first, { stages: ["profiles", "users", "sessions", "responses"] });
    await first.close();
    const asked: string[] = [];
    const model = typicalModel("typical");
    const second = await open(
      { ...config, judge: { ...config.judge, votes: 3 } },
      {
        ...model,
        generate: (request, options) => {
          if (request.skip?.length !== request.n) asked.push(request.schema?.name ?? "text");
          return model.generate(request, options);
        },
      },
    );
    expect(await bringUpToDate(second, { stages: ["responses"] })).toEqual({
      responses: { done: 0, reused: 0, failed: 0 }, // the sessions, which were judged with one vote, come first
    });
    const results = await bringUpToDate(second, { stages: ["profiles", "users", "sessions", "responses"] });
    await second.close();
    expect(results.profiles?.reused).toBe(results.profiles?.done);
    expect(results.sessions?.reused).toBe(0);
    expect(results.responses).toMatchObject({ reused: 0, failed: 0 });
    expect(asked.filter((name) => name === "verdicts").length).toBeGreaterThan(0);
  });

  it("works everything anew with another seed, and comes back to what was asked with the first", async () => {
    const { config } = settings(["en"]);
    const madeWith = async (seed: number, model: ChatModel) => {
      const construction = await open({ ...config, run: { ...config.run, seed } }, model);
      const results = await bringUpToDate(construction);
      await writePairs(construction);
      await construction.close();
      return { results, turns: readFileSync(constructionFiles(config.run.dir).turns, "utf8") };
    };
    const first = await madeWith(7, typicalModel("typical"));
    const second = await madeWith(8, typicalModel("typical"));
    for (const stage of STAGES) expect(second.results[stage], stage).toMatchObject({ reused: 0, failed: 0 });
    expect(second.turns).not.toBe(first.turns);
    const never = counting();
    expect((await madeWith(7, never)).turns).toBe(first.turns);
    expect(never.asked).toBe(0);
  });

  it("judges by the model alone where that is wanted", async () => {
    const { dir, config } = settings(["en"], "judge: { code: false }");
    const construction = await open(config, typicalModel("typical"));
    await bringUpToDate(construction);
    await writePairs(construction);
    await construction.close();
    for (const row of rowsOf(constructionFiles(dir).turns)) expect(row.verdict_source).toBe("judge");
  });

  it("keeps failed items with their cause, goes on without them, and tries them again", async () => {
    const { config } = settings(["en"]);
    const model = typicalModel("typical");
    let broken = true;
    const faulty: ChatModel = {
      ...model,
      generate: (request, options) =>
        broken && request.schema?.name === "constraints" && JSON.stringify(request.messages).includes("corner shop")
          ? Promise.reject(new ModelFailure("overload", "too busy"))
          : model.generate(request, options),
    };
    const first = await open(config, faulty);
    const results = await bringUpToDate(first);
    expect(results.profiles).toEqual({ done: 0, reused: 0, failed: 2 });
    expect(results.sessions).toEqual({ done: 0, reused: 0, failed: 0 });
    expect([...first.store.stageItems.failed("profiles")].map(({ cause }) => cause)).toEqual(["too busy", "too busy"]);
    const { pairs } = await writePairs(first);
    expect(pairs).toBeNull();
    await first.close();

    broken = false;
    const second = await open(config, faulty);
    expect((await bringUpToDate(second)).profiles).toEqual({ done: 2, reused: 0, failed: 0 });
    await second.close();
  });

  it("plays nothing again when a profile that failed is written at last: every other keeps its user", async () => {
    const { config } = settings(["en"]);
    const model = typicalModel("typical");
    let left = 1;
    const first = await open(config, {
      ...model,
      generate: (request, options) =>
        left-- > 0 ? Promise.reject(new ModelFailure("overload", "too busy")) : model.generate(request, options),
    });
    expect(await bringUpToDate(first)).toMatchObject({ profiles: { done: 1, failed: 1 }, sessions: { done: 1 } });
    expect([...first.store.stageItems.failed("profiles")].map(({ id }) => id)).toEqual(["one-en"]);
    await first.close();
    const second = await open(config, model);
    expect(await bringUpToDate(second)).toMatchObject({
      profiles: { done: 2, reused: 1, failed: 0 },
      users: { done: 2, reused: 1, failed: 0 },
      sessions: { done: 2, reused: 1, failed: 0 },
    });
    await second.close();
  });

  it("ends at once where every request would fail alike", async () => {
    const { config } = settings(["en"]);
    const model: ChatModel = {
      ...typicalModel("typical"),
      generate: () => Promise.reject(new ModelFailure("key", "the key is not accepted")),
    };
    const construction = await open(config, model);
    await expect(bringUpToDate(construction)).rejects.toThrow("the key is not accepted");
    await construction.close();
  });

  it("gives the outputs of a stage with what they were made of", async () => {
    const { config } = settings(["en"]);
    const construction = await open(config, typicalModel("typical"));
    await bringUpToDate(construction, { stages: ["profiles"] });
    const ids: string[] = [];
    for await (const { id, output } of stageNamed("profiles", construction).outputs()) {
      ids.push(id);
      expect(output).toHaveProperty("profile.constraints");
    }
    expect(ids).toEqual(["one-en", "two-en"]);
    await construction.close();
  });
});
