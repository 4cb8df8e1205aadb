// The model as graphs of a block each, run one after another: between them only the residual stream is kept, and a block's
// backward pass computes its forward pass again (step-graph.ts). Slower than the whole form by the second forward pass; what a
// long row needs grows with one block's activations, not with those of all.
import { hash } from "node:crypto";
import { type InferenceSession, Tensor } from "onnxruntime-node";
import { type Form, type FormSettings, numbersOf } from "./form.ts";
import { openSession } from "./graph-session.ts";
import { type Feeds, feedInputs } from "./row-feeds.ts";
import { blockGraphs, type Graph, type GraphKind } from "./step-graph.ts";

interface OpenGraph {
  readonly session: InferenceSession;
  readonly inputs: Graph["inputs"];
  readonly outputs: Graph["outputs"];
}

interface OpenGraphs {
  readonly embedding: OpenGraph;
  readonly blocks: readonly { readonly forward: OpenGraph; readonly backward: OpenGraph | null }[];
  readonly head: OpenGraph;
}

export function blockForm({ weights, config, ...settings }: FormSettings): Form {
  const { hidden } = weights.architecture;
  const opened = new Map<GraphKind, Promise<OpenGraphs>>();
  /** By the hash of the graph: forward passes without dropout are the same in both kinds, and map their weights once. */
  const sessions = new Map<string, InferenceSession>();
  const streams = new Map<string, Float32Array>();
  return {
    async logprobs(feeds) {
      const { embedding, blocks, head } = await graphs("logprobs");
      const T = tokens(feeds);
      let x = stream("x0", T);
      await run(embedding, feeds, { x });
      for (const [i, { forward }] of blocks.entries()) {
        const y = stream(i % 2 === 0 ? "x1" : "x0", T);
        await run(forward, [given({ x }), ...feeds], { y });
        x = y;
      }
      return numbersOf((await run(head, [given({ x }), ...feeds], { logprobs: null })).logprobs);
    },
    async step(feeds, gradients) {
      const { embedding, blocks, head } = await graphs("step");
      const T = tokens(feeds);
      const xs = [stream("x0", T)];
      const at = (i: number) => xs[i] as Tensor;
      await run(embedding, feeds, { x: at(0) });
      for (const [i, { forward }] of blocks.entries()) {
        xs.push(stream(`x${i + 1}`, T));
        await run(forward, [given({ x: at(i) }), ...feeds], { y: at(i + 1) });
      }
      let dy = stream("d0", T);
      const outputs = await run(head, [given({ x: at(blocks.length) }), ...feeds], {
        loss: null,
        logprobs: null,
        dx: dy,
      });
      for (const [i, { backward }] of [...blocks.entries()].reverse()) {
        if (backward === null) break; // nothing before it is trained
        const dx = stream(i % 2 === 0 ? "d1" : "d2", T);
        await run(backward, [given({ x: at(i), dy }), ...feeds], { ...gradients, dx });
        dy = dx;
      }
      return { loss: numbersOf(outputs.loss)[0] ?? Number.NaN, logprobs: numbersOf(outputs.logprobs) };
    },
    async release() {
      await Promise.all(opened.values());
      for (const session of sessions.values()) await session.release();
      sessions.clear();
      opened.clear();
      streams.clear();
    },
  };

  /** A tensor [T, hidden] in memory that is kept by its name for the next row. */
  function stream(name: string, T: number): Tensor {
    let memory = streams.get(name);
    if (memory === undefined || memory.length < T * hidden) {
      memory = new Float32Array(T * hidden);
      streams.set(name, memory);
    }
    return new Tensor("float32", memory.subarray(0, T * hidden), [T, hidden]);
  }

  /** Opened when they are first asked for: who trains without evaluation never pays for graphs of the other kind. */
  function graphs(kind: GraphKind): Promise<OpenGraphs> {
    const known = opened.get(kind);
    if (known !== undefined) return known;
    const made = openAll(kind);
    opened.set(kind, made);
    return made;
  }

  async function openAll(kind: GraphKind): Promise<OpenGraphs> {
    const { folder, embedding, blocks, head } = blockGraphs(weights, config, { kind });
    const open = async ({ inputs, outputs, model }: Graph): Promise<OpenGraph> => {
      const key = hash("sha256", model, "hex");
      // Sessions that each kept a run's memory would together keep as much as the whole form.
      const session =
        sessions.get(key) ??
        (await openSession({ inputs, outputs, model }, { ...settings, folder, keepsMemory: false }));
      sessions.set(key, session);
      return { session, inputs, outputs };
    };
    const openBlocks: { forward: OpenGraph; backward: OpenGraph | null }[] = [];
    for (const { forward, backward } of blocks)
      openBlocks.push({ forward: await open(forward), backward: backward && (await open(backward)) });
    return { embedding: await open(embedding), blocks: openBlocks, head: await open(head) };
  }
}

/** Runs a graph; of the tensors that are to be written, those that it has outputs for. */
function run(
  { session, inputs, outputs }: OpenGraph,
  feeds: readonly Feeds[],
  fetches: Readonly<Record<string, Tensor | null>>,
): Promise<InferenceSession.ReturnType> {
  const fetched = Object.fromEntries(outputs.map((name) => [name, fetches[name] ?? null]));
  return session.run(feedInputs(inputs, feeds), fetched);
}

const given =
  (tensors: Readonly<Record<string, Tensor>>): Feeds =>
  (input) =>
    tensors[input];

function tokens(feeds: readonly Feeds[]): number {
  return feedInputs(["ids"], feeds).ids?.dims[0] ?? 0;
}
