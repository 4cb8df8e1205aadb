// Recorded responses: what a model once answered to a plan's requests, so that a machine without the model can go on with
// them, and says so. A recording is known by request hash; a changed prompt, setting or model finds nothing in it.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { PlannedTurn } from "./plan.ts";
import { requestHash } from "./request-content.ts";
import { requestOf, type Sampling } from "./sample.ts";
import type { RunStore } from "./store.ts";

const headerSchema = z.strictObject({
  /** Name and identity (SHA-256 of the file) of the model that wrote the responses. */
  model: z.string(),
  identity: z.string(),
  seed: z.int(),
  temperature: z.number(),
  maxTokens: z.int(),
  /** Version of the program, and the engine that ran the model. */
  madeWith: z.string(),
});
export type RecordingHeader = z.infer<typeof headerSchema>;

const rowSchema = z.strictObject({
  request: z.string(),
  /** For readers; the request's hash is what counts. */
  turn: z.string(),
  sample: z.int().nonnegative(),
  text: z.string(),
  finishReason: z.string(),
  tokens: z.int().nonnegative(),
});

/** What the first line of a recording says. */
export async function readRecordingHeader(path: string): Promise<RecordingHeader> {
  for await (const line of linesOf(path)) return headerSchema.parse(JSON.parse(line));
  throw new Error(`${path} is empty`);
}

/** Takes the recorded samples of the planned turns into the store; gives their number. */
export async function replayRecording(
  path: string,
  turns: readonly PlannedTurn[],
  identity: string,
  sampling: Sampling,
  store: RunStore,
): Promise<number> {
  const wanted = new Set(turns.map((turn) => store.request(requestOf(turn, identity, sampling))));
  let taken = 0;
  let first = true;
  for await (const line of linesOf(path)) {
    if (first) first = false;
    else {
      const { request, turn: _, ...choice } = rowSchema.parse(JSON.parse(line));
      if (!wanted.has(request) || choice.sample >= sampling.n) continue;
      store.saveChoice(request, choice);
      taken += 1;
    }
  }
  return taken;
}

/** The lines of a recording of all stored samples of the turns. */
export function* recordingLines(
  header: RecordingHeader,
  turns: readonly PlannedTurn[],
  sampling: Sampling,
  store: RunStore,
): Generator<string> {
  yield JSON.stringify(header);
  for (const turn of turns) {
    const request = requestHash(requestOf(turn, header.identity, sampling));
    for (const choice of store.choices(request)) yield JSON.stringify({ request, turn: turn.id, ...choice });
  }
}

const linesOf = (path: string) =>
  createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
