// The parts of requests, each stored once: the model with its parameters, and every message. A dialogue of five turns has its
// profile once and each message once, however many requests are made of them. Knows nothing of samples.
import { hash } from "node:crypto";
import type Database from "better-sqlite3";
import { z } from "zod";
import type { Parameter, RequestContent } from "./request-content.ts";

/** 128 bits of SHA-256: enough that no two texts of any corpus share them. */
const PART_HASH_BYTES = 16;
/** Ids kept in memory: those of the profiles and instructions that a stage is at work on. About 2 MB. */
const KNOWN = 10_000;

const headSchema = z.object({ model: z.string(), parameters: z.record(z.string(), z.unknown()) });
const messageSchema = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

export interface StoredParts {
  readonly ids: string;
  readonly seed: number | null;
}

export class RequestParts {
  readonly #insert: Database.Statement<[Buffer, string]>;
  readonly #find: Database.Statement<[Buffer], { id: number }>;
  readonly #read: Database.Statement<[number], { json: string }>;
  readonly #known = new Map<string, number>();

  constructor(db: Database.Database) {
    this.#insert = db.prepare("INSERT INTO part (hash, json) VALUES (?, ?)");
    this.#find = db.prepare("SELECT id FROM part WHERE hash = ?");
    this.#read = db.prepare("SELECT json FROM part WHERE id = ?");
  }

  /** Stores what is new of a request's parts. */
  store({ model, messages, sampling: { seed, ...parameters } }: RequestContent): StoredParts {
    const texts = [
      JSON.stringify({ model, parameters }),
      ...messages.map(({ role, content }) => JSON.stringify({ role, content })),
    ];
    return { ids: texts.map((text) => this.#id(text)).join(), seed: typeof seed === "number" ? seed : null };
  }

  /** The request that the parts make. */
  read({ ids, seed }: StoredParts): RequestContent {
    const [head, ...messages] = ids.split(",").map((id): unknown => JSON.parse(this.#read.get(Number(id))!.json));
    const { model, parameters } = headSchema.parse(head);
    const sampling = { ...(parameters as Record<string, Parameter>), ...(seed === null ? {} : { seed }) };
    return { model, messages: messages.map((message) => messageSchema.parse(message)), sampling };
  }

  /** Forgets which parts are stored, after a rollback. */
  forget(): void {
    this.#known.clear();
  }

  #id(text: string): number {
    const digest = hash("sha256", text, "buffer").subarray(0, PART_HASH_BYTES);
    const key = digest.toString("latin1");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const id = this.#find.get(digest)?.id ?? Number(this.#insert.run(digest, text).lastInsertRowid);
    if (this.#known.size >= KNOWN) this.#known.clear();
    this.#known.set(key, id);
    return id;
  }
}
