// Whether json.loads takes a text: JSON with NaN, Infinity and -Infinity, unescaped control characters refused, white space
// as in JSON. Ignores the values. Nesting beyond Python's recursion limit is RecursionError there, so it is told apart here.

/** Levels that json.loads takes within the official programs: Python's limit of 1,000 calls, less those around it. */
const DEEPEST = 990;

const space = /[ \t\n\r]*/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar = /true|false|null|NaN|-?Infinity|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Digits of a whole number beyond which Python's int() raises ValueError. */
const MOST_DIGITS = 4300;

/** "json", "not json", or "too deep". */
export function jsonLoads(text: string): "json" | "not json" | "too deep" {
  let at = 0;
  const take = (regex: RegExp): string | null => {
    regex.lastIndex = at;
    const found = regex.exec(text);
    if (found === null) return null;
    at = regex.lastIndex;
    return found[0];
  };
  const takeSign = (sign: string): boolean => {
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const takeKey = (): boolean => {
    if (take(string) === null) return false;
    take(space);
    if (!takeSign(":")) return false;
    take(space);
    return true;
  };

  const open: string[] = [];
  take(space);
  for (;;) {
    // A value stands here.
    const opening = text[at];
    if (opening === "[" || opening === "{") {
      at += 1;
      open.push(opening === "[" ? "]" : "}");
      if (open.length > DEEPEST) return "too deep";
      take(space);
      if (!takeSign(open.at(-1) as string)) {
        if (opening === "{" && !takeKey()) return "not json";
        continue;
      }
      open.pop();
    } else if (opening === '"') {
      if (take(string) === null) return "not json";
    } else {
      const value = take(scalar);
      if (value === null) return "not json";
      if (/^-?[0-9]+$/.test(value) && value.replace("-", "").length > MOST_DIGITS) return "not json";
    }
    // A value ended here.
    for (;;) {
      take(space);
      const closing = open.at(-1);
      if (closing === undefined) return at === text.length ? "json" : "not json";
      if (takeSign(closing)) {
        open.pop();
        continue;
      }
      if (!takeSign(",")) return "not json";
      take(space);
      if (closing === "}" && !takeKey()) return "not json";
      break;
    }
  }
}
