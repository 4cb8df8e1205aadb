// Requests with their samples, failures and tokens, as the store of a run keeps them: one row a sample index; a failure stays a row
// of its own, whatever comes later. Knows no model; what is asked again and what is not is decided by recorded-model.ts.
import type Database from "better-sqlite3";
import { z } from "zod";
import type { TokenLogprob } from "../model/model.ts";
import type { Attempt } from "../model/model-failure.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { RequestContent } from "./request-content.ts";
import { RequestParts } from "./request-parts.ts";
import { SAMPLES } from "./store-schema.ts";
import { type Asker, type Usage, UsageSums } from "./usage.ts";

/** One sample of a request. */
export interface StoredChoice {
  readonly sample: number;
  readonly text: string;
  /** "stop", "length" or "filter": an aborted sample is none. */
  readonly finishReason: string;
  readonly tokens: number;
  readonly logprobs?: readonly TokenLogprob[];
}

/** What is there of a request. */
export interface StoredAnswers {
  /** By index. */
  readonly choices: readonly StoredChoice[];
  /** Null where no model has told. */
  readonly promptTokens: number | null;
}

/** Why a request got no usable answer. */
export interface StoredFailure {
  /** A kind of model-failure.ts, or "other". */
  readonly kind: string;
  readonly message: string;
  readonly raw: string | null;
  readonly finishReason: string | null;
  readonly attempts: readonly Attempt[];
}

export interface FailureRow extends StoredFailure {
  /** Grows with time: to go on from. */
  readonly id: number;
  /** Hash of the request. */
  readonly request: string;
  readonly role: string | null;
  readonly stage: string | null;
  readonly at: Date;
}

/** Sample, text, finish reason, tokens, log-probabilities: as an array, which is the faster way to read rows. */
type ChoiceRow = [number, string, string, number, string | null];

/** Rows that are read at once where there may be many: a statement that is being read from blocks all writes. */
const PAGE = 500;

/** Requests whose number is remembered: those whose samples come one after another. */
const KNOWN = 2000;

const logprobsSchema = z.array(
  z.object({
    token: z.string(),
    logprob: z.number(),
    top: z.array(z.object({ token: z.string(), logprob: z.number() })),
  }),
);

export class RequestStore {
  readonly #writes: GroupCommit;
  readonly #now: () => Date;
  readonly #parts: RequestParts;
  readonly #askers = new Map<string, number>();
  /** Numbers of requests that something was written of lately. */
  readonly #known = new Map<string, number>();
  readonly #usage = new UsageSums();
  /** The commit that the sums wait for. */
  #usageWritten: Promise<void> | null = null;
  readonly #find: Database.Statement<[Buffer], { id: number }>;
  readonly #insert: Database.Statement<[Buffer, string, number | null]>;
  readonly #read: Database.Statement<[Buffer], { ids: string; seed: number | null }>;
  readonly #findWithPrompt: Database.Statement<[Buffer], [number, number | null]>;
  readonly #choices: Database.Statement<[number, number], ChoiceRow>;
  readonly #insertChoice: Database.Statement<[number, string, string, number, string | null, number | null, number]>;
  readonly #setPromptTokens: Database.Statement<[number, number]>;
  readonly #insertFailure: Database.Statement<
    [number, string, string, string | null, string | null, string, number | null, number]
  >;
  readonly #failures: Database.Statement<
    [number],
    Omit<FailureRow, "at" | "attempts"> & { at: number; attempts: string }
  >;
  readonly #findAsker: Database.Statement<[string, string], { id: number }>;
  readonly #insertAsker: Database.Statement<[string, string]>;
  readonly #addUsage: Database.Statement<[number, string, string, number, number, number, number, number]>;
  readonly #readUsage: Database.Statement<[], Usage>;

  constructor(db: Database.Database, writes: GroupCommit, now: () => Date) {
    this.#writes = writes;
    this.#now = now;
    this.#parts = new RequestParts(db);
    writes.onRollback(() => this.forget());
    this.#find = db.prepare("SELECT id FROM request WHERE hash = ?");
    this.#insert = db.prepare("INSERT INTO request (hash, parts, seed) VALUES (?, ?, ?)");
    this.#read = db.prepare("SELECT parts AS ids, seed FROM request WHERE hash = ?");
    this.#findWithPrompt = db
      .prepare<[Buffer], [number, number | null]>("SELECT id, prompt_tokens FROM request WHERE hash = ?")
      .raw();
    this.#choices = db
      .prepare<[number, number], ChoiceRow>(
        "SELECT sample, text, finish_reason, tokens, logprobs FROM choice WHERE id >= ? AND id < ? ORDER BY id",
      )
      .raw();
    this.#insertChoice = db.prepare(
      `INSERT INTO choice (id, text, finish_reason, tokens, logprobs, asker, at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    this.#setPromptTokens = db.prepare("UPDATE request SET prompt_tokens = ? WHERE id = ?");
    this.#insertFailure = db.prepare(
      `INSERT INTO failure (request, kind, message, raw, finish_reason, attempts, asker, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#failures = db.prepare(
      `SELECT failure.id, lower(hex(hash)) AS request, kind, message, raw, finish_reason AS finishReason, attempts, role,
         stage, at
       FROM failure JOIN request ON request.id = failure.request LEFT JOIN asker ON asker.id = failure.asker
       WHERE failure.id > ? ORDER BY failure.id LIMIT ${PAGE}`,
    );
    this.#findAsker = db.prepare("SELECT id FROM asker WHERE role = ? AND stage = ?");
    this.#insertAsker = db.prepare("INSERT INTO asker (role, stage) VALUES (?, ?)");
    this.#addUsage = db.prepare(
      `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         requests = requests + excluded.requests,
         samples = samples + excluded.samples,
         prompt_tokens = prompt_tokens + excluded.prompt_tokens,
         cached_prompt_tokens = cached_prompt_tokens + excluded.cached_prompt_tokens,
         completion_tokens = completion_tokens + excluded.completion_tokens`,
    );
    this.#readUsage = db.prepare(
      `SELECT role, stage, model, kind, requests, samples, prompt_tokens AS promptTokens,
         cached_prompt_tokens AS cachedPromptTokens, completion_tokens AS completionTokens
       FROM usage JOIN asker ON asker.id = usage.asker ORDER BY asker.id, model, kind`,
    );
  }

  /** Makes the request known, in the transaction that is open or in one of its own; gives its number. */
  know(hash: string, content: RequestContent): number {
    const found = this.find(hash);
    if (found !== null) return found;
    const { ids, seed } = this.#parts.store(content);
    return this.#remember(hash, Number(this.#insert.run(Buffer.from(hash, "hex"), ids, seed).lastInsertRowid));
  }

  /** The number of a known request. */
  find(hash: string): number | null {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const found = this.#find.get(Buffer.from(hash, "hex"));
    return found === undefined ? null : this.#remember(hash, found.id);
  }

  /** What was asked. */
  content(hash: string): RequestContent | null {
    const parts = this.#read.get(Buffer.from(hash, "hex"));
    return parts === undefined ? null : this.#parts.read(parts);
  }

  answers(hash: string): StoredAnswers {
    // Two statements take three fifths of the time of one with a join.
    const found = this.#findWithPrompt.get(Buffer.from(hash, "hex"));
    if (found === undefined) return { choices: [], promptTokens: null };
    const [request, promptTokens] = found;
    const choices = this.#choices.all(request * SAMPLES, (request + 1) * SAMPLES).map(storedChoice);
    return { choices, promptTokens };
  }

  /** Writes a sample in the open transaction, or in one of its own. One that is there already stays as it is. */
  putChoice(request: number, choice: StoredChoice, asker: Asker | null): void {
    this.#insertChoice.run(
      request * SAMPLES + choice.sample,
      choice.text,
      choice.finishReason,
      choice.tokens,
      choice.logprobs === undefined ? null : JSON.stringify(choice.logprobs),
      asker === null ? null : this.#asker(asker),
      this.#now().getTime(),
    );
  }

  /** Keeps a sample. @returns when it is durable @throws DiskFull */
  saveChoice(hash: string, content: RequestContent, choice: StoredChoice, asker: Asker): Promise<void> {
    return this.#writes.add(() => this.putChoice(this.know(hash, content), choice, asker));
  }

  /** Keeps the length of a request's prompt, which is known when all its samples are there. */
  savePromptTokens(hash: string, tokens: number): Promise<void> {
    return this.#writes.add(() => {
      const request = this.find(hash);
      if (request !== null) this.#setPromptTokens.run(tokens, request);
    });
  }

  /** Keeps a failure, beside those before it. */
  saveFailure(hash: string, content: RequestContent, failure: StoredFailure, asker: Asker): Promise<void> {
    return this.#writes.add(() => {
      const { kind, message, raw, finishReason, attempts } = failure;
      const [request, at] = [this.know(hash, content), this.#now().getTime()];
      const tries = JSON.stringify(attempts);
      this.#insertFailure.run(request, kind, message, raw, finishReason, tries, this.#asker(asker), at);
    });
  }

  /** All failures, the oldest first. */
  *failures(): Generator<FailureRow> {
    let rows = this.#failures.all(0);
    while (rows.length > 0) {
      for (const row of rows) yield { ...row, attempts: JSON.parse(row.attempts) as Attempt[], at: new Date(row.at) };
      rows = this.#failures.all(rows.at(-1)!.id);
    }
  }

  /** Adds to the sums by role, stage, model and kind. */
  addUsage(usage: Usage): Promise<void> {
    this.#usage.add(usage);
    this.#usageWritten ??= this.#writeUsage();
    return this.#usageWritten;
  }

  /** Sums of all that was ever asked in this run. */
  usage(): Usage[] {
    const sums = new UsageSums();
    for (const usage of [...this.#readUsage.all(), ...this.#usage.rows()]) sums.add(usage);
    return sums.rows();
  }

  /** All sums that gather until the next commit are written with it, each once. */
  async #writeUsage(): Promise<void> {
    let taken: readonly Usage[] | null = null;
    const take = (): readonly Usage[] => {
      const rows = this.#usage.rows();
      this.#usage.clear();
      this.#usageWritten = null;
      return rows;
    };
    try {
      await this.#writes.add(() => {
        taken ??= take();
        for (const usage of taken) this.#putUsage(usage);
      });
    } catch (error) {
      for (const usage of taken ?? take()) this.#usage.add(usage);
      throw error;
    }
  }

  #putUsage(usage: Usage): void {
    const { model, kind, requests, samples, promptTokens, cachedPromptTokens, completionTokens } = usage;
    const asker = this.#asker(usage);
    this.#addUsage.run(asker, model, kind, requests, samples, promptTokens, cachedPromptTokens, completionTokens);
  }

  /** Forgets what it remembers of rows, after a rollback. */
  forget(): void {
    this.#parts.forget();
    this.#askers.clear();
    this.#known.clear();
  }

  #remember(hash: string, request: number): number {
    if (this.#known.size >= KNOWN) this.#known.clear();
    this.#known.set(hash, request);
    return request;
  }

  #asker({ role, stage }: Asker): number {
    const key = JSON.stringify([role, stage]);
    const known = this.#askers.get(key);
    if (known !== undefined) return known;
    const id = this.#findAsker.get(role, stage)?.id ?? Number(this.#insertAsker.run(role, stage).lastInsertRowid);
    this.#askers.set(key, id);
    return id;
  }
}

function storedChoice([sample, text, finishReason, tokens, logprobs]: ChoiceRow): StoredChoice {
  const choice = { sample, text, finishReason, tokens };
  return logprobs === null ? choice : { ...choice, logprobs: logprobsSchema.parse(JSON.parse(logprobs)) };
}
