import { describe, expect, it } from "vitest";
import type { Fetch } from "./network-fetch.ts";
import { findSdist } from "./sdist-index.ts";
import { type Pip, WheelIndexError } from "./wheel-index.ts";

const wanted = { distribution: "some-tables", file: "some-tables-1.0.tar.gz" };
const HTML =
  '<a href="../../files/some-tables-0.9.tar.gz">0.9</a> <a data-x="1" href="../../files/some-tables-1.0.tar.gz#sha256=1">1.0</a>';

/** A pip with these settings, as `pip config list` prints them. */
const configured =
  (...lines: string[]): Pip =>
  async () => ({ code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" });

/** Answers of indexes by address; an address that has none can't be reached. Keeps what was asked. */
function answering(pages: Readonly<Record<string, Response>>) {
  const asked: { url: string; authorization: string | null }[] = [];
  const fetch: Fetch = async (input, init) => {
    asked.push({ url: String(input), authorization: new Headers(init?.headers).get("authorization") });
    const page = pages[String(input)];
    if (page === undefined) throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
    return page;
  };
  return { asked, fetch };
}

const html = (text: string) => new Response(text, { headers: { "content-type": "text/html" } });
const json = (value: object) =>
  new Response(JSON.stringify(value), { headers: { "content-type": "application/vnd.pypi.simple.v1+json" } });

describe("findSdist", () => {
  it("reads the page of the index that pip is set up with, in either form", async () => {
    const pip = configured("global.index-url='https://index.example/simple/'", "global.timeout='60'");
    const page = "https://index.example/simple/some-tables/";
    const expected = { url: "https://index.example/files/some-tables-1.0.tar.gz", headers: {} };
    expect(await findSdist(wanted, { pip, fetch: answering({ [page]: html(HTML) }).fetch })).toEqual(expected);
    const files = [{ filename: wanted.file, url: "/files/some-tables-1.0.tar.gz" }];
    expect(await findSdist(wanted, { pip, fetch: answering({ [page]: json({ files }) }).fetch })).toEqual(expected);
  });

  it("asks the index that pip's help names where its settings name none", async () => {
    const help = "  -i, --index-url <url>       Base URL (default\n                  https://own.example/simple). This";
    const pip: Pip = async ([command]) => ({ code: 0, stdout: command === "help" ? help : "", stderr: "" });
    const { asked, fetch } = answering({ "https://own.example/simple/some-tables/": html(HTML) });
    expect((await findSdist(wanted, { pip, fetch })).url).toBe("https://own.example/files/some-tables-1.0.tar.gz");
    expect(asked).toHaveLength(1);
    await expect(findSdist(wanted, { pip: configured(), fetch })).rejects.toThrow(/does not tell which package index/);
  });

  it("says so where there is no Python to ask", async () => {
    const pip: Pip = async () => {
      throw new WheelIndexError("no Python found");
    };
    await expect(findSdist(wanted, { pip, fetch: answering({}).fetch })).rejects.toThrow("no Python found");
  });

  it("goes on to pip's further indexes, the environment's main one first", async () => {
    const pip = configured(
      "global.extra-index-url='https://third.example/simple https://fourth.example/simple'",
      "global.index-url='https://never.example/simple'",
      ":env:.index-url='https://first.example/simple'",
    );
    const { asked, fetch } = answering({
      "https://first.example/simple/some-tables/": new Response("", { status: 404 }),
      "https://fourth.example/simple/some-tables/": html(HTML),
    });
    expect((await findSdist(wanted, { pip, fetch })).url).toContain("fourth.example");
    expect(asked.map(({ url }) => new URL(url).host)).toEqual(["first.example", "third.example", "fourth.example"]);
  });

  it("sends a user and password in a header, to the index's own host only", async () => {
    const pip = configured("global.index-url='https://me:p%40ss@index.example/simple'");
    const authorization = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
    const page = "https://index.example/simple/some-tables/";
    const { asked, fetch } = answering({ [page]: html(HTML) });
    expect((await findSdist(wanted, { pip, fetch })).headers).toEqual({ authorization });
    expect(asked).toEqual([{ url: page, authorization }]);
    const elsewhere = html(HTML.replaceAll("../../", "https://other.example/"));
    expect((await findSdist(wanted, { pip, fetch: answering({ [page]: elsewhere }).fetch })).headers).toEqual({});
  });

  it("says what each index answered, without secrets", async () => {
    const pip = configured(
      "global.index-url='https://me:secret@index.example/simple'",
      "global.extra-index-url='https://down.example/simple'",
    );
    const { fetch } = answering({ "https://index.example/simple/some-tables/": html("<a href='x.whl'>x</a>") });
    const failure = findSdist(wanted, { pip, fetch });
    await expect(failure).rejects.toThrow(WheelIndexError);
    await expect(failure).rejects.toThrow(
      "no package index gives some-tables-1.0.tar.gz: index.example has no some-tables-1.0.tar.gz; down.example: ",
    );
    await expect(failure).rejects.not.toThrow("secret");
  });

  it("ends with the reason of an abort", async () => {
    const stop = new AbortController();
    const fetch: Fetch = async () => {
      stop.abort(new Error("stopped by hand"));
      throw new TypeError("fetch failed");
    };
    const pip = configured("global.index-url='https://index.example/simple'");
    await expect(findSdist(wanted, { pip, fetch, signal: stop.signal })).rejects.toThrow("stopped by hand");
  });
});
