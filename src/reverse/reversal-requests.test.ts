import { expect, it } from "vitest";
import type { Turn } from "../preference/turn.ts";
import { ReversalRequests } from "./reversal-requests.ts";

const turn = (id: string, verdicts: readonly (boolean | null)[]): Turn => ({
  id,
  profile: "p",
  messages: [
    { role: "system", content: "You are a cook." },
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Hi." },
    { role: "user", content: "Soup?" },
  ],
  constraints: [{ id: "c", text: "Be kind." }],
  responses: verdicts.map((verdict, i) => ({
    id: `r${i}`,
    text: i === 9 ? null : `Response ${i}`,
    verdicts: [verdict],
  })),
  verdictSource: "judge",
});
const options = { trials: 4, seed: 1, rejudge: false };

it("gathers each text once, with responses of any turn that it applies to", () => {
  const gathered = new ReversalRequests(options);
  gathered.meetText("Be bold.");
  gathered.meetTurn(turn("t", [true, null, true, true]));
  gathered.meetTurn(turn("u", [false, null]));
  const [bold, kind, ...more] = gathered.requests();
  expect(more).toEqual([]);
  expect(bold).toEqual({ text: "Be bold.", trials: [] });
  expect(kind?.trials.map(({ verdict }) => verdict)).toEqual(["pass", "fail", "pass", "pass"]);
  expect(kind?.trials[1]).toEqual({
    id: '["u","r0"]',
    item: {
      history: [
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Hi." },
      ],
      query: "Soup?",
      response: "Response 0",
      language: "en",
    },
    verdict: "fail",
  });
});

it("takes no account of verdicts that are to be judged anew, nor of responses without a text", () => {
  const gathered = new ReversalRequests({ ...options, trials: 20, rejudge: true });
  gathered.meetTurn(turn("t", Array(10).fill(null)));
  const [kind] = gathered.requests();
  expect(kind?.trials.map(({ verdict }) => verdict)).toEqual(Array(9).fill(null));
});
