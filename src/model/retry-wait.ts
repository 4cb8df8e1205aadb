// How long to wait before a request is made again: what the server asks for, or exponential back-off with full jitter (Brooker,
// "Exponential Backoff And Jitter", AWS Architecture Blog 2015), which spreads the requests of a crowd best. Pure. Ignores which
// requests deserve another try: see endpoint.ts.
import type { Random } from "../preference/seed.ts";

/** Back-off before the second try, at most; doubled for each further one. */
const FIRST_WAIT_MS = 500;
/** A wait that no server asked for is not longer. */
const MAX_WAIT_MS = 30_000;
/** A server may ask for a longer one, but not for ever: limits per minute are the usual case, limits per day a failure. */
export const MAX_RETRY_AFTER_MS = 120_000;

/**
 * Milliseconds to wait before the next try.
 * @param tries tries made so far, at least 1
 * @param retryAfterMs what the server asked for; null where it did not. It is waited in full, up to two minutes, and a little
 *   longer, since everybody who was refused was told the same
 */
export function retryWait(tries: number, retryAfterMs: number | null, random: Random): number {
  if (retryAfterMs !== null) return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + random() * FIRST_WAIT_MS;
  return random() * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
}

/**
 * Milliseconds that a Retry-After header asks to wait: seconds or an HTTP date (RFC 9110, 10.2.3). Null for what is neither.
 * @param now milliseconds since 1970
 */
export function retryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000; // some servers give fractions
  // A date of the standard's form has a name of a day; Date.parse alone takes "-1" for a year.
  if (!/^[A-Z][a-z]+, /.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
