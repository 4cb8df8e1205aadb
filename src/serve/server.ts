// The app on a port. Ending it ends what runs, lets the clients hear of it, and then closes their connections.
import { randomInt, randomUUID } from "node:crypto";
import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { serveApp } from "./app.ts";
import { ModelShelf, type ServedModel } from "./model-shelf.ts";

/** Two: the model and one adapter, to compare them; each more costs its memory again. */
const DEFAULT_OPEN = 2;
/** Requests that wait. Beyond it a client learns sooner to slow down than its time-out would tell it. */
const DEFAULT_QUEUE = 256;
/** Milliseconds that connections have to take the last bytes when the server ends. */
const LAST_BYTES_MS = 2000;
/** Seeds that the server gives: what `randomInt` can, 48 bits. */
const SEEDS = 2 ** 48 - 1;

export interface ServerOptions {
  readonly models: readonly ServedModel[];
  /** Most models open at once. Default 2. */
  readonly open?: number;
  /** Most requests that wait, at least 1. Default 256. */
  readonly queue?: number;
  /** Address to listen at. Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes one that is free. */
  readonly port: number;
  /** What clients have to bring; null lets everybody in. */
  readonly apiKey?: string | null;
  /** Longest sample where the client doesn't say. */
  readonly maxTokens: number;
  /** Told of failures that are not the client's. */
  readonly onFault: (error: unknown) => void;
  /** Clocks, seeds and names; default those of the machine. */
  readonly now?: () => Date;
  readonly elapsed?: () => number;
  readonly seed?: () => number;
  readonly newId?: () => string;
}

export interface RunningServer {
  /** Where clients find it: what they call the base URL. */
  readonly url: string;
  readonly shelf: ModelShelf;
  /** Ends what runs and the models. */
  close(): Promise<void>;
}

/**
 * Serves models.
 * @throws Node's error when it can't listen there
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { models, open = DEFAULT_OPEN, queue = DEFAULT_QUEUE, host = "127.0.0.1", port, apiKey = null } = options;
  const elapsed = options.elapsed ?? performance.now.bind(performance);
  const shelf = new ModelShelf({ models, open, queue, now: elapsed });
  const closing = new AbortController();
  const app = serveApp({
    shelf,
    apiKey,
    closing: closing.signal,
    defaults: { maxTokens: options.maxTokens, seed: options.seed ?? (() => randomInt(SEEDS)) },
    now: options.now ?? (() => new Date()),
    newId: options.newId ?? randomUUID,
    onFault: options.onFault,
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const answering = new Set<ServerResponse>();
  server.on("request", (_, response) => {
    answering.add(response);
    response.once("close", () => answering.delete(response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}/v1`,
    shelf,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort();
      await shelf.dispose();
      const told = Promise.all(
        [...answering].map((response) => new Promise((resolve) => response.once("close", resolve))),
      );
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([told, new Promise((resolve) => (timer = setTimeout(resolve, LAST_BYTES_MS)))]);
      clearTimeout(timer);
      server.closeAllConnections();
      await closed;
    },
  };
}
