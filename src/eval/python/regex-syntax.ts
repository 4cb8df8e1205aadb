// Patterns of Python's re module (3.11, str patterns) as a tree. What Python refuses is refused with PatternError, as re.error
// would be. Ignores what has no linear-time match or is not met in instructions: back-references, conditional
// groups, names of characters, and the flags a, L and x; those are UnsupportedPattern, which is a fault of ours and no verdict.
import { DIGIT, SPACE, WORD } from "./characters.ts";

/** The pattern is wrong: where Python raises re.error. */
export class PatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PatternError";
  }
}

/** A pattern that Python takes and this module doesn't, or whose matching would cost too much. */
export class UnsupportedPattern extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnsupportedPattern";
  }
}

export interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

export type Assertion = "start" | "end" | "line start" | "line end" | "very end" | "boundary" | "no boundary";

export type Node =
  /** One character; `source` is a JavaScript expression for the same under `flags`, null where either will do. */
  | {
      readonly kind: "character";
      readonly source: string;
      readonly flags: "u" | "iu" | null;
      readonly literal?: string;
    }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly item: Node;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    }
  /** The match that the item finds first, and no other: `c++`, `(?>…)`. */
  | { readonly kind: "atomic"; readonly item: Node; readonly group: boolean }
  | { readonly kind: "look"; readonly item: Node; readonly ahead: boolean; readonly negated: boolean };

type CharacterNode = Extract<Node, { kind: "character" }>;

const MODIFIED = "(?-i:a)";
const hasModifiers = ((): boolean => {
  try {
    return new RegExp(MODIFIED).test("a");
  } catch {
    return false;
  }
})();

/**
 * The class as it is where case is ignored around it: JavaScript would take one combining mark, U+0345, for the letter ι.
 * Node before 23 has no such groups, and does take it.
 */
export const cased = (source: string): string => (hasModifiers ? `(?-i:${source})` : source);

const CLASSES: Readonly<Record<string, string>> = {
  d: `[${DIGIT}]`,
  D: `[^${DIGIT}]`,
  s: `[${SPACE}]`,
  S: `[^${SPACE}]`,
  w: cased(`[${WORD}]`),
  W: cased(`[^${WORD}]`),
};
const CONTROLS: Readonly<Record<string, string>> = { a: "\x07", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };
/** Hexadecimal digits after each letter. */
const HEX_LENGTH: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const ASSERTIONS: Readonly<Record<string, Assertion>> = { A: "start", Z: "very end", b: "boundary", B: "no boundary" };

/** A character as JavaScript source. */
const quoted = (character: string): string => `\\u{${(character.codePointAt(0) as number).toString(16)}}`;

/** Python's IGNORECASE takes these for one another; JavaScript's flag i takes i and I only. All other letters agree. */
const I_FAMILY = "iI\u0131\u0130";

/** Whether the source matches one of them. */
function takesI(source: string): boolean {
  const one = new RegExp(`^${source}$`, "iu");
  return [...I_FAMILY].some((letter) => one.test(letter));
}

class Parser {
  readonly #characters: readonly string[];
  #at = 0;
  #flags: Flags;
  /** Groups that capture. */
  groups = 0;
  readonly #named = new Map<string, number>();
  /** Groups that are not closed yet. */
  readonly #open = new Set<number>();
  /** Greatest group that a condition goes by: it may come later in the pattern. */
  #condition = 0;
  /** What the pattern has that is not matched here. Told only where Python takes the whole pattern. */
  #unsupported: string | null = null;

  constructor(pattern: string, flags: Flags) {
    this.#characters = [...pattern];
    this.#flags = flags;
  }

  parse(): Node {
    this.#globalFlags();
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw new PatternError("unbalanced parenthesis");
    if (this.#condition > this.groups) throw new PatternError("invalid group reference");
    if (this.#unsupported !== null) throw new UnsupportedPattern(this.#unsupported);
    return node;
  }

  get #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(text: string): boolean {
    const found = [...text].every((character, i) => this.#characters[this.#at + i] === character);
    if (found) this.#at += text.length;
    return found;
  }

  /** `(?im)` at the beginning; comments may stand before it. */
  #globalFlags(): void {
    while (this.#next === "(" && this.#characters[this.#at + 1] === "?") {
      if (this.#take("(?#")) {
        this.#comment();
        continue;
      }
      let end = this.#at + 2;
      while (/[a-zA-Z]/.test(this.#characters[end] ?? "")) end += 1;
      if (end === this.#at + 2 || this.#characters[end] !== ")") return;
      const letters = this.#characters.slice(this.#at + 2, end).join("");
      if (letters.startsWith("P")) return;
      this.#flags = withFlags(this.#flags, letters, "");
      this.#at = end + 1;
    }
  }

  #choice(): Node {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return options.length === 1 ? (options[0] as Node) : { kind: "choice", options };
  }

  #sequence(): Node {
    const items: Node[] = [];
    for (;;) {
      const next = this.#next;
      if (next === undefined || next === "|" || next === ")") break;
      const repeat = this.#repeat();
      if (repeat === null) {
        const item = this.#item();
        if (item !== null) items.push(item);
        continue;
      }
      const item = items.pop();
      if (item === undefined || item.kind === "assertion") throw new PatternError("nothing to repeat");
      if (item.kind === "repeat" || (item.kind === "atomic" && !item.group)) throw new PatternError("multiple repeat");
      if (this.#take("+"))
        items.push({ kind: "atomic", item: { kind: "repeat", item, ...repeat, greedy: true }, group: false });
      else items.push({ kind: "repeat", item, ...repeat, greedy: !this.#take("?") });
    }
    return items.length === 1 ? grouped(items[0] as Node) : { kind: "sequence", items };
  }

  /** `*`, `+`, `?`, `{2,3}`; null where none is next. `{` that begins no repeat is a character. */
  #repeat(): { min: number; max: number } | null {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    if (this.#next !== "{" || this.#characters[this.#at + 1] === "}") return null;
    const from = this.#at;
    this.#at += 1;
    const low = this.#digits();
    const high = this.#take(",") ? this.#digits() : low;
    if (!this.#take("}")) {
      this.#at = from;
      return null;
    }
    const min = low === "" ? 0 : Number(low);
    const max = high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (max < min) throw new PatternError("min repeat greater than max repeat");
    return { min, max };
  }

  #digits(): string {
    let digits = "";
    while (/^[0-9]$/.test(this.#next ?? "")) digits += this.#characters[this.#at++];
    return digits;
  }

  /** One character, assertion or group; null for a comment. */
  #item(): Node | null {
    const character = this.#characters[this.#at++] as string;
    if (character === ".") return this.#character(this.#flags.dotAll ? "[^]" : "[^\\n]", false);
    if (character === "^") return { kind: "assertion", assertion: this.#flags.multiline ? "line start" : "start" };
    if (character === "$") return { kind: "assertion", assertion: this.#flags.multiline ? "line end" : "end" };
    if (character === "(") return this.#group();
    if (character === "[") return this.#set();
    if (character !== "\\") return this.#character(quoted(character), true, character);
    const letter = this.#next;
    const assertion = letter === undefined ? undefined : ASSERTIONS[letter];
    if (assertion !== undefined) {
      this.#at += 1;
      return { kind: "assertion", assertion };
    }
    if (/^[1-9]$/.test(letter ?? "")) return this.#reference();
    const source = this.#escape(false);
    return this.#character(source, !isClass(source));
  }

  #character(source: string, cased = true, literal?: string): CharacterNode {
    const known = literal === undefined ? {} : { literal };
    if (!cased) return { kind: "character", source, flags: null, ...known };
    if (!this.#flags.ignoreCase) return { kind: "character", source, flags: "u", ...known };
    const family = literal === undefined ? takesI(source) : I_FAMILY.includes(literal);
    return { kind: "character", source: family ? `(?:${source}|[${I_FAMILY}])` : source, flags: "iu", ...known };
  }

  /** After a backslash: JavaScript source of one character or class. */
  #escape(inSet: boolean): string {
    const letter = this.#characters[this.#at++];
    if (letter === undefined) throw new PatternError("bad escape (end of pattern)");
    const known = CLASSES[letter];
    if (known !== undefined) return known;
    const control = CONTROLS[letter] ?? (inSet && letter === "b" ? "\b" : undefined);
    if (control !== undefined) return quoted(control);
    const hexLength = HEX_LENGTH[letter];
    if (hexLength !== undefined) {
      const digits = this.#characters.slice(this.#at, this.#at + hexLength).join("");
      const code = Number.parseInt(digits, 16);
      if (!new RegExp(`^[0-9a-fA-F]{${hexLength}}$`).test(digits) || code > 0x10ffff)
        throw new PatternError(`incomplete escape \\${letter}${digits}`);
      this.#at += hexLength;
      return `\\u{${digits}}`;
    }
    if (/^[0-7]$/.test(letter)) return this.#octal(letter);
    if (letter === "N" && this.#next === "{") {
      if (inSet) throw new UnsupportedPattern(NAMES);
      this.#take("{");
      this.#until("}");
      this.#unsupported ??= NAMES;
      return quoted("\0");
    }
    if (/^[89]$/.test(letter)) throw new PatternError(`bad escape \\${letter}`);
    if (/^[a-zA-Z]$/.test(letter)) throw new PatternError(`bad escape \\${letter}`);
    return quoted(letter);
  }

  /** Up to three octal digits: `\0` anywhere, and all in a set. */
  #octal(first: string): string {
    let digits = first;
    while (digits.length < 3 && /^[0-7]$/.test(this.#next ?? "")) digits += this.#characters[this.#at++];
    const code = Number.parseInt(digits, 8);
    if (code > 0o377) throw new PatternError("octal escape value outside of range 0-0o377");
    return `\\u{${code.toString(16)}}`;
  }

  /** After a backslash before 1 to 9, outside a set: three octal digits are a character, one or two digits a group. */
  #reference(): Node {
    const [first = "", second = "", third = ""] = this.#characters.slice(this.#at, this.#at + 3);
    if (/^[0-7]{3}$/.test(first + second + third)) {
      this.#at += 1;
      return this.#character(this.#octal(first));
    }
    const digits = /^[0-9]$/.test(second) ? first + second : first;
    this.#at += digits.length;
    return this.#backReference(Number(digits));
  }

  #backReference(group: number): Node {
    if (group > this.groups) throw new PatternError("invalid group reference");
    if (this.#open.has(group)) throw new PatternError("cannot refer to an open group");
    return this.#leave("back-references");
  }

  /** Something that takes part in no match here: an empty sequence in its place, so that the rest can be read. */
  #leave(what: string): Node {
    this.#unsupported ??= what;
    return { kind: "sequence", items: [] };
  }

  /** After `[`. */
  #set(): Node {
    const negated = this.#take("^");
    const parts: string[] = [];
    for (let first = true; ; first = false) {
      const character = this.#characters[this.#at++];
      if (character === undefined) throw new PatternError("unterminated character set");
      if (character === "]" && !first) break;
      const low = character === "\\" ? this.#escape(true) : quoted(character);
      if (this.#next !== "-" || this.#characters[this.#at + 1] === "]") {
        parts.push(low);
        continue;
      }
      this.#at += 1;
      const end = this.#characters[this.#at++];
      if (end === undefined) throw new PatternError("unterminated character set");
      const high = end === "\\" ? this.#escape(true) : quoted(end);
      if (isClass(low) || isClass(high) || codeOf(low) > codeOf(high)) throw new PatternError("bad character range");
      parts.push(`[${low}-${high}]`);
    }
    const inside = this.#character(`(?:${parts.join("|")})`);
    return negated ? { ...inside, source: `(?:(?!${inside.source})[^])` } : inside;
  }

  /** After `(`. */
  #group(): Node | null {
    if (!this.#take("?")) return this.#capture();
    if (this.#take("P")) {
      if (this.#take("=")) return this.#backReference(this.#groupNamed(this.#name(")")));
      if (!this.#take("<")) throw new PatternError("unknown extension ?P");
      const name = this.#name(">");
      if (this.#named.has(name)) throw new PatternError("redefinition of group name");
      this.#named.set(name, this.groups + 1);
      return this.#capture();
    }
    if (this.#take("#")) return this.#comment();
    if (this.#take(":")) return this.#rest(grouped);
    for (const [opening, ahead, negated] of LOOKS)
      if (this.#take(opening)) return this.#rest((item) => look(item, ahead, negated));
    if (this.#take(">")) return this.#rest((item) => ({ kind: "atomic", item, group: true }));
    if (this.#take("(")) return this.#conditional();
    return this.#scopedFlags();
  }

  /** After `(?#`. */
  #comment(): null {
    const end = this.#characters.indexOf(")", this.#at);
    if (end === -1) throw new PatternError("missing ), unterminated comment");
    this.#at = end + 1;
    return null;
  }

  #capture(): Node {
    this.groups += 1;
    const group = this.groups;
    this.#open.add(group);
    return this.#rest((item) => {
      this.#open.delete(group);
      return grouped(item);
    });
  }

  /** What stands before the sign that ends it. */
  #until(sign: string): string {
    const end = this.#characters.indexOf(sign, this.#at);
    const found = end === -1 ? "" : this.#characters.slice(this.#at, end).join("");
    if (found === "") throw new PatternError("missing group name");
    this.#at = end + 1;
    return found;
  }

  #name(sign: string): string {
    const name = this.#until(sign);
    if (!GROUP_NAME.test(name)) throw new PatternError("bad character in group name");
    return name;
  }

  #groupNamed(name: string): number {
    const group = this.#named.get(name);
    if (group === undefined) throw new PatternError("unknown group name");
    return group;
  }

  /** After `(?(`: a group, and one or two alternatives. */
  #conditional(): Node {
    const condition = this.#until(")");
    if (GROUP_NAME.test(condition)) this.#groupNamed(condition);
    else if (/^0*[1-9][0-9]*$/.test(condition)) this.#condition = Math.max(this.#condition, Number(condition));
    else throw new PatternError("bad character in group name");
    this.#sequence();
    if (this.#take("|")) this.#sequence();
    if (this.#next === "|") throw new PatternError("conditional backref with more than two branches");
    if (!this.#take(")")) throw new PatternError("missing ), unterminated subpattern");
    return this.#leave("conditional groups");
  }

  #scopedFlags(): Node {
    let letters = "";
    while (/^[a-zA-Z-]$/.test(this.#next ?? "")) letters += this.#characters[this.#at++];
    const [on = "", off = "", more] = letters.split("-");
    if (letters === "" || more !== undefined || !this.#take(":")) throw new PatternError("unknown extension");
    const outside = this.#flags;
    this.#flags = withFlags(outside, on, off);
    return this.#rest((item) => {
      this.#flags = outside;
      return grouped(item);
    });
  }

  #rest(finish: (item: Node) => Node): Node {
    const item = this.#choice();
    if (!this.#take(")")) throw new PatternError("missing ), unterminated subpattern");
    return finish(item);
  }
}

const NAMES = "characters by their names";
const GROUP_NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

const LOOKS = [
  ["=", true, false],
  ["!", true, true],
  ["<=", false, false],
  ["<!", false, true],
] as const;

/** A group may be repeated again, and an assertion in a group may be repeated. */
const grouped = (node: Node): Node =>
  node.kind === "repeat" || node.kind === "atomic" || node.kind === "assertion"
    ? { kind: "sequence", items: [node] }
    : node;

function look(item: Node, ahead: boolean, negated: boolean): Node {
  if (!ahead && widthOf(item) === null) throw new PatternError("look-behind requires fixed-width pattern");
  return { kind: "look", item, ahead, negated };
}

/** Number of characters that the node always matches; null if it varies. */
export function widthOf(node: Node): number | null {
  switch (node.kind) {
    case "character":
      return 1;
    case "assertion":
    case "look":
      return 0;
    case "sequence":
      return node.items.map(widthOf).reduce((sum, width) => (sum === null || width === null ? null : sum + width), 0);
    case "atomic":
      return widthOf(node.item);
    case "choice": {
      const [first, ...others] = node.options.map(widthOf);
      return others.every((width) => width === first) ? (first as number | null) : null;
    }
    case "repeat": {
      const width = widthOf(node.item);
      return width !== null && (node.min === node.max || width === 0) ? width * node.min : null;
    }
  }
}

const isClass = (source: string): boolean => !source.startsWith("\\u");

const codeOf = (source: string): number => Number.parseInt(source.slice(3), 16);

function withFlags(flags: Flags, on: string, off: string): Flags {
  const unknown = /[^aiLmsux]/.exec(on + off);
  if (unknown !== null) throw new PatternError("unknown flag");
  if (/[aLx]/.test(on + off)) throw new UnsupportedPattern("the flags a, L and x");
  const value = (letter: string, before: boolean): boolean => on.includes(letter) || (before && !off.includes(letter));
  return {
    ignoreCase: value("i", flags.ignoreCase),
    multiline: value("m", flags.multiline),
    dotAll: value("s", flags.dotAll),
  };
}

/**
 * The pattern as a tree, and how many of its groups capture.
 * @throws PatternError, UnsupportedPattern
 */
export function parsePattern(pattern: string, flags: Flags): { readonly node: Node; readonly groups: number } {
  const parser = new Parser(pattern, flags);
  return { node: parser.parse(), groups: parser.groups };
}
