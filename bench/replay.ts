// Requests per second through the run's store: new ones stored as they are answered, and the same ones replayed by a process that
// finds them all; bytes of the store for each; new ones one after another, each with a commit of its own; items of a stage. Each
// with its peak memory: `node bench/replay.ts [REQUESTS]` (100,000 where left out: 0.5 GB of disk for a minute, in a temporary folder).
// The dialogues are made up: 5 turns under a profile of about 1,500 characters, each turn 1 request of 5 responses of about 900
// characters and 5 requests to a judge with an instruction, the constraints and the response. The model answers at once, so the
// time is the store's. Target: 20,000 cached requests a second.
import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ChatModel, Choice, GenerateRequest } from "../src/model/model.ts";
import { seededRandom } from "../src/preference/seed.ts";
import type { Message } from "../src/profile/message.ts";
import { Ledger } from "../src/run/ledger.ts";
import { recordedModel } from "../src/run/recorded-model.ts";
import { runStage, type StageItem } from "../src/run/stage.ts";
import { RunStore } from "../src/run/store.ts";

const TURNS = 5;
const SAMPLES = 5;
const CONCURRENCY = 256;
/** Requests made up at a time, before the clock runs. */
const BLOCK = 2000;
const WORDS =
  "harbour boat dawn story letter winter market bridge window garden river lantern tailor copper violin orchard".split(
    " ",
  );
const INSTRUCTION = "You judge whether a response keeps to each of the constraints, one by one, with a reason. ".repeat(
  20,
);

/** A million characters of words, which texts are pieces of: making them up is not to be what is measured. */
const random = seededRandom("bench");
const CORPUS = Array.from({ length: 1 << 17 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");

/** A text of so many characters, another one for every name; the same in every process. */
function text(characters: number, ...name: readonly (string | number)[]): string {
  const id = `${name.join("-")}: `;
  const start = Number.parseInt(hash("sha256", id).slice(0, 8), 16) % (CORPUS.length - characters);
  return id + CORPUS.slice(start, start + characters - id.length);
}

interface Asked extends GenerateRequest {
  readonly answers: readonly string[];
}

/** The requests of a run, a dialogue in memory at a time. */
function* requests(count: number): Generator<Asked> {
  let made = 0;
  for (let profile = 0; ; profile += 1) {
    const messages: Message[] = [{ role: "system", content: text(1500, "profile", profile) }];
    const constraints = text(700, "constraints", profile);
    for (let turn = 0; turn < TURNS; turn += 1) {
      messages.push({ role: "user", content: text(90, "query", profile, turn) });
      const answers = Array.from({ length: SAMPLES }, (_, i) => text(900, "response", profile, turn, i));
      const seed = profile * TURNS + turn;
      const asked: Asked[] = [{ messages: [...messages], n: SAMPLES, seed, maxTokens: 1024, answers }];
      for (const answer of answers) {
        const judged = `${constraints}\n\n${answer}`;
        const question: Message[] = [
          { role: "system", content: INSTRUCTION },
          { role: "user", content: judged },
        ];
        asked.push({
          messages: question,
          seed,
          temperature: 0,
          maxTokens: 1024,
          answers: [text(500, "verdict", answer.slice(0, 40))],
        });
      }
      for (const one of asked) {
        if (made === count) return;
        made += 1;
        yield one;
      }
      messages.push({ role: "assistant", content: answers[0]! });
    }
  }
}

/** Answers at once what it is told beforehand, by the last message. */
function instantModel() {
  const answers = new Map<string, readonly string[]>();
  let asked = 0;
  const model: ChatModel = {
    name: "instant",
    concurrency: CONCURRENCY,
    async generate({ messages, n = 1, seed }, { onChoice } = {}) {
      asked += 1;
      const given = answers.get(messages.at(-1)!.content)!;
      const choices = given
        .slice(0, n)
        .map((of, index): Choice => ({ index, text: of, finishReason: "stop", tokens: 200, seed }));
      for (const choice of choices) onChoice?.(choice);
      return { choices, usage: { promptTokens: 700, completionTokens: 200 * n } };
    },
    dispose: async () => undefined,
  };
  return { model, answers, asked: () => asked };
}

/** Passes all requests through the store; gives seconds, and microseconds of processors, without those of making up the texts. */
async function pass(
  directory: string,
  count: number,
  lanes: number,
): Promise<{ seconds: number; asked: number; cpu: number }> {
  const store = new RunStore(directory, () => new Date());
  const ledger = new Ledger();
  const { model, answers, asked } = instantModel();
  const chat = recordedModel(model, { store, ledger, role: "bench", stage: "bench" });
  let seconds = 0;
  let cpu = 0;
  let block: Asked[] = [];
  const passBlock = async (): Promise<void> => {
    answers.clear();
    for (const asking of block) answers.set(asking.messages.at(-1)!.content, asking.answers);
    const bare = block.map(({ answers: _, ...request }) => request);
    const [start, before] = [performance.now(), process.cpuUsage()];
    const lane = async (): Promise<void> => {
      for (let request = bare.pop(); request !== undefined; request = bare.pop()) await chat.generate(request);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    seconds += (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    cpu += user + system;
    block = [];
  };
  for (const request of requests(count)) {
    block.push(request);
    if (block.length === BLOCK) await passBlock();
  }
  await passBlock();
  const start = performance.now();
  store.close();
  return { seconds: seconds + (performance.now() - start) / 1000, asked: asked(), cpu };
}

/** Stages on items without work: first all to be done, then all done. */
async function items(directory: string, count: number): Promise<readonly [number, number]> {
  const store = new RunStore(directory, () => new Date());
  function* source(): Generator<StageItem<string>> {
    for (let i = 0; i < count; i += 1) yield { id: `item-${i}`, input: text(500, "item", i) };
  }
  const seconds: number[] = [];
  for (let runs = 0; runs < 2; runs += 1) {
    const start = performance.now();
    await runStage({
      name: "bench",
      version: 1,
      output: z.string(),
      items: source(),
      concurrency: CONCURRENCY,
      store,
      work: async ({ input }) => input,
    });
    seconds.push((performance.now() - start) / 1000);
  }
  store.close();
  return [count / seconds[0]!, count / seconds[1]!];
}

const shown = (value: number): string => Math.round(value).toLocaleString("en-US");
const peakMemory = (): string => `peak memory ${shown(process.resourceUsage().maxRSS / 1024)} MiB`;

/** Runs this file with a part as its first argument, so that each has a memory of its own. */
function inProcess(...part: readonly (string | number)[]): void {
  const command = [fileURLToPath(import.meta.url), ...part.map(String)];
  if (spawnSync(process.execPath, command, { stdio: "inherit" }).status !== 0) throw new Error("the bench failed");
}

const [part, directory = "", number, lanes] = process.argv.slice(2);
if (part === "pass") {
  const count = Number(number);
  const { seconds, asked, cpu } = await pass(directory, count, Number(lanes));
  console.log(
    `${asked > 0 ? "stored" : "replayed"}, ${lanes} at once: ${shown(count)} requests (${shown(asked)} asked of the model), ` +
      `${shown(count / seconds)} a second${asked > 0 ? "" : " (target 20,000)"}, ${(cpu / count).toFixed(1)} µs of processor each, ${peakMemory()}`,
  );
} else if (part === "items") {
  const count = Number(number);
  const [worked, reused] = await items(directory, count);
  console.log(
    `items of a stage: ${shown(count)}, ${shown(worked)} a second stored, ${shown(reused)} a second found done, ${peakMemory()}`,
  );
} else {
  const count = Number(part ?? 100_000);
  const folder = mkdtempSync(join(tmpdir(), "rpo-bench-replay-"));
  try {
    inProcess("pass", join(folder, "grouped"), count, CONCURRENCY);
    inProcess("pass", join(folder, "grouped"), count, CONCURRENCY);
    const bytes = statSync(join(folder, "grouped", "run.db")).size;
    console.log(
      `store: ${shown(bytes / 1e6)} MB, ${shown(bytes / count)} bytes a request; ${shown((bytes / count) * (1 + SAMPLES))} a turn, ` +
        `which is ${1 + SAMPLES} requests with ${2 * SAMPLES} samples`,
    );
    inProcess("pass", join(folder, "alone"), Math.ceil(count / 10), 1); // each with a commit of its own
    inProcess("items", join(folder, "items"), count);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
