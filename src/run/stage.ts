// A stage of a run: a function from items to items, brought up to date the way make does it. An item whose input and whose stage's
// version are those of the stored one is not worked again; the others are, several at once, and each is committed by itself, so
// that a run can be killed between any two. An item that fails is a row with its cause, and is tried again by the next run. Knows
// no model and no prompt; holds in memory what is under way, whatever the number of items.
import type { z } from "zod";
import { fieldPath, InputError } from "../dataset/input-error.ts";
import { isFatal, ModelFailure, mayPass } from "../model/model-failure.ts";
import { OutageWatch } from "../model/outage-watch.ts";
import { BudgetReached } from "./budget.ts";
import { DiskFull } from "./disk-full.ts";
import { Interrupted } from "./interrupted.ts";
import type { ItemFailure } from "./item-store.ts";
import { loopTurn } from "./loop-turn.ts";
import { contentHash } from "./request-content.ts";
import type { RunStore } from "./store.ts";

/** What a stage works on. */
export interface StageItem<I> {
  /** Unique within the stage, and the same in every run. */
  readonly id: string;
  /** All that determines the output, as JSON. */
  readonly input: I;
}

/** What a stage makes, apart from how. */
export interface Stage<O> {
  readonly name: string;
  /** Changed when the same input is to give another output: a new prompt, another way of working. */
  readonly version: string | number;
  /** What an output is; it is stored as JSON, and checked when it is read. */
  readonly output: z.ZodType<O>;
}

export interface StageContext {
  /** Ends the work: it then throws or gives anything; nothing of it is kept but the requests that ended. */
  readonly signal: AbortSignal;
  /**
   * Which try of this item it is, from 1, outages not counted. Requests that are stored give the same answers again, free of
   * charge; a stage that wants others makes its seeds of this number too. After an outage none are wanted: what was answered before
   * it is not asked for again, and the item becomes what it would have without.
   */
  readonly attempt: number;
}

export interface StageProgress {
  readonly stage: string;
  /** Items that are done, those of earlier runs included. */
  readonly done: number;
  /** Of those, the ones that were done before. */
  readonly reused: number;
  /** Items that failed in this run. */
  readonly failed: number;
  /** Null where nobody knows before the last item has come. */
  readonly total: number | null;
  /** Items worked a second, in this run; null until it can be told. */
  readonly perSecond: number | null;
}

export interface StageOptions<I, O> extends Stage<O> {
  readonly items: Iterable<StageItem<I>> | AsyncIterable<StageItem<I>>;
  /** How many items there are. Default their number where they are a list, otherwise unknown. */
  readonly total?: number;
  /** Items worked at once. */
  readonly concurrency: number;
  /** @throws ModelFailure, BudgetReached, DiskFull; any other error is the cause of this item's failure */
  readonly work: (item: StageItem<I>, context: StageContext) => Promise<O>;
  readonly store: RunStore;
  readonly signal?: AbortSignal | undefined;
  /** Called when an item is done or has failed, and before the first one. */
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
}

export interface StageSummary {
  readonly done: number;
  readonly reused: number;
  readonly failed: number;
}

/** The hash of what an item is made of. */
const inputHash = ({ version }: Pick<Stage<unknown>, "version">, input: unknown): string =>
  contentHash([version, input]);

/**
 * Brings a stage up to date.
 * @throws Interrupted when the signal ends it; BudgetReached and DiskFull, after the requests under way, whose answers are paid for
 *   and kept; a ModelFailure that every other request would meet as well (wrong key, unknown model, several items in a row to
 *   which nobody answered), at once; what the items throw. All that was done is kept.
 */
export async function runStage<I, O>(options: StageOptions<I, O>): Promise<StageSummary> {
  const { name, output, items, concurrency, work, store, signal, onProgress } = options;
  const total = options.total ?? (Array.isArray(items) ? items.length : null);
  const counts = { done: 0, reused: 0, failed: 0 };
  const began = store.now().getTime();
  const report = (): void => {
    const seconds = (store.now().getTime() - began) / 1000;
    const worked = counts.done - counts.reused + counts.failed;
    const perSecond = seconds > 0 && worked > 0 ? worked / seconds : null;
    onProgress?.({ stage: name, ...counts, total, perSecond });
  };
  const gate = loopTurn();
  const outages = new OutageWatch();
  const stop = new AbortController();
  const ended = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  /** Why no further item is begun. */
  let end: { readonly cause: unknown } | null = null;
  const endAtOnce = (cause: unknown): void => {
    end ??= { cause };
    stop.abort(cause);
  };

  async function bringUpToDate(item: StageItem<I>): Promise<void> {
    const hash = inputHash(options, item.input);
    const stored = store.stageItems.find(name, item.id);
    const same = stored?.input === hash;
    if (same && stored.state === "done" && readOutput(output, stored.output).success) {
      counts.done += 1;
      counts.reused += 1;
      report();
      const turn = gate();
      if (turn !== null) await turn;
      return;
    }
    try {
      const made = await work(item, { signal: ended, attempt: 1 + (same ? stored.failures : 0) });
      // An aborted request is answered with what there was of it, so what was made of it is not to be trusted.
      if (ended.aborted) return;
      await store.stageItems.saveDone(name, item.id, hash, storableOutput(output, made));
      counts.done += 1;
      outages.reached();
    } catch (error) {
      if (error instanceof ModelFailure && isFatal(error.kind)) return endAtOnce(error);
      if (ended.aborted) return;
      if (error instanceof BudgetReached || error instanceof DiskFull) {
        end ??= { cause: error };
        return;
      }
      await store.stageItems.saveFailed(name, item.id, hash, itemFailure(error));
      counts.failed += 1;
      const nobodyThere = outages.failed(error, "items");
      if (nobodyThere !== null) endAtOnce(nobodyThere);
    }
    report();
  }

  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let exhausted = false;
  let pulled = 0;
  let last: Promise<unknown> = Promise.resolve();
  /** One at a time: not every iterator can be asked again before it has answered. */
  function pull(): Promise<IteratorResult<StageItem<I>>> {
    const next = last.then(() => source.next());
    last = next.catch(() => undefined);
    return next;
  }
  async function lane(): Promise<void> {
    try {
      while (end === null && !ended.aborted && !exhausted) {
        const next = await pull();
        if (next.done) exhausted = true;
        else {
          pulled += 1;
          if (end === null && !ended.aborted) await bringUpToDate(next.value);
        }
      }
    } catch (error) {
      // The items cannot be had, or the store cannot be written.
      if (error instanceof DiskFull) end ??= { cause: error };
      else endAtOnce(error);
    }
  }

  report();
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, lane));
  if (!exhausted) await source.return?.();
  if (end !== null) throw (end as { readonly cause: unknown }).cause;
  const worked = counts.done + counts.failed;
  const complete = worked === total || (exhausted && worked === pulled);
  if (signal?.aborted && !complete) throw new Interrupted(worked, total ?? pulled, "items");
  return counts;
}

/** A finished item of a stage. */
export interface StageOutput<I, O> extends StageItem<I> {
  readonly output: O;
}

/**
 * The outputs of the items that are done, in the items' order; those that are not (failed, or not worked yet) are left out.
 * What an earlier input or version of the stage gave is none.
 * @throws InputError where a stored output is not what the stage makes
 */
export async function* stageOutputs<I, O>(
  stage: Stage<O>,
  items: Iterable<StageItem<I>> | AsyncIterable<StageItem<I>>,
  store: RunStore,
): AsyncGenerator<StageOutput<I, O>> {
  for await (const { id, input } of items) {
    const stored = store.stageItems.find(stage.name, id);
    if (stored?.state !== "done" || stored.input !== inputHash(stage, input)) continue;
    const read = readOutput(stage.output, stored.output);
    if (!read.success) {
      const [issue] = read.error.issues;
      throw new InputError(
        `stage ${stage.name}, item ${JSON.stringify(id)}: the stored output is none of this version (${fieldPath(issue?.path ?? [])}: ${issue?.message}). Run the stage again`,
      );
    }
    yield { id, input, output: read.data };
  }
}

const readOutput = <O>(schema: z.ZodType<O>, stored: string | null): z.ZodSafeParseResult<O> =>
  schema.safeParse(stored === null ? null : JSON.parse(stored));

/** JSON of an output, which is read again as it was made. @throws Error where the schema would refuse it then */
function storableOutput<O>(schema: z.ZodType<O>, output: O): string {
  const text = JSON.stringify(output) ?? "null";
  const read = readOutput(schema, text);
  if (read.success) return text;
  const [issue] = read.error.issues;
  throw new Error(`the output is not what the stage makes: ${fieldPath(issue?.path ?? [])}: ${issue?.message}`);
}

function itemFailure(error: unknown): ItemFailure {
  const cause = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ModelFailure)) return { cause, detail: null };
  const { kind, raw, finishReason, attempts } = error;
  return { cause, detail: JSON.stringify({ kind, raw, finishReason, attempts }), outage: mayPass(kind) };
}
