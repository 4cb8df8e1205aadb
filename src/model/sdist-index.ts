// Finds a source archive (sdist) in the Python package indexes that pip is set up with, by reading their pages (PEP 503 and
// 691). pip itself is only asked for its settings, and for the index it has where they name none: to find a source archive it would
// run the set-up program in it. Ignores what is in the archive, and checks nothing: see download.ts.
import { z } from "zod";
import { failureReason } from "./failure-reason.ts";
import type { Fetch } from "./network-fetch.ts";
import { type Pip, WheelIndexError, withoutCredentials } from "./wheel-index.ts";

/** Where a file is, and what to send along to get it. */
export interface SdistLocation {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An index that doesn't answer must not hold up the next one. */
const TIMEOUT_MS = 20_000;
const JSON_PAGE = "application/vnd.pypi.simple.v1+json";

const pageSchema = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

/**
 * Finds `file` among the files of a distribution.
 * @throws WheelIndexError saying what each index answered; the signal's reason when it is aborted
 */
export async function findSdist(
  { distribution, file }: { readonly distribution: string; readonly file: string },
  { fetch, pip, signal }: { readonly fetch: Fetch; readonly pip: Pip; readonly signal?: AbortSignal | undefined },
): Promise<SdistLocation> {
  const failures: string[] = [];
  for (const index of await indexes(pip, signal)) {
    const page = withoutCredentials(`${index.replace(/\/+$/, "")}/${distribution}/`);
    const { host } = new URL(page.url);
    try {
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(page.url, {
        headers: { ...page.headers, accept: `${JSON_PAGE}, text/html;q=0.5` },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      const found = response.ok ? linkTo(file, text, isJson, response.url || page.url) : null;
      if (found !== null) {
        const location = withoutCredentials(found);
        const ownHeaders = Object.keys(location.headers).length > 0 || new URL(found).host !== host;
        return ownHeaders ? location : { url: location.url, headers: page.headers };
      }
      failures.push(`${host} ${response.ok ? `has no ${file}` : `answered ${response.status}`}`);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${host}: ${failureReason(error)}`);
    }
  }
  throw new WheelIndexError(`no package index gives ${file}: ${failures.join("; ")}`);
}

/** The address of the file on an index's page, absolute; null when it isn't there. */
function linkTo(file: string, page: string, isJson: boolean, base: string): string | null {
  if (isJson) {
    const found = pageSchema.parse(JSON.parse(page)).files.find(({ filename }) => filename === file);
    return found === undefined ? null : new URL(found.url, base).href;
  }
  for (const [, href] of page.matchAll(/<a\s[^>]*href\s*=\s*["']([^"']+)["']/gi)) {
    if (!URL.canParse(href!.replaceAll("&amp;", "&"), base)) continue;
    const url = new URL(href!.replaceAll("&amp;", "&"), base);
    if (url.pathname.endsWith(`/${file}`)) return url.href;
  }
  return null;
}

/** The indexes pip asks, in its order: the environment's settings come before those of its files. @throws WheelIndexError */
async function indexes(pip: Pip, signal: AbortSignal | undefined): Promise<string[]> {
  const settings = await pip(["config", "list"], signal);
  const main: string[] = [];
  const further: string[] = [];
  for (const line of settings.stdout.split("\n")) {
    const [, section, name, value] = /^([^.]+)\.(index-url|extra-index-url)=['"](.*)['"]$/.exec(line.trim()) ?? [];
    if (section === undefined || value === undefined) continue;
    const addresses = value.split(/\s+|\\n/).filter((address) => /^https?:/.test(address) && URL.canParse(address));
    if (name === "extra-index-url") further.push(...addresses);
    else if (section === ":env:") main.unshift(...addresses);
    else main.push(...addresses);
  }
  return [...new Set([main[0] ?? (await ownIndex(pip, signal)), ...further])];
}

/** The index that pip asks when nobody says otherwise; its help names it. */
async function ownIndex(pip: Pip, signal: AbortSignal | undefined): Promise<string> {
  const { stdout } = await pip(["help", "install"], signal);
  const [, index] = /--index-url <url>[^(]*\(default\s+(https?:\/\/[^\s)]+)\)/.exec(stdout) ?? [];
  if (index === undefined) throw new WheelIndexError("pip does not tell which package index it asks");
  return index;
}
