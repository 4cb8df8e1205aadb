// How far the rules recognise the criteria of SysBench, and how well their verdicts agree with the published judge's.
//   node bench/recognition.ts [--sample N] [--seed S] [--disagreements RULE] [--draw N] [--unrecognised N]
// The data lies beside the project (../shared, or RPO_SHARED) and is not copied; criteria and responses are printed only where
// asked for, to be read, not shipped. A criterion is judged in the round in which the benchmark has it triggered; where our
// code does not see a trigger there, the verdict is `na` and counted apart.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { type Recognition, recognise } from "../src/constraint/recognise/recognise.ts";
import { type Verdict, verdictOn, viewOf } from "../src/constraint/verdict.ts";
import { render } from "../src/constraint/wording/render.ts";
import { type Agreement, agreement } from "../src/judge/agreement.ts";
import { seededRandom, shuffled } from "../src/preference/seed.ts";

const sessionSchema = z.object({
  system_id: z.int(),
  rounds: z.array(
    z.object({
      round: z.int(),
      prompt: z.string(),
      criteria: z.array(z.object({ criteria_id: z.string(), criteria_content: z.string(), criteria_type: z.string() })),
    }),
  ),
});
const responseSchema = z.object({ system_id: z.int(), round: z.int(), answer: z.string().nullable() });
const verdictSchema = z.object({
  system_id: z.int(),
  round: z.int(),
  verdicts: z.array(z.tuple([z.string(), z.string(), z.string()])),
});

/** What the published judge says of a criterion; anything else than yes or no is left out. */
const JUDGED: Readonly<Record<string, boolean>> = { 是: true, 否: false };

/** Characters of a response that a reader is shown; the longest is some 8,000. */
const SHOWN = 6_000;

interface Criterion {
  readonly text: string;
  readonly type: string;
  readonly key: string;
  readonly prompt: string;
}

/** Verdicts of code and judge on the same thing. */
type Pair = readonly [code: Verdict, judge: Verdict];

/** A verdict on which code and judge do not agree, with what a reader needs to say who is right. */
interface Disagreement {
  readonly criterion: Criterion;
  readonly run: string;
  readonly code: Verdict;
  readonly reading: Recognition;
  readonly answer: string;
}

const { values: options } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    disagreements: { type: "string" },
    draw: { type: "string" },
    unrecognised: { type: "string" },
  },
});
const directory = join(process.env.RPO_SHARED ?? "../shared", "data/sysbench");
if (!existsSync(directory)) console.log(`SysBench is not at ${directory}: nothing to measure (set RPO_SHARED).`);
else main();

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

function main(): void {
  const criteria = readCriteria();
  const readings = new Map<string, Recognition | null>();
  for (const { text } of criteria) if (!readings.has(text)) readings.set(text, recognise(text));
  const recognised = (text: string): Recognition | null => readings.get(text) ?? null;
  if (options.sample !== undefined || options.unrecognised !== undefined) {
    const wanted = options.sample !== undefined;
    const texts = [...readings.keys()].filter((text) => (recognised(text) !== null) === wanted);
    const count = Number(options.sample ?? options.unrecognised);
    for (const [i, text] of shuffled(texts, seededRandom(options.seed)).slice(0, count).entries()) {
      const reading = recognised(text);
      console.log(`${i + 1}. ${JSON.stringify(text)}`);
      if (reading !== null) console.log(`   ${render(reading.constraint, reading.language)}  [${reading.rule}]`);
    }
    return;
  }
  if (options.disagreements === undefined && options.draw === undefined) printShares(criteria, readings);
  printAgreement(criteria, recognised);
}

function* rowsOf<T>(file: string, schema: z.ZodType<T>): Generator<T> {
  const lines = gunzipSync(readFileSync(join(directory, file)))
    .toString("utf8")
    .split("\n");
  for (const line of lines) if (line !== "") yield schema.parse(JSON.parse(line));
}

function readCriteria(): Criterion[] {
  const criteria: Criterion[] = [];
  for (const { system_id, rounds } of rowsOf("sessions.jsonl.gz", sessionSchema))
    for (const { round, prompt, criteria: list } of rounds)
      for (const { criteria_id, criteria_content: text, criteria_type: type } of list)
        criteria.push({ text, type, key: `${system_id}/${round}/${criteria_id}`, prompt });
  return criteria;
}

function printShares(criteria: readonly Criterion[], readings: ReadonlyMap<string, Recognition | null>): void {
  const known = criteria.filter(({ text }) => readings.get(text) != null);
  const distinct = [...readings.values()];
  console.log(`recognised: ${known.length} of ${criteria.length} criteria, ${percent(known.length, criteria.length)}`);
  const different = distinct.filter((reading) => reading !== null).length;
  console.log(`            ${different} of ${distinct.length} different texts, ${percent(different, distinct.length)}`);
  console.log("\nby type:");
  for (const type of new Set(criteria.map((criterion) => criterion.type))) {
    const all = criteria.filter((criterion) => criterion.type === type).length;
    const some = known.filter((criterion) => criterion.type === type).length;
    console.log(`  ${type}  ${some} of ${all}, ${percent(some, all)}`);
  }
}

function printAgreement(criteria: readonly Criterion[], recognised: (text: string) => Recognition | null): void {
  const byKey = new Map(criteria.map((criterion) => [criterion.key, criterion]));
  const all: Pair[] = [];
  const byRule = new Map<string, Pair[]>();
  const texts = new Map<string, Set<string>>();
  const apart: Disagreement[] = [];
  const byRun = new Map<string, Pair[]>();
  for (const run of readdirSync(join(directory, "verdicts"))) {
    const ofRun: Pair[] = [];
    byRun.set(run, ofRun);
    const answers = new Map<string, string>();
    for (const { system_id, round, answer } of rowsOf(join("responses", run), responseSchema))
      if (answer !== null) answers.set(`${system_id}/${round}`, answer);
    for (const { system_id, round, verdicts } of rowsOf(join("verdicts", run), verdictSchema)) {
      const answer = answers.get(`${system_id}/${round}`);
      if (answer === undefined) continue;
      const response = viewOf(answer);
      for (const [id, , word] of verdicts) {
        const criterion = byKey.get(`${system_id}/${round}/${id}`);
        const judged = JUDGED[word];
        const reading = criterion === undefined ? null : recognised(criterion.text);
        if (criterion === undefined || judged === undefined || reading === null) continue;
        const verdict = verdictOn(reading.constraint, response, viewOf(criterion.prompt));
        if (verdict === null) continue; // nothing that the rules read whole is left to a judge
        const pair: Pair = [verdict, judged ? "pass" : "fail"];
        all.push(pair);
        ofRun.push(pair);
        for (const rule of reading.rule.split(" + ")) {
          const pairs = byRule.get(rule) ?? [];
          byRule.set(rule, pairs);
          pairs.push(pair);
          texts.set(rule, (texts.get(rule) ?? new Set()).add(criterion.text));
        }
        if (verdict !== pair[1]) apart.push({ criterion, run, code: verdict, reading, answer });
      }
    }
  }
  const isShown = ({ reading }: Disagreement): boolean => reading.rule.includes(options.disagreements ?? "");
  if (options.draw !== undefined)
    shuffled(apart.filter(isShown), seededRandom("disagreements", options.seed))
      .slice(0, Number(options.draw))
      .forEach(print);
  else if (options.disagreements !== undefined) apart.filter(isShown).forEach(print);
  console.log(
    `\nagreement with the published judge (code alone: only the code says pass):\n${line(agreement(all))}   all`,
  );
  for (const [run, pairs] of byRun) console.log(`${line(agreement(pairs))}   ${run.replace(/\.jsonl.*$/, "")}`);
  const rules = [...byRule].sort(([a], [b]) => texts.get(b)!.size - texts.get(a)!.size);
  for (const [rule, pairs] of rules)
    console.log(`${line(agreement(pairs))}   ${String(texts.get(rule)!.size).padStart(4)} texts  ${rule}`);
}

function print({ criterion, run, code, reading, answer }: Disagreement): void {
  console.log(`[code: ${code}] ${criterion.key} ${run} ${criterion.text}`);
  console.log(`    ${render(reading.constraint, reading.language)}  [${reading.rule}]`);
  if (reading.constraint.when !== undefined) console.log(`    query: ${JSON.stringify(criterion.prompt)}`);
  console.log(`    ${JSON.stringify(answer).slice(0, SHOWN)}`);
}

function line({ confusion, kappa }: Agreement): string {
  const { pass, fail, na } = confusion;
  const judged = pass.pass + pass.fail + fail.pass + fail.fail;
  const agree = percent(pass.pass + fail.fail, judged).padStart(8);
  const number = (count: number, width: number): string => String(count).padStart(width);
  return `${agree} of ${number(judged, 6)}   kappa ${(kappa?.toFixed(2) ?? "–").padStart(5)}   code alone ${number(pass.fail, 5)}   judge alone ${number(fail.pass, 5)}   na ${number(na.pass + na.fail, 4)}`;
}
