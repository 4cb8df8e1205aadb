// A run that asks a scripted model until the disk of its directory is full: `node test/disk-full/fill.ts DIRECTORY`. Prints what came
// of it: how many answers the model gave, how many of them a new process finds, and what ended the run.
import { join } from "node:path";
import { z } from "zod";
import { resolveRequest } from "../../src/model/model.ts";
import { scriptedModel } from "../../src/model/scripted-model.ts";
import { DiskFull } from "../../src/run/disk-full.ts";
import { Ledger } from "../../src/run/ledger.ts";
import { recordedModel } from "../../src/run/recorded-model.ts";
import { requestContent, requestHash } from "../../src/run/request-content.ts";
import { runStage } from "../../src/run/stage.ts";
import { RunStore } from "../../src/run/store.ts";

/** More than any disk of the test has room for, with answers of ANSWER_WORDS. */
const ITEMS = 10_000;
const ANSWER_WORDS = 1000;

const directory = join(process.argv[2]!, "run");
const now = (): Date => new Date();
const requestOf = (item: number) => ({
  messages: [{ role: "user" as const, content: `question ${item}` }],
  seed: 1,
  maxTokens: 2 * ANSWER_WORDS,
});

const store = new RunStore(directory, now);
const answered = new Set<number>();
const model = scriptedModel(async ({ messages }) => {
  const [, item] = messages[0]!.content.split(" ");
  await new Promise((resolve) => setTimeout(resolve, 1));
  answered.add(Number(item));
  return `${item} word`.repeat(ANSWER_WORDS);
});
const chat = recordedModel(model, { store, ledger: new Ledger(), role: "writer", stage: "fill" });
const ended: unknown = await runStage({
  name: "fill",
  version: 1,
  output: z.number(),
  items: Array.from({ length: ITEMS }, (_, i) => ({ id: String(i), input: i })),
  concurrency: 50,
  store,
  work: async ({ input }, { signal }) => (await chat.generate(requestOf(input), { signal })).choices[0]!.tokens,
}).catch((error) => error);
const items = store.stageItems.counts("fill");
store.close();

const again = new RunStore(directory, now);
const hashOf = (item: number) => requestHash(requestContent(model.name, resolveRequest(requestOf(item))));
const found = [...answered].filter((item) => again.choices(hashOf(item)).length === 1).length;
again.close();
const message = ended instanceof Error ? ended.message : null;
console.log(JSON.stringify({ answered: answered.size, found, items, full: ended instanceof DiskFull, message }));
