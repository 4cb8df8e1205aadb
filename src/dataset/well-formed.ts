// Text that is valid Unicode. A JavaScript string may hold half of a surrogate pair (a model cut off inside an emoji, a
// JSON escape such as "\ud83d"); UTF-8 cannot, and pyarrow, pydantic and tokenizers each fail on it in another way. Every
// such half becomes U+FFFD before a row reaches any format.

/**
 * The same JSON value with every lone surrogate, in strings and in keys, replaced by U+FFFD.
 * A value without any is returned itself, not a copy, so `wellFormed(x) === x` tells that nothing had to be mended.
 */
export function wellFormed<T>(value: T): T {
  return mend(value) as T;
}

function mend(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) {
    const mended = value.map(mend);
    return mended.some((item, index) => item !== value[index]) ? mended : value;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const mended = entries.map(([key, item]) => [key.toWellFormed(), mend(item)] as const);
    const changed = mended.some(([key, item], index) => key !== entries[index]?.[0] || item !== entries[index]?.[1]);
    return changed ? Object.fromEntries(mended) : value;
  }
  return value;
}
