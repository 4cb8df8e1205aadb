// Gets langdetect 1.0.9's table of characters and language profiles (Apache-2.0): out of the package's source archive, fetched
// once from the Python package index, checked, and kept in the cache as the tables that are looked up in, one JSON file. Ignores what they mean: see
// langdetect-tables.ts.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import { cacheDirectory, type Environment, type VerifiedFile, verifiedFile } from "../../model/model-cache.ts";
import type { PullOptions } from "../../model/pull.ts";
import { pullFromSdist, type SdistArchive } from "../../model/pull-sdist.ts";
import { compileTables, LANGUAGES, type LangdetectTables } from "./langdetect-tables.ts";

const PACKAGE = "langdetect-1.0.9";
const ARCHIVE = {
  distribution: "langdetect",
  version: "1.0.9",
  file: `${PACKAGE}.tar.gz`,
  bytes: 981_474,
  sha256: "cbc1fef89f8d062739774bd51eda3da3274006b3661d199c2655f6b3f6d605a0",
} satisfies SdistArchive;
const NAME = "langdetect's language profiles";
/** SHA-256 of the file in the cache, which is what `packed` makes of the archive. */
const PACKED_SHA256 = "9e2c90a3289b54fb3367947ceca33476670206e01d9726f8f974bc62f395cf33";

const MESSAGES_ENTRY = `${PACKAGE}/langdetect/utils/messages.properties`;

/** What `rpo eval tables` tells of them. */
export const LANGDETECT_TABLE = {
  name: "langdetect",
  what: NAME,
  licence: "Apache-2.0",
  source: `pypi:${ARCHIVE.distribution}==${ARCHIVE.version}`,
};

/** langdetect's profiles are not in the cache. */
export class LangdetectMissingError extends InputError {
  constructor(message: string) {
    super(message);
    this.name = "LangdetectMissingError";
  }
}

/** The bytes of a table, lowest first, in base64. */
const packedTable = <T>(type: new (bytes: ArrayBuffer) => T) =>
  z.codec(
    z.base64(),
    z.custom<T>((value) => value instanceof type),
    {
      decode: (text) => new type(new Uint8Array(Buffer.from(text, "base64")).buffer),
      encode: (table) => {
        const { buffer, byteOffset, byteLength } = table as ArrayBufferView;
        return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
      },
    },
  );

const packedSchema = z.object({
  characters: packedTable(Uint16Array),
  lastTwo: packedTable(Int32Array),
  before: packedTable(Uint16Array),
  starts: packedTable(Int32Array),
  languages: packedTable(Uint8Array),
  frequencies: packedTable(Float64Array),
  composed: packedTable(Uint16Array),
});

const packedPath = (env: Environment): string => join(cacheDirectory(env), "eval", `${PACKAGE}-tables.json`);

/**
 * What was fetched, from the cache; its hash is checked each time, in some milliseconds.
 * @throws LangdetectMissingError when it isn't there, or was changed
 */
export function readLangdetectTables(env: Environment = process.env): LangdetectTables {
  const path = packedPath(env);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new LangdetectMissingError(
      `langdetect's language profiles are not in the cache (${path}): fetch them with: rpo eval tables --pull`,
    );
  }
  if (createHash("sha256").update(bytes).digest("hex") !== PACKED_SHA256)
    throw new LangdetectMissingError(
      `${path} is damaged: fetch langdetect's language profiles anew with: rpo eval tables --pull`,
    );
  return packedSchema.parse(JSON.parse(bytes.toString("utf8")));
}

/** The file in the cache, or null. Uses no network. */
export const cachedLangdetect = (env: Environment = process.env): Promise<VerifiedFile | null> =>
  verifiedFile(packedPath(env), PACKED_SHA256);

/**
 * Sees to it that the profiles are in the cache: 1 MB is fetched where they are not.
 * @throws WheelIndexError or DownloadError saying what to do; the signal's reason when it is aborted
 */
export const pullLangdetect = (options: PullOptions = {}): Promise<VerifiedFile> =>
  pullFromSdist(
    { name: NAME, path: packedPath(options.env ?? process.env), sha256: PACKED_SHA256 },
    {
      archive: ARCHIVE,
      entries: [MESSAGES_ENTRY, ...LANGUAGES.map((language) => `${PACKAGE}/langdetect/profiles/${language}`)],
      pack,
    },
    options,
  );

/** The tables that are made of the archive's files. */
function pack(entries: readonly Buffer[]): string {
  const [messages = "", ...profiles] = entries.map((entry) => entry.toString("utf8"));
  return JSON.stringify(packedSchema.encode(compileTables({ messages, profiles })));
}
