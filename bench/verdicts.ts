// Code verdicts per second on responses of 100 words: the constraints of the sample profiles that code can judge, each
// profile's on fresh responses (words, sentences, emoji are found anew for every response). Target: 100,000 a second.

import { judgeByCode } from "../src/judge/code-judge.ts";
import { drawOne, seededRandom } from "../src/preference/seed.ts";
import { readProfiles, SAMPLE_PROFILES } from "../src/profile/profile-files.ts";
import { planTurns } from "../src/run/plan.ts";

const WORDS =
  "the harbour keeps its own time and every boat that leaves before dawn comes home with a story worth telling".split(
    " ",
  );
const ENDS = [". ", "! ", "? ", ".\n\n", ".\n- ", " **bold** ", " 😀 ", ", "];
const random = seededRandom("bench", 1);

/** 100 words in sentences, paragraphs and list items. */
function response(): string {
  let text = "";
  for (let i = 0; i < 100; i++) text += drawOne(WORDS, random) + (i % 9 === 8 ? drawOne(ENDS, random) : " ");
  return text.trim();
}

const { turns } = planTurns(await readProfiles(SAMPLE_PROFILES), 2);
const english = turns.filter((turn) => turn.language === "en");
const responses = Array.from({ length: 2_000 }, response);

function round(): number {
  let verdicts = 0;
  for (const [i, text] of responses.entries()) {
    const turn = english[i % english.length]!;
    verdicts += judgeByCode(
      turn.constraints.map(({ check }) => check),
      turn.query,
      text,
    ).length;
  }
  return verdicts;
}

round(); // the language detector's tables and the JIT
const rates: number[] = [];
for (let i = 0; i < 7; i++) {
  const start = performance.now();
  const verdicts = round();
  rates.push(verdicts / ((performance.now() - start) / 1000));
}
rates.sort((a, b) => a - b);
const shown = (rate: number): string => Math.round(rate).toLocaleString("en-US");
console.log(
  `code verdicts: median ${shown(rates[3]!)} a second (min ${shown(rates[0]!)}, max ${shown(rates[6]!)}); target 100,000`,
);
