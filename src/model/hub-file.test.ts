import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { HubFileError, HubUnreachableError, hubFile } from "./hub-file.ts";

const sha256 = "c".repeat(64);
let server: Server | undefined;
let seen: { url: string; authorization: string | undefined }[] = [];

/** A hub that holds one repository, o/r, with one model file, m.gguf, and a text. */
async function hub(): Promise<string> {
  seen = [];
  const made = createServer((request, response) => {
    seen.push({ url: request.url!, authorization: request.headers.authorization });
    if (request.url === "/api/models/o/r/paths-info/main") {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const [path] = (JSON.parse(body) as { paths: string[] }).paths;
        const files: Record<string, object> = {
          "m.gguf": {
            type: "file",
            path,
            size: 130,
            oid: "1",
            lfs: { oid: sha256, size: 5_000_000_000, pointerSize: 130 },
          },
          "t.gguf": { type: "file", path, size: 3, oid: "1" },
        };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify([files[path!]].filter((file) => file !== undefined)));
      });
      return;
    }
    if (request.url === "/o/r/resolve/main/m.gguf") {
      response.writeHead(206, { "content-range": "bytes 0-0/5000000000", etag: '"e"' }).end("G");
      return;
    }
    if (request.url!.includes("/down/")) response.writeHead(502).end();
    else response.writeHead(401, { "content-type": "application/json" }).end('{"error":"Repository not found"}');
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

describe("hubFile", () => {
  it("tells address, size and the SHA-256 that the hub states", async () => {
    const endpoint = await hub();
    expect(await hubFile("o/r", "m.gguf", { env: { HF_ENDPOINT: `${endpoint}/` }, fetch })).toEqual({
      url: `${endpoint}/o/r/resolve/main/m.gguf`,
      bytes: 5_000_000_000,
      sha256,
      headers: {},
    });
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it("shows HF_TOKEN to the hub, and for the download", async () => {
    const env = { HF_ENDPOINT: await hub(), HF_TOKEN: "hf_secret" };
    const { headers } = await hubFile("o/r", "m.gguf", { env, fetch });
    expect(headers).toEqual({ authorization: "Bearer hf_secret" });
    expect(seen.map(({ authorization }) => authorization)).toEqual(["Bearer hf_secret", "Bearer hf_secret"]);
  });

  it("tells a file that is not to be had from a hub that is not to be reached", async () => {
    const options = { env: { HF_ENDPOINT: await hub() }, fetch };
    const absent = hubFile("o/r", "n.gguf", options);
    await expect(absent).rejects.toThrow(HubFileError);
    await expect(absent).rejects.toThrow("the hub's repository o/r has no file n.gguf");
    await expect(hubFile("o/r", "t.gguf", options)).rejects.toThrow("states no SHA-256");
    const gated = hubFile("o/gated", "m.gguf", options);
    await expect(gated).rejects.toThrow(HubFileError);
    await expect(gated).rejects.toThrow("answered 401 for o/gated/m.gguf: it is private, gated or absent");
    await expect(hubFile("down/r", "m.gguf", options)).rejects.toThrow(HubUnreachableError);
  });

  it("says at once that it can't be reached: refused, or told to stay off", async () => {
    const endpoint = await hub();
    server!.close();
    const refused = hubFile("o/r", "m.gguf", { env: { HF_ENDPOINT: endpoint }, fetch });
    await expect(refused).rejects.toThrow(HubUnreachableError);
    await expect(refused).rejects.toThrow(/ECONNREFUSED/);
    await expect(hubFile("o/r", "m.gguf", { env: { HF_HUB_OFFLINE: "1" }, fetch })).rejects.toThrow(
      "HF_HUB_OFFLINE is set",
    );
  });

  it("gives up on a hub that does not answer in time, or when it is stopped", async () => {
    const silent: typeof fetch = (_, init) => {
      const { promise, reject } = Promise.withResolvers<Response>();
      const signal = init!.signal!;
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
      return promise;
    };
    const options = { env: {}, fetch: silent, timeoutMs: 100 };
    const late = hubFile("o/r", "m.gguf", options);
    await expect(late).rejects.toThrow(HubUnreachableError);
    await expect(late).rejects.toThrow("no answer within 0.1 s");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(hubFile("o/r", "m.gguf", { ...options, signal })).rejects.toThrow("enough");
  });
});
