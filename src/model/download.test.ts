import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DownloadError, type DownloadOptions, discardPart, download } from "./download.ts";
import type { Progress } from "./progress.ts";

const CONTENT = randomBytes(1_000_000);
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

type Handler = (request: IncomingMessage, response: ServerResponse, turn: number) => void;

let folder: string;
let path: string;
let server: Server;
let handler: Handler;
let requests: IncomingMessage[];

/** Serves CONTENT as a good server does: ranges, an entity tag, and the whole when that tag is no longer the one asked for. */
function serve(request: IncomingMessage, response: ServerResponse, { etag = '"v1"' as string | null } = {}): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const headers = { "accept-ranges": "bytes", ...(etag !== null && { etag }) };
  const stale = request.headers["if-range"] !== undefined && request.headers["if-range"] !== etag;
  if (range === null || stale) {
    response.writeHead(200, { ...headers, "content-length": CONTENT.length }).end(CONTENT);
    return;
  }
  const start = Number(range[1]);
  if (start >= CONTENT.length) {
    response.writeHead(416, { "content-range": `bytes */${CONTENT.length}` }).end();
    return;
  }
  const body = CONTENT.subarray(start);
  const contentRange = `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}`;
  response.writeHead(206, { ...headers, "content-length": body.length, "content-range": contentRange }).end(body);
}

/** Sends the first `count` bytes of the whole and breaks the connection. */
function breakAfter(count: number, response: ServerResponse, headers: Record<string, string> = { etag: '"v1"' }): void {
  response.writeHead(200, { ...headers, "content-length": CONTENT.length });
  response.write(CONTENT.subarray(0, count), () => setTimeout(() => response.destroy(), 30));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-download-"));
  path = join(folder, "sub", "model.gguf");
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/files/model.gguf?signature=secret`;

const run = (more: Partial<DownloadOptions> = {}) =>
  download({ url: url(), path, sha256: SHA256, label: "model", fetch, sleep: async () => undefined, ...more });

const ranges = () => requests.map(({ headers }) => headers.range ?? null);

describe("download", () => {
  it("fetches a file, makes its folder, leaves nothing beside it, and tells how far it is", async () => {
    handler = (request, response) => serve(request, response);
    const told: Progress[] = [];
    await run({ onProgress: (progress) => told.push(progress), bytes: CONTENT.length });
    expect(await readFile(path)).toEqual(CONTENT);
    expect([existsSync(`${path}.part`), existsSync(`${path}.part.json`)]).toEqual([false, false]);
    expect(told[0]).toMatchObject({ label: "model", bytes: 0, total: CONTENT.length });
    expect(told.at(-1)).toMatchObject({ bytes: CONTENT.length, total: CONTENT.length });
  });

  it("goes on in the middle of the file after the connection broke", async () => {
    handler = (request, response, turn) => (turn === 1 ? breakAfter(400_000, response) : serve(request, response));
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
    expect(ranges()).toEqual([null, "bytes=400000-"]);
    expect(requests[1]!.headers["if-range"]).toBe('"v1"');
  });

  it("goes on in a later run after it was stopped", async () => {
    const stop = new AbortController();
    handler = (request, response, turn) => {
      if (turn > 1) return serve(request, response);
      response.writeHead(200, { "content-length": CONTENT.length });
      response.write(CONTENT.subarray(0, 300_000)); // and no more: the user presses Ctrl-C
    };
    const onProgress = ({ bytes }: Progress) => bytes >= 250_000 && stop.abort(new Error("Ctrl-C"));
    await expect(run({ signal: stop.signal, onProgress })).rejects.toThrow("Ctrl-C");
    expect(existsSync(path)).toBe(false);
    const kept = (await readFile(`${path}.part`)).length;
    expect(kept).toBeGreaterThanOrEqual(250_000);
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
    expect(ranges()).toEqual([null, `bytes=${kept}-`]);
  });

  it("starts anew with a server that knows no ranges", async () => {
    handler = (_, response, turn) => {
      if (turn === 1) return breakAfter(400_000, response, {});
      response.writeHead(200, { "content-length": CONTENT.length }).end(CONTENT);
    };
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
  });

  it("starts anew when the file has changed at the server", async () => {
    handler = (request, response, turn) =>
      turn === 1 ? breakAfter(400_000, response, { etag: '"old"' }) : serve(request, response);
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
  });

  it("copes with a server that states no length", async () => {
    handler = (_, response) => void response.writeHead(200).end(CONTENT);
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
  });

  it("starts anew when a kept part turns out to be no part of this file", async () => {
    handler = (request, response, turn) => (turn === 1 ? breakAfter(400_000, response) : serve(request, response));
    const stop = new AbortController();
    await expect(run({ signal: stop.signal, sleep: async () => stop.abort() })).rejects.toThrow();
    await writeFile(`${path}.part`, randomBytes(400_000));
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
    expect(ranges()).toEqual([null, "bytes=400000-", null]);
  });

  it("does not take a part of unknown origin, nor one that is longer than the file", async () => {
    handler = (request, response) => serve(request, response);
    const part = `${path}.part`;
    await run();
    await rm(path);
    await writeFile(part, randomBytes(10));
    await run();
    await rm(path);
    await writeFile(part, randomBytes(CONTENT.length + 1));
    await writeFile(`${part}.json`, JSON.stringify({ etag: null, total: CONTENT.length, sha256: SHA256 }));
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
    expect(ranges()).toEqual([null, null, null]);
  });

  it("finishes a part that was whole already without asking for more", async () => {
    handler = (request, response) => serve(request, response);
    await run();
    await rm(path);
    await writeFile(`${path}.part`, CONTENT);
    await writeFile(`${path}.part.json`, JSON.stringify({ etag: null, total: CONTENT.length, sha256: SHA256 }));
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
    expect(requests.length).toBe(1);
  });

  it("throws away a file of a wrong hash, and never shows it under its name", async () => {
    handler = (_, response) => void response.end(randomBytes(1000));
    const failure = run();
    await expect(failure).rejects.toThrow(DownloadError);
    await expect(failure).rejects.toThrow(/SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}; it was thrown away/);
    expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([false, false]);
  });

  it("refuses a file of another size before it is fetched", async () => {
    handler = (_, response) => void response.end(Buffer.alloc(10));
    await expect(run({ bytes: CONTENT.length })).rejects.toThrow("offers a file of 10 bytes, expected 1000000");
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  it("tries again after 503, as late as the server asks", async () => {
    const waits: number[] = [];
    handler = (request, response, turn) => {
      if (turn === 1) return void response.writeHead(503, { "retry-after": "7" }).end();
      if (turn === 2) return void response.writeHead(503).end();
      serve(request, response);
    };
    await run({ sleep: async (milliseconds) => void waits.push(milliseconds) });
    expect(await readFile(path)).toEqual(CONTENT);
    expect(waits).toEqual([7000, 1000]);
  });

  it("gives up after five tries in a row that bring nothing, and keeps what it has", async () => {
    handler = (_, response, turn) => (turn === 1 ? breakAfter(400_000, response) : void response.writeHead(503).end());
    await expect(run()).rejects.toThrow(
      /5 tries in a row brought nothing from .*model\.gguf: the server answered 503\. 400000 bytes are kept/,
    );
    expect(requests.length).toBe(6);
    expect((await readFile(`${path}.part`)).length).toBe(400_000);
    await discardPart(path);
    expect([existsSync(`${path}.part`), existsSync(`${path}.part.json`)]).toEqual([false, false]);
  });

  it("never gives up as long as each try brings something", async () => {
    handler = (request, response, turn) => {
      if (turn > 12) return serve(request, response);
      const start = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
      const headers = { "content-range": `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}` };
      response.writeHead(start === 0 ? 200 : 206, { ...headers, "content-length": CONTENT.length - start });
      response.write(CONTENT.subarray(start, start + 50_000), () => setTimeout(() => response.destroy(), 10));
    };
    await run();
    expect(await readFile(path)).toEqual(CONTENT);
    expect(requests.length).toBe(13);
  });

  it("makes a connection anew that gives nothing any more", async () => {
    handler = (request, response, turn) => {
      if (turn > 1) return serve(request, response);
      response.writeHead(200, { "content-length": CONTENT.length, etag: '"v1"' });
      response.write(CONTENT.subarray(0, 100_000));
    };
    await run({ stallMs: 200 });
    expect(await readFile(path)).toEqual(CONTENT);
    expect(ranges()).toEqual([null, "bytes=100000-"]);
  });

  it("does not try again what the server refuses, and keeps signatures out of the message", async () => {
    handler = (_, response) => void response.writeHead(403).end();
    await expect(run()).rejects.toThrow(
      /^model: http:\/\/127\.0\.0\.1:\d+\/files\/model\.gguf answered 403 Forbidden$/,
    );
    expect(requests.length).toBe(1);
  });

  it("sends the headers it is given, and asks for the bytes as they are", async () => {
    handler = (request, response) => serve(request, response);
    await run({ headers: { authorization: "Bearer token" } });
    expect(requests[0]!.headers).toMatchObject({ authorization: "Bearer token", "accept-encoding": "identity" });
  });
});
