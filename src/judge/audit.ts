// How good a judge is, measured: against code on constraints that both can judge, against itself when asked again, and when
// the constraints stand in another order. A judge that agrees with code on counts and phrases may still be poor on matters of taste,
// where there is nothing to measure it against; how far it agrees with itself bounds how good it can be there.
import type { Verdict } from "../constraint/verdict.ts";
import type { ChatModel } from "../model/model.ts";
import { isFatal, ModelFailure } from "../model/model-failure.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import { type Agreement, agreement, type Share, wilson } from "./agreement.ts";
import type { AuditItem } from "./audit-sample.ts";
import { inParallel } from "./in-parallel.ts";
import { llmVerdicts, VOTE_TEMPERATURE } from "./llm-judge.ts";

export interface JudgeAuditOptions {
  readonly model: ChatModel;
  readonly seed: number;
  readonly perCall: number;
  /** Times that each response is judged again as votes are, at VOTE_TEMPERATURE; self-agreement needs two. */
  readonly repeats: number;
  readonly signal?: AbortSignal | undefined;
  /** Called when a judging of a response has ended. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** A response that one way of asking gave no verdicts on. */
export interface AuditFailure {
  readonly turn: string;
  readonly response: string;
  /** "plain", "reversed", "rotated", "repeat 1" … */
  readonly asked: string;
  readonly cause: string;
}

export interface JudgeAudit {
  readonly model: string;
  /** Responses judged, and their constraints. */
  readonly responses: number;
  readonly constraints: number;
  /** Verdicts of code (outer key) and judge (inner key), on constraints that both can judge. */
  readonly withCode: Agreement;
  /** The same by what is measured, the most frequent first. */
  readonly byKind: readonly (Agreement & { readonly kind: string })[];
  /** The table's verdicts (outer key) and the judge's (inner key), on all constraints; by whom the table's are. */
  readonly withTable: Agreement & { readonly sources: readonly string[] };
  /** Verdicts of every two repeats; of 0 where there are fewer than two. */
  readonly self: Agreement & { readonly repeats: number; readonly temperature: number };
  /** Verdicts that are other ones when the constraints stand the other way round, or are begun in the middle; both at temperature 0. */
  readonly order: { readonly reversed: Share; readonly rotated: Share };
  readonly failed: readonly AuditFailure[];
  /** False where it was stopped: then this is what was judged until then. */
  readonly complete: boolean;
}

/** A way of asking: in which order, how freely, and with which seed. */
interface Asking {
  readonly name: string;
  readonly order: (count: number) => number[];
  readonly temperature: number;
  readonly seed: number;
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const reversedOrder = (count: number): number[] => inOrder(count).reverse();
const rotatedOrder = (count: number): number[] => inOrder(count).map((index) => (index + Math.ceil(count / 2)) % count);

/**
 * Judges every item in every way and compares. A response that the judge gives no usable answer on is counted as failed, and the others go
 * on; when the signal ends it, what was judged until then is compared.
 * @throws ModelFailure that every other request would meet as well (key, model)
 */
export async function auditJudge(items: readonly AuditItem[], options: JudgeAuditOptions): Promise<JudgeAudit> {
  const { model, seed, perCall, repeats, signal, onProgress } = options;
  const repeatNames = Array.from({ length: repeats }, (_, index) => `repeat ${index + 1}`);
  const askings: Asking[] = [
    { name: "plain", order: inOrder, temperature: 0, seed },
    { name: "reversed", order: reversedOrder, temperature: 0, seed },
    { name: "rotated", order: rotatedOrder, temperature: 0, seed },
    ...repeatNames.map((name, index) => ({
      name,
      order: inOrder,
      temperature: VOTE_TEMPERATURE,
      seed: sampleSeed(seed, index + 1),
    })),
  ];
  // All ways of one response before the next one, so that what was judged when it is stopped can be compared.
  const tasks = items.flatMap((item) =>
    askings.filter((asking) => isTold(asking, item)).map((asking) => ({ item, asking })),
  );
  const failed: AuditFailure[] = [];
  let done = 0;
  const verdicts = await inParallel(tasks, model.concurrency, signal, async ({ item, asking }) => {
    try {
      return await verdictsAs(asking, item, { model, perCall, signal });
    } catch (error) {
      if (signal?.aborted || !(error instanceof ModelFailure) || isFatal(error.kind)) throw error;
      failed.push({ turn: item.turn, response: item.response, asked: asking.name, cause: error.message });
      return null;
    } finally {
      done += 1;
      onProgress?.({ done, total: tasks.length });
    }
  });
  const byItem = new Map<AuditItem, Map<string, readonly Verdict[]>>(items.map((item) => [item, new Map()]));
  for (const [index, { item, asking }] of tasks.entries()) {
    const found = verdicts[index];
    if (found != null) byItem.get(item)!.set(asking.name, found);
  }
  const judged = [...byItem].filter(([, found]) => found.has("plain"));
  return {
    model: model.name,
    responses: judged.length,
    constraints: judged.reduce((sum, [{ constraints }]) => sum + constraints.length, 0),
    ...againstCode(judged),
    withTable: againstTable(judged),
    self: { ...agreement(pairsOf(judged, repeatNames)), repeats, temperature: VOTE_TEMPERATURE },
    order: { reversed: changed(judged, "reversed"), rotated: changed(judged, "rotated") },
    failed: failed.sort((a, b) =>
      `${a.turn} ${a.response} ${a.asked}` < `${b.turn} ${b.response} ${b.asked}` ? -1 : 1,
    ),
    complete: verdicts.every((found) => found !== undefined),
  };
}

type Judged = readonly (readonly [AuditItem, ReadonlyMap<string, readonly Verdict[]>])[];

/** An order that changes nothing tells nothing: one constraint, or two begun in the middle, which is the other way round. */
function isTold({ name, order }: Asking, { constraints }: AuditItem): boolean {
  if (name !== "reversed" && name !== "rotated") return true;
  const { length } = constraints;
  const isSame = (other: (count: number) => number[]): boolean => other(length).join() === order(length).join();
  return !isSame(inOrder) && (name === "reversed" || !isSame(reversedOrder));
}

async function verdictsAs(
  { order, temperature, seed }: Asking,
  { item, constraints }: AuditItem,
  { model, perCall, signal }: Pick<JudgeAuditOptions, "model" | "perCall" | "signal">,
): Promise<readonly Verdict[]> {
  const places = order(constraints.length);
  const texts = places.map((place) => constraints[place]!.text);
  const said = await llmVerdicts(item, texts, { model, seed, perCall, votes: 1, temperature }, signal);
  const verdicts = new Map(places.map((place, index) => [place, said[index]!.verdict]));
  return constraints.map((_, place) => verdicts.get(place)!);
}

function againstCode(judged: Judged): Pick<JudgeAudit, "withCode" | "byKind"> {
  const all: [Verdict, Verdict][] = [];
  const kinds = new Map<string, [Verdict, Verdict][]>();
  for (const [{ constraints }, found] of judged)
    for (const [index, { code, kind }] of constraints.entries()) {
      if (code === null || kind === null) continue;
      const pair: [Verdict, Verdict] = [code, found.get("plain")![index]!];
      all.push(pair);
      kinds.set(kind, [...(kinds.get(kind) ?? []), pair]);
    }
  const byKind = [...kinds].map(([kind, pairs]) => ({ kind, ...agreement(pairs) }));
  return { withCode: agreement(all), byKind: byKind.sort((a, b) => b.of - a.of || (a.kind < b.kind ? -1 : 1)) };
}

function againstTable(judged: Judged): JudgeAudit["withTable"] {
  const pairs = judged.flatMap(([{ constraints }, found]) =>
    constraints.map(({ given }, index): [Verdict, Verdict] => [given, found.get("plain")![index]!]),
  );
  return { ...agreement(pairs), sources: [...new Set(judged.map(([{ source }]) => source))].sort() };
}

function* pairsOf(judged: Judged, names: readonly string[]): Generator<[Verdict, Verdict]> {
  for (const [, found] of judged)
    for (const [later, second] of names.entries())
      for (const first of names.slice(0, later)) {
        const [one, other] = [found.get(first), found.get(second)];
        if (one === undefined || other === undefined) continue;
        for (const [index, verdict] of one.entries()) yield [verdict, other[index]!];
      }
}

function changed(judged: Judged, name: string): Share {
  const pairs = [...judged].flatMap(([, found]) => {
    const [plain, other] = [found.get("plain")!, found.get(name)];
    return other === undefined ? [] : plain.map((verdict, index) => verdict !== other[index]);
  });
  return wilson(pairs.filter(Boolean).length, pairs.length);
}
