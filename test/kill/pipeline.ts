// A small run of two stages on a scripted model, as a process to be killed: `node test/kill/pipeline.ts DIRECTORY ITEMS`. Says "ready"
// when it holds the run's lock. The model keeps a bill of its own, outside the run: a line for every answer that it gave, and
// one when the answer was acknowledged to whoever had asked.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ChatModel, GenerateRequest } from "../../src/model/model.ts";
import { ModelFailure } from "../../src/model/model-failure.ts";
import { scriptedModel } from "../../src/model/scripted-model.ts";
import { Ledger } from "../../src/run/ledger.ts";
import { recordedModel } from "../../src/run/recorded-model.ts";
import { lockRun } from "../../src/run/run-lock.ts";
import { runStage, type Stage, type StageItem, stageOutputs } from "../../src/run/stage.ts";
import { RunStore } from "../../src/run/store.ts";

/** Requests under way at once: so many may be paid again after a kill, with SAMPLES each. */
export const CONCURRENCY = 4;
const SAMPLES = 3;
const ANSWER_MS = 3;
/** One item fails in every run, so that failures and kills meet. */
const FAILING = "item-7";

const written: Stage<string[]> = { name: "write", version: 1, output: z.array(z.string()) };
const judged: Stage<{ verdicts: string[] }> = {
  name: "judge",
  version: 1,
  output: z.strictObject({ verdicts: z.array(z.string()) }),
};

async function run(directory: string, count: number): Promise<void> {
  lockRun(directory, () => new Date());
  console.log("ready");
  const store = new RunStore(directory, () => new Date());
  const ledger = new Ledger({ before: store.requests.usage() });
  const bill = (word: "answer" | "kept", text: string, index: number): void =>
    appendFileSync(join(directory, "bill.jsonl"), `${JSON.stringify([word, text, index])}\n`);
  const model = scriptedModel(
    async ({ messages, index }) => {
      await delay(ANSWER_MS);
      const text = messages[0]!.content;
      if (text === FAILING) throw new ModelFailure("answer", "no JSON", { raw: "{" });
      bill("answer", text, index);
      return `${text} answered ${index}`;
    },
    { concurrency: CONCURRENCY },
  );
  const chat = (stage: string): ChatModel => recordedModel(model, { store, ledger, role: "writer", stage });
  async function texts(of: ChatModel, content: string, n: number, signal: AbortSignal): Promise<string[]> {
    const request: GenerateRequest = { messages: [{ role: "user", content }], n, seed: 1, maxTokens: 50 };
    const onChoice = ({ index }: { index: number }): void => bill("kept", content, index);
    const { choices } = await of.generate(request, { signal, onChoice });
    return choices.map(({ text }) => text);
  }

  const items = Array.from({ length: count }, (_, i): StageItem<string> => ({ id: `item-${i}`, input: `item-${i}` }));
  const writer = chat("write");
  await runStage({
    ...written,
    items,
    concurrency: CONCURRENCY,
    store,
    work: ({ input }, { signal }) => texts(writer, input, SAMPLES, signal),
  });
  async function* responses(): AsyncGenerator<StageItem<string[]>> {
    for await (const { id, output } of stageOutputs(written, items, store)) yield { id, input: output };
  }
  const judge = chat("judge");
  await runStage({
    ...judged,
    items: responses(),
    concurrency: CONCURRENCY,
    store,
    work: async ({ input }, { signal }) => {
      const verdicts: string[] = [];
      for (const text of input) verdicts.push(...(await texts(judge, text, 1, signal)));
      return { verdicts };
    },
  });
  store.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv[2]!, Number(process.argv[3]));
