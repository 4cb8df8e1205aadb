import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DownloadError } from "../../model/download.ts";
import type { Fetch } from "../../model/network-fetch.ts";
import { type Pip, WheelIndexError } from "../../model/wheel-index.ts";
import { cachedLangdetect, LangdetectMissingError, pullLangdetect, readLangdetectTables } from "./langdetect-files.ts";
import { LANGUAGES } from "./langdetect-tables.ts";

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "rpo-langdetect-"));
});
afterEach(() => rm(cache, { recursive: true }));

const env = () => ({ RPO_CACHE: cache });
const packed = () => join(cache, "eval", "langdetect-1.0.9-tables.json");
const pip: Pip = async () => ({ code: 0, stdout: "global.index-url='https://index.example/simple'\n", stderr: "" });
const noNetwork: Fetch = async () => {
  throw new Error("no network is to be used");
};
const sleep = async () => undefined;

/** An index that has an archive of this name with these bytes. */
const offering =
  (bytes: Uint8Array<ArrayBuffer>): Fetch =>
  async (input) =>
    String(input).endsWith(".tar.gz")
      ? new Response(bytes)
      : new Response('<a href="langdetect-1.0.9.tar.gz">', { headers: { "content-type": "text/html" } });

describe("readLangdetectTables", () => {
  it("says what is missing, and what is damaged", async () => {
    expect(() => readLangdetectTables(env())).toThrow(LangdetectMissingError);
    expect(() => readLangdetectTables(env())).toThrow(`not in the cache (${packed()})`);
    await mkdir(join(cache, "eval"));
    await writeFile(packed(), '{"messages":"","profiles":[]}');
    expect(() => readLangdetectTables(env())).toThrow(`${packed()} is damaged`);
    expect(await cachedLangdetect(env())).toBeNull();
  });
});

describe("pullLangdetect", () => {
  it("refuses an archive that is not the one pinned, and leaves nothing of it", async () => {
    for (const bytes of [new Uint8Array(10), new Uint8Array(981_474)]) {
      const failure = pullLangdetect({ env: env(), pip, fetch: offering(bytes), sleep });
      await expect(failure).rejects.toThrow(DownloadError);
    }
    expect(await readdir(join(cache, "eval"))).toEqual([]);
  });

  it("says what the package index answered, and what to do", async () => {
    const fetch: Fetch = async () => new Response("", { status: 503 });
    const failure = pullLangdetect({ env: env(), pip, fetch, sleep });
    await expect(failure).rejects.toThrow(WheelIndexError);
    await expect(failure).rejects.toThrow(
      "index.example answered 503; fetch it by other means (pip download --no-deps",
    );
  });

  it("ends with the reason of an abort", async () => {
    const stop = new AbortController();
    const fetch: Fetch = async () => {
      stop.abort(new Error("stopped by hand"));
      throw new TypeError("fetch failed");
    };
    const stopped = pullLangdetect({ env: env(), pip, fetch, sleep, signal: stop.signal });
    await expect(stopped).rejects.toThrow("stopped by hand");
  });
});

const isCached = (await cachedLangdetect()) !== null;
if (!isCached) console.warn("langdetect's profiles are not in the cache: how they are read from it is not tested here");

describe.skipIf(!isCached)("the profiles in this machine's cache", () => {
  it("are read, and not fetched again", async () => {
    await pullLangdetect({ pip, fetch: noNetwork });
    const { starts, languages, frequencies, lastTwo } = readLangdetectTables();
    expect(new Set(languages).size).toBe(LANGUAGES.length);
    expect(starts).toHaveLength(lastTwo.length + 1);
    expect(starts.at(-1)).toBe(frequencies.length);
  });
});
