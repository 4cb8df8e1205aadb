// How far the rules recognise the criteria of SysBench, and how well their verdicts agree with the published judge's.
//   node bench/recognition.ts [--sample N] [--seed S] [--disagreements RULE] [--unrecognised N]
// The data lies beside the project (../shared, or RPO_SHARED) and is not copied; criteria and responses are printed only where
// asked for, to be read, not shipped. A criterion is judged in the round in which the benchmark has it triggered; where our
// code does not see a trigger there, the verdict is `na` and counted apart.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { type Recognition, recognise } from "../src/constraint/recognise/recognise.ts";
import { verdictOn, viewOf } from "../src/constraint/verdict.ts";
import { render } from "../src/constraint/wording/render.ts";
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

interface Criterion {
  readonly text: string;
  readonly type: string;
  readonly key: string;
  readonly prompt: string;
}

/** Code against judge: how often each said what. */
interface Tally {
  agree: number;
  codeOnly: number;
  judgeOnly: number;
  na: number;
}

const { values: options } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    disagreements: { type: "string" },
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
  if (options.disagreements === undefined) printShares(criteria, readings);
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
  const total: Tally = { agree: 0, codeOnly: 0, judgeOnly: 0, na: 0 };
  const byRule = new Map<string, Tally>();
  const texts = new Map<string, Set<string>>();
  for (const run of readdirSync(join(directory, "verdicts"))) {
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
        const tallies = [total];
        for (const rule of reading.rule.split(" + ")) {
          const tally = byRule.get(rule) ?? { agree: 0, codeOnly: 0, judgeOnly: 0, na: 0 };
          byRule.set(rule, tally);
          tallies.push(tally);
          texts.set(rule, (texts.get(rule) ?? new Set()).add(criterion.text));
        }
        const passes = verdict === "pass";
        const outcome = verdict === "na" ? "na" : passes === judged ? "agree" : passes ? "codeOnly" : "judgeOnly";
        for (const tally of tallies) tally[outcome] += 1;
        if (
          outcome !== "agree" &&
          options.disagreements !== undefined &&
          reading.rule.includes(options.disagreements)
        ) {
          console.log(`[${outcome}] ${criterion.key} ${run} ${criterion.text}`);
          console.log(`    ${render(reading.constraint, reading.language)}`);
          console.log(`    ${JSON.stringify(outcome === "na" ? criterion.prompt : answer).slice(0, 1_500)}`);
        }
      }
    }
  }
  const line = (tally: Tally): string => {
    const judged = tally.agree + tally.codeOnly + tally.judgeOnly;
    return `${percent(tally.agree, judged).padStart(8)} of ${String(judged).padStart(6)}   code alone ${String(tally.codeOnly).padStart(5)}   judge alone ${String(tally.judgeOnly).padStart(5)}   na ${String(tally.na).padStart(4)}`;
  };
  console.log(`\nagreement with the published judge (code alone: only the code says pass):\n${line(total)}   all`);
  const rules = [...byRule].sort(([a], [b]) => texts.get(b)!.size - texts.get(a)!.size);
  for (const [rule, tally] of rules)
    console.log(`${line(tally)}   ${String(texts.get(rule)!.size).padStart(4)} texts  ${rule}`);
}
