// Work that never waits for anything (answers from the store, items that are done) would keep the event loop from its turn: no signal
// would be seen, nothing shown, nothing committed, and memory not given back. Such work passes a gate now and then.
import { setImmediate } from "node:timers/promises";

/** A millisecond or two of answers from the store. */
const PASSES = 100;

/**
 * A gate for any number of workers: so many may pass together, then all wait until the event loop has had its turn.
 * @returns what to wait for, or null to go on at once
 */
export function loopTurn(passes = PASSES): () => Promise<void> | null {
  let passed = 0;
  let turn: Promise<void> | null = null;
  return () => {
    passed += 1;
    if (passed < passes) return null;
    turn ??= setImmediate().then(() => {
      passed = 0;
      turn = null;
    });
    return turn;
  };
}
