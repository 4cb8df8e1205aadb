// Which responses a reverse is tried on: as many that satisfy the constraint as do not, as far as there are such. On responses that all
// satisfy it a reverse that can never hold would look perfect.
import type { Verdict } from "../constraint/verdict.ts";
import type { JudgedItem } from "../judge/llm-judge.ts";
import { fraction } from "../preference/seed.ts";

/** A response to try a constraint and its reverse on. */
export interface Trial {
  /** Names the response in the whole input. */
  readonly id: string;
  readonly item: JudgedItem;
  /** Under the constraint, where it is known; null where it must be judged. */
  readonly verdict: Verdict | null;
}

/** Draws trials for one constraint; depends on the seed, the constraint and the ids, not on the order of offers. */
export class TrialDraw {
  readonly #size: number;
  readonly #key: readonly (string | number)[];
  readonly #kept: Record<"pass" | "fail" | "open", { readonly rank: number; readonly trial: Trial }[]> = {
    pass: [],
    fail: [],
    open: [],
  };

  constructor(size: number, seed: number, text: string) {
    this.#size = size;
    this.#key = ["reversal-audit", seed, text];
  }

  /** Offers a response. One on which the constraint is `na` tells nothing of its reverse, and is not taken. */
  offer(trial: Trial): void {
    if (trial.verdict === "na") return;
    const kept = this.#kept[trial.verdict ?? "open"];
    kept.push({ rank: fraction(...this.#key, trial.id), trial });
    if (kept.length > this.#size) kept.sort((a, b) => a.rank - b.rank).pop();
  }

  /** The trials drawn: passes and fails by turns, then those that are not judged yet. */
  trials(): Trial[] {
    const [pass, fail, open] = [this.#kept.pass, this.#kept.fail, this.#kept.open].map((kept) =>
      kept.sort((a, b) => a.rank - b.rank).map(({ trial }) => trial),
    ) as [Trial[], Trial[], Trial[]];
    const byTurns = Array.from({ length: Math.max(pass.length, fail.length) }, (_, i) => [pass[i], fail[i]]).flat();
    return [...byTurns.filter((trial) => trial !== undefined), ...open].slice(0, this.#size);
  }
}
