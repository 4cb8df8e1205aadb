// What came of a training, in small, for the tests of the page: made-up responses, judged by code, compared by the real thing.
import { verdictOn, viewOf } from "../src/constraint/verdict.ts";
import { compare } from "../src/eval/comparison.ts";
import { type EvaluationTurn, heldOutTurns } from "../src/eval/held-out.ts";
import { seededRandom } from "../src/preference/seed.ts";
import type { EvaluationView } from "../src/report/page-data.ts";
import type { EvaluatedTurn } from "../src/run/evaluate.ts";
import { exampleViews } from "../src/run/example-views.ts";

const profiles = ["en-harbour-radio", "en-tea-house"].map((id) => ({
  id,
  language: "en" as const,
  split: "held-out" as const,
  name: "Night desk",
  persona: "You answer at night.",
  constraints: [
    { id: "c1", text: "Write at most 8 words." },
    { id: "c2", text: "Do not use the word “sorry”." },
    { id: "c3", text: "If the user's message contains “tide”, mention “chart four”." },
    { id: "c4", text: "No exclamation marks." },
  ],
  queries: ["When is the tide in?", "Are you open?", "Who is there <now> & why?"],
}));

const RESPONSES = [
  "At six.",
  "I am sorry, I do not know when it is, but you can ask at the desk!",
  "See chart four.",
  "We are open until the last guest has gone home, which may be late.",
  "Sorry!",
  " ",
];

/** @param heed how likely the model is to give the best of several responses instead of any */
function responses(turns: readonly EvaluationTurn[], heed: number): EvaluatedTurn[] {
  return turns.map((turn) => {
    const random = seededRandom("evaluation sample", turn.id, heed);
    const judged = RESPONSES.map((text) => ({
      text,
      verdicts: turn.constraints.map(({ check }) => verdictOn(check, viewOf(text), viewOf(turn.query))),
    }));
    const passes = ({ verdicts }: (typeof judged)[number]): number => verdicts.filter((one) => one === "pass").length;
    const best = judged.toSorted((a, b) => passes(b) - passes(a))[0]!;
    return {
      ...turn,
      request: turn.id,
      samples: Array.from({ length: 4 }, (_, sample) => {
        const chosen = random() < heed ? best : judged[Math.floor(random() * judged.length)]!;
        return { ...chosen, sample, finishReason: "stop", tokens: 9 };
      }),
    };
  });
}

export function sampleEvaluation(): EvaluationView {
  const { turns } = heldOutTurns(profiles, 3);
  const [base, tuned] = [responses(turns, 0), responses(turns, 0.5)];
  const figures = { margin: 0.1, rewardMargin: 0.05, rewardAccuracy: 0.5, marginAccuracy: 0.4 };
  const records = [0.7, 0.66, 0.61, 0.58].map((loss, index) => ({
    kind: "step" as const,
    step: index + 1,
    loss,
    ...figures,
    rewardMargin: index * 0.05,
  }));
  return {
    comparison: compare(base, tuned, { seed: 1, resamples: 500 }),
    training: {
      summary: {
        settings: { method: "rpo", beta: 0.1, gamma: 0.05, rank: 8, alpha: 16, learningRate: 0.0005, batch: 8 },
        steps: 4,
        seconds: 181.4,
        validation: {
          before: { step: 0, loss: 0.7, ...figures },
          after: { step: 4, loss: 0.62, ...figures, rewardAccuracy: 0.75 },
          best: { step: 4, loss: 0.62, ...figures, rewardAccuracy: 0.75 },
        },
      },
      records,
    },
    leftOut: [],
    examples: exampleViews(base, tuned, 1),
  };
}
