// Searches with patterns of Python's re module that come from data. Plain words run on JavaScript's engine; patterns with
// choices or repeats, on which that may take exponential time, on a backtracking one that never tries the same instruction
// at the same place twice: the same match as Python's, in time linear in pattern × text for one search. (re2js, which runs
// other patterns from data, has \w, \d and \b of ASCII only and no look-around.) Ignores what groups capture.
import { isWord, WORD } from "./characters.ts";
import {
  type Assertion,
  cased,
  type Flags,
  type Node,
  parsePattern,
  UnsupportedPattern,
  widthOf,
} from "./regex-syntax.ts";

export { PatternError, UnsupportedPattern } from "./regex-syntax.ts";

/** A compiled pattern. */
export interface PythonRegex {
  /** Whether re.search finds a match. @throws UnsupportedPattern where it would cost too much */
  readonly found: (text: string) => boolean;
  /** Number of matches that re.findall gives. @throws UnsupportedPattern where it would cost too much */
  readonly count: (text: string) => number;
  /** Number of groups that capture. */
  readonly groups: number;
}

type Searches = Omit<PythonRegex, "groups">;

/** Instructions × characters that matching may cost: a second or so. */
const MOST_STEPS = 50_000_000;
/** Instructions of a compiled pattern: nested counted repeats multiply them. */
const LARGEST_PROGRAM = 10_000;
/** Compiled patterns kept: a benchmark repeats few of them. */
const CACHE_SIZE = 256;
const compiled = new Map<string, PythonRegex>();

/** @throws PatternError as Python raises re.error; UnsupportedPattern */
export function pythonRegex(pattern: string, flags: Partial<Flags> = {}): PythonRegex {
  const { ignoreCase = false, multiline = false, dotAll = false } = flags;
  const key = `${ignoreCase ? "i" : ""}${multiline ? "m" : ""}${dotAll ? "s" : ""}/${pattern}`;
  let regex = compiled.get(key);
  if (regex === undefined) {
    const { node, groups } = parsePattern(pattern, { ignoreCase, multiline, dotAll });
    regex = { ...(wholeWord(node) ?? onJavaScript(node) ?? onProgram(node)), groups };
    if (compiled.size >= CACHE_SIZE) compiled.clear();
    compiled.set(key, regex);
  }
  return regex;
}

const ONE_OF_WORD = cased(`[${WORD}]`);
const WORD_BEFORE = `(?<=${ONE_OF_WORD})`;
const NO_WORD_BEFORE = `(?<!${ONE_OF_WORD})`;
const WORD_AFTER = `(?=${ONE_OF_WORD})`;
const NO_WORD_AFTER = `(?!${ONE_OF_WORD})`;

/** `\b` between two items: beside a character that is known, one look is enough. */
function boundary(before: Node | undefined, after: Node | undefined): string {
  const next = after?.kind === "character" ? after.literal : undefined;
  if (next !== undefined) return isWord(next) ? NO_WORD_BEFORE : WORD_BEFORE;
  const previous = before?.kind === "character" ? before.literal : undefined;
  if (previous !== undefined) return isWord(previous) ? NO_WORD_AFTER : WORD_AFTER;
  return `(?:${NO_WORD_BEFORE}${WORD_AFTER}|${WORD_BEFORE}${NO_WORD_AFTER})`;
}

/**
 * `\bword\b` of plain characters, as most patterns are: the boundaries are looked at in code, for classes of Unicode take
 * JavaScript's engine longer to compile than a benchmark's patterns take to run.
 */
function wholeWord(node: Node): Searches | null {
  if (node.kind !== "sequence") return null;
  const [first, last] = [node.items[0], node.items.at(-1)];
  const inside = node.items.slice(1, -1);
  if (first === undefined || last === undefined || !isBoundary(first) || !isBoundary(last)) return null;
  const plain = inside.filter((item) => item.kind === "character").filter(({ literal }) => literal !== undefined);
  const flags = plain.map(({ flags }) => flags);
  if (plain.length === 0 || plain.length < inside.length || flags.some((flag) => flag !== flags[0])) return null;
  const word = new RegExp(plain.map(({ source }) => source).join(""), `g${flags[0] ?? "u"}`);
  const count = (text: string, most: number): number => {
    let found = 0;
    word.lastIndex = 0;
    for (let match = word.exec(text); match !== null && found < most; match = word.exec(text)) {
      const end = word.lastIndex;
      if (boundaryAt(text, match.index) && boundaryAt(text, end)) found += 1;
      else word.lastIndex = match.index + ((text.codePointAt(match.index) as number) > 0xffff ? 2 : 1);
    }
    return found;
  };
  return { found: (text) => count(text, 1) > 0, count: (text) => count(text, Number.POSITIVE_INFINITY) };
}

const isBoundary = (node: Node): boolean => node.kind === "assertion" && node.assertion === "boundary";

function boundaryAt(text: string, place: number): boolean {
  const before = place === 0 ? "" : text.slice(isLowSurrogate(text, place - 1) ? place - 2 : place - 1, place);
  const after = place === text.length ? "" : String.fromCodePoint(text.codePointAt(place) as number);
  return isWord(before) !== isWord(after);
}

const isLowSurrogate = (text: string, at: number): boolean => at > 0 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** Optional characters that a pattern may have and still be matched by JavaScript: each may double the time. */
const MOST_OPTIONAL = 3;

/** Patterns of plain characters, a few of them optional, and one run at the end: JavaScript needs linear time for those. */
function onJavaScript(node: Node): Searches | null {
  const items = node.kind === "sequence" ? node.items : [node];
  let optional = 0;
  let ended = false;
  let source = "";
  let flags: "u" | "iu" | null = null;
  for (const [i, item] of items.entries()) {
    const own =
      item.kind === "character"
        ? item.flags
        : item.kind === "repeat" && item.item.kind === "character"
          ? item.item.flags
          : null;
    if (own !== null && flags !== null && own !== flags) return null;
    flags ??= own;
    if (item.kind === "character" && !ended) source += item.source;
    else if (item.kind === "assertion" && item.assertion === "boundary" && !ended)
      source += boundary(items[i - 1], items[i + 1]);
    else if (item.kind === "repeat" && item.greedy && item.item.kind === "character") {
      if (item.min === 0 && item.max === 1) optional += 1;
      else if (item.min === 1 && item.max === Number.POSITIVE_INFINITY && !ended) ended = true;
      else return null;
      source += `(?:${item.item.source})${item.max === 1 ? "?" : "+"}`;
    } else return null;
  }
  if (source === "" || optional > MOST_OPTIONAL) return null;
  const once = new RegExp(source, flags ?? "u");
  return {
    found: (text) => once.test(text),
    count: (text) => text.match(new RegExp(source, `g${flags ?? "u"}`))?.length ?? 0,
  };
}

type Instruction =
  | { readonly op: "character"; readonly test: (character: string) => boolean }
  | { readonly op: "assertion"; readonly assertion: Assertion }
  /** Tries `first`, then `second`. */
  | { op: "split"; first: number; second: number }
  | { op: "jump"; to: number }
  | { readonly op: "atomic"; readonly program: readonly Instruction[] }
  | { readonly op: "look"; readonly program: readonly Instruction[]; readonly back: number; readonly negated: boolean }
  | { readonly op: "match" };

function programOf(node: Node): Instruction[] {
  const program: Instruction[] = [];
  emit(node, program);
  program.push({ op: "match" });
  return program;
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > LARGEST_PROGRAM) throw new UnsupportedPattern("a pattern with too much repetition");
  switch (node.kind) {
    case "character": {
      const regex = new RegExp(`^${node.source}$`, node.flags ?? "u");
      program.push({ op: "character", test: (character) => regex.test(character) });
      return;
    }
    case "assertion":
      program.push({ op: "assertion", assertion: node.assertion });
      return;
    case "sequence":
      for (const item of node.items) emit(item, program);
      return;
    case "atomic":
      program.push({ op: "atomic", program: programOf(node.item) });
      return;
    case "look":
      program.push({
        op: "look",
        program: programOf(node.item),
        back: node.ahead ? 0 : (widthOf(node.item) as number),
        negated: node.negated,
      });
      return;
    case "choice":
      emitChoice(node.options, program);
      return;
    case "repeat":
      emitRepeat(node, program);
  }
}

function emitChoice(options: readonly Node[], program: Instruction[]): void {
  const jumps: { to: number }[] = [];
  for (const [i, option] of options.entries()) {
    if (i === options.length - 1) {
      emit(option, program);
      break;
    }
    const split = { op: "split" as const, first: program.length + 1, second: -1 };
    program.push(split);
    emit(option, program);
    const jump = { op: "jump" as const, to: -1 };
    jumps.push(jump);
    program.push(jump);
    split.second = program.length;
  }
  for (const jump of jumps) jump.to = program.length;
}

function emitRepeat({ item, min, max, greedy }: Extract<Node, { kind: "repeat" }>, program: Instruction[]): void {
  for (let i = 0; i < min; i += 1) emit(item, program);
  const splits: { first: number; second: number }[] = [];
  const push = (): void => {
    const split = { op: "split" as const, first: program.length + 1, second: program.length + 1 };
    splits.push(split);
    program.push(split);
  };
  if (max === Number.POSITIVE_INFINITY) {
    const start = program.length;
    push();
    emit(item, program);
    program.push({ op: "jump", to: start });
  } else
    for (let i = min; i < max; i += 1) {
      push();
      emit(item, program);
    }
  for (const split of splits) split[greedy ? "second" : "first"] = program.length;
}

function onProgram(node: Node): Searches {
  const program = programOf(node);
  return {
    found: (text) => new Matcher(program, [...text]).search(0, false) !== null,
    count: (text) => {
      const matcher = new Matcher(program, [...text]);
      let count = 0;
      let from = 0;
      let empty = false;
      for (;;) {
        const match = matcher.search(from, empty);
        if (match === null) return count;
        count += 1;
        from = match.end;
        empty = match.end === match.start; // Python's next match begins here, and may not be empty again
      }
    },
  };
}

class Matcher {
  readonly #program: readonly Instruction[];
  readonly #text: readonly string[];
  /** Which search tried the instruction at the place: [instruction × (length + 1) + place]. */
  readonly #tried: Int32Array;
  readonly #inner = new Map<Instruction, Matcher>();
  #search = 1;
  #steps = 0;

  constructor(program: readonly Instruction[], text: readonly string[]) {
    const size = program.length * (text.length + 1);
    if (size > MOST_STEPS) throw new UnsupportedPattern("a pattern too large for a text so long");
    this.#program = program;
    this.#text = text;
    this.#tried = new Int32Array(size);
  }

  /** The first match from `from` on; an empty one there doesn't count if `notEmpty`. */
  search(from: number, notEmpty: boolean): { start: number; end: number } | null {
    this.#search += 1;
    for (let start = from; start <= this.#text.length; start += 1) {
      const end = this.#matchAt(start, notEmpty && start === from);
      if (end !== -1) return { start, end };
      // What a barred empty match left as tried may be wanted by the next start.
      if (notEmpty && start === from) this.#search += 1;
    }
    return null;
  }

  /** End of the match that begins there, -1 if there is none. */
  #matchAt(start: number, notEmpty: boolean): number {
    const stack: number[] = [0, start];
    while (stack.length > 0) {
      let place = stack.pop() as number;
      let at = stack.pop() as number;
      for (;;) {
        const cell = at * (this.#text.length + 1) + place;
        if (this.#tried[cell] === this.#search) break;
        this.#tried[cell] = this.#search;
        this.#steps += 1;
        if (this.#steps > MOST_STEPS) throw new UnsupportedPattern("a pattern that takes too many steps on this text");
        const instruction = this.#program[at] as Instruction;
        if (instruction.op === "match") {
          if (notEmpty && place === start) break;
          return place;
        }
        if (instruction.op === "character") {
          if (place === this.#text.length || !instruction.test(this.#text[place] as string)) break;
          place += 1;
          at += 1;
        } else if (instruction.op === "jump") at = instruction.to;
        else if (instruction.op === "split") {
          stack.push(instruction.second, place);
          at = instruction.first;
        } else if (instruction.op === "atomic") {
          place = this.#endWithin(instruction, place);
          if (place === -1) break;
          at += 1;
        } else if (instruction.op === "look") {
          if (this.#looksRight(instruction, place) === instruction.negated) break;
          at += 1;
        } else {
          if (!this.#holds(instruction.assertion, place)) break;
          at += 1;
        }
      }
    }
    return -1;
  }

  #looksRight(look: Extract<Instruction, { op: "look" }>, place: number): boolean {
    if (place < look.back) return false;
    return this.#endWithin(look, place - look.back) !== -1;
  }

  /** Where the match of an inner program that begins there ends, -1 if there is none. */
  #endWithin(inner: Extract<Instruction, { op: "look" | "atomic" }>, place: number): number {
    let matcher = this.#inner.get(inner);
    if (matcher === undefined) {
      matcher = new Matcher(inner.program, this.#text);
      this.#inner.set(inner, matcher);
    }
    const end = matcher.#matchAt(place, false);
    // What failed fails from every beginning; only what led to a match is to be tried again.
    if (end !== -1) matcher.#search += 1;
    this.#steps += matcher.#steps;
    matcher.#steps = 0;
    return end;
  }

  #holds(assertion: Assertion, place: number): boolean {
    const { length } = this.#text;
    switch (assertion) {
      case "start":
        return place === 0;
      case "very end":
        return place === length;
      case "end":
        return place === length || (place === length - 1 && this.#text[place] === "\n");
      case "line start":
        return place === 0 || this.#text[place - 1] === "\n";
      case "line end":
        return place === length || this.#text[place] === "\n";
      case "boundary":
      case "no boundary": {
        // Python 3.11 finds no \B in an empty text.
        if (length === 0) return false;
        const before = place > 0 && isWord(this.#text[place - 1] as string);
        const after = place < length && isWord(this.#text[place] as string);
        return (before !== after) === (assertion === "boundary");
      }
    }
  }
}
