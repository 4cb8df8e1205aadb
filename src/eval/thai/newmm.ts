// Thai words as PyThaiNLP's newmm finds them: the fewest words of a dictionary that cover the text, whose ends lie between
// character clusters; what is in no word stands alone. Ignores the text's sentences.
import { DIGIT } from "../python/characters.ts";

/** What newmm goes by. */
export interface ThaiDictionary {
  readonly words: TrieNode;
  /** A character cluster at the beginning of a text (sticky); where none matches, one character is one. */
  readonly cluster: RegExp;
}

export interface TrieNode {
  isWord: boolean;
  readonly next: Map<string, TrieNode>;
}

/** A trie of words. Word ends are found by walking it, so a place costs no more than its longest word. */
export function trieOf(words: Iterable<string>): TrieNode {
  const root: TrieNode = { isWord: false, next: new Map() };
  for (const word of words) {
    let node = root;
    for (const character of word) {
      let next = node.next.get(character);
      if (next === undefined) {
        next = { isWord: false, next: new Map() };
        node.next.set(character, next);
      }
      node = next;
    }
    node.isWord = true;
  }
  return root;
}

/** Ambiguous words that are followed before newmm stops to look further. */
const MOST_EDGES = 50;

/** Runs that are no Thai. */
const notThai = new RegExp(
  `[-a-zA-Z]+|[${DIGIT}]+(?:[,.][${DIGIT}]+)*|[ \\t]+|\\r?\\n|[^\\u0e00-\\u0e7f \\t\\r\\n]+`,
  "uy",
);
const atMostTwoConsonants = /^[ก-ฮ]{0,2}$/;
/** Numbers, times and addresses are one word. */
const joinedNumber = new RegExp(`(?:[${DIGIT}]+[.,:])+[${DIGIT}]+`, "gu");

/** Words of a text, white space too, as pythainlp's word_tokenize gives them. */
export function thaiWords(given: string, dictionary: ThaiDictionary): string[] {
  // newmm counts code points: one code unit each in the place of those beyond the first plane keeps the places the same.
  const text = given.replace(/[\u{10000}-\u{10ffff}]/gu, (character) => (/\p{Nd}/u.test(character) ? "0" : "\ue000"));
  const words = joinNumbers([...segments(text, dictionary)], text);
  if (text === given) return words;
  const original = [...given];
  let at = 0;
  return words.map((word) => {
    at += word.length;
    return original.slice(at - word.length, at).join("");
  });
}

function* segments(text: string, dictionary: ThaiDictionary): Generator<string> {
  const clusterEnds = clusterEndsOf(text, dictionary.cluster);
  const ends = (from: number): number[] =>
    wordEnds(text, from, dictionary.words).filter((end) => clusterEnds[end] === 1);
  /** Where a word begins → where it may end. */
  const edges = new Map<number, number[]>();
  const open = new Set([0]);
  let edgeCount = 0;
  let written = 0;
  for (;;) {
    const from = Math.min(...open);
    if (from >= text.length) return;
    open.delete(from);
    for (const end of ends(from)) {
      add(edges, from, end);
      edgeCount += 1;
      open.add(end);
      if (edgeCount > MOST_EDGES) break;
    }
    if (open.size === 1) {
      // Every way goes through here: the shortest up to it is the one.
      edgeCount = 0;
      for (const end of shortestPath(edges, written, [...open][0] as number)) {
        yield text.slice(written, end);
        written = end;
      }
    } else if (open.size === 0) {
      written = endOfUnknown(text, from, clusterEnds, ends);
      add(edges, from, written);
      edgeCount += 1;
      yield text.slice(from, written);
      open.add(written);
    }
  }
}

function add(edges: Map<number, number[]>, from: number, end: number): void {
  const known = edges.get(from);
  if (known === undefined) edges.set(from, [end]);
  else known.push(end);
}

/** 1 where a cluster ends. */
function clusterEndsOf(text: string, cluster: RegExp): Uint8Array {
  const ends = new Uint8Array(text.length + 1);
  for (let at = 0; at < text.length; ) {
    cluster.lastIndex = at;
    at += cluster.exec(text)?.[0].length || 1;
    ends[at] = 1;
  }
  return ends;
}

function wordEnds(text: string, from: number, words: TrieNode): number[] {
  const ends: number[] = [];
  let node: TrieNode | undefined = words;
  for (let at = from; at < text.length; at += 1) {
    node = node.next.get(text[at] as string);
    if (node === undefined) break;
    if (node.isWord) ends.push(at + 1);
  }
  return ends;
}

/** Ends of the words of the path with the fewest of them; of several, the one found first. */
function shortestPath(edges: ReadonlyMap<number, readonly number[]>, start: number, goal: number): number[] {
  const before = new Map<number, number>();
  const queue = [start];
  for (let i = 0; i < queue.length && !before.has(goal); i += 1) {
    const from = queue[i] as number;
    for (const end of edges.get(from) ?? []) {
      if (before.has(end)) continue;
      before.set(end, from);
      queue.push(end);
    }
  }
  const path: number[] = [];
  for (let at = goal; at !== start; at = before.get(at) as number) path.push(at);
  return path.reverse();
}

/** Where what is in no word ends: before the next word of more than two consonants, or the next run that is no Thai. */
function endOfUnknown(text: string, from: number, clusterEnds: Uint8Array, ends: (from: number) => number[]): number {
  const run = notThaiAt(text, from);
  if (run > 0) return from + run;
  for (let at = from + 1; at < text.length; at += 1) {
    if (clusterEnds[at] !== 1) continue;
    if (ends(at).some((end) => !atMostTwoConsonants.test(text.slice(at, end)))) return at;
    if (notThaiAt(text, at) > 0) return at;
  }
  return text.length;
}

function notThaiAt(text: string, at: number): number {
  notThai.lastIndex = at;
  return notThai.exec(text)?.[0].length ?? 0;
}

function joinNumbers(words: readonly string[], text: string): string[] {
  const joined: string[] = [];
  let at = 0;
  let i = 0;
  for (const match of text.matchAll(joinedNumber)) {
    while (i < words.length && at < match.index) {
      joined.push(words[i] as string);
      at += (words[i++] as string).length;
    }
    let number = "";
    while (i < words.length && at < match.index + match[0].length) {
      number += words[i] as string;
      at += (words[i++] as string).length;
    }
    if (number !== "") joined.push(number);
  }
  return [...joined, ...words.slice(i)];
}
