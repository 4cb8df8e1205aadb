// Responses before and after training as the page shows them: chosen by eval/before-after.ts, with the constraints of their
// turn as that turn states them. Pure.
import { beforeAfter } from "../eval/before-after.ts";
import type { ExampleView } from "../report/page-data.ts";
import type { EvaluatedTurn } from "./evaluate.ts";

/** A page is read, not searched. */
const EXAMPLES = 3;

/** Verdicts as the page takes them: null is `na`. */
const shown = (verdict: EvaluatedTurn["samples"][number]["verdicts"][number]): boolean | null =>
  verdict === "pass" ? true : verdict === "fail" ? false : null;

/** Three examples; the seed decides the lot. */
export function exampleViews(
  base: readonly EvaluatedTurn[],
  tuned: readonly EvaluatedTurn[],
  seed: number,
): ExampleView[] {
  const responseOf = (turns: readonly EvaluatedTurn[], id: string, sample: number) => {
    const { text, verdicts } = turns
      .find((turn) => turn.id === id)!
      .samples.find((choice) => choice.sample === sample)!;
    return { text, verdicts: verdicts.map(shown) };
  };
  return beforeAfter(base, tuned, { seed, count: EXAMPLES }).map(({ turn: id, sample, change, reason }) => {
    const turn = base.find((other) => other.id === id)!;
    return {
      turn: turn.question,
      profile: turn.profile,
      language: turn.language,
      form: turn.form,
      query: turn.query,
      sample,
      change,
      reason,
      constraints: turn.constraints.map((constraint) => ({
        id: constraint.id,
        text: constraint.text,
        // What it was before it was turned round, where it was.
        original: turn.form === "reversed" ? constraint.reversed : null,
      })),
      base: responseOf(base, id, sample),
      tuned: responseOf(tuned, id, sample),
    };
  });
}
