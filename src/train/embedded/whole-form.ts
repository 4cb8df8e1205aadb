// The model as one graph: the quickest form. All that the backward pass needs of the forward pass is in memory at once.
import type { InferenceSession } from "onnxruntime-node";
import { type Form, type FormSettings, numbersOf } from "./form.ts";
import { openSession } from "./graph-session.ts";
import { feedInputs } from "./row-feeds.ts";
import { type Graph, type GraphKind, stepGraph } from "./step-graph.ts";

interface OpenGraph {
  readonly session: InferenceSession;
  readonly inputs: Graph["inputs"];
}

export function wholeForm({ weights, config, ...settings }: FormSettings): Form {
  const opened = new Map<GraphKind, Promise<OpenGraph>>();
  return {
    async logprobs(feeds) {
      const { session, inputs } = await graph("logprobs");
      const { logprobs } = await session.run(feedInputs(inputs, feeds), ["logprobs"]);
      return numbersOf(logprobs);
    },
    async step(feeds, gradients) {
      const { session, inputs } = await graph("step");
      const outputs = await session.run(feedInputs(inputs, feeds), { loss: null, logprobs: null, ...gradients });
      return { loss: numbersOf(outputs.loss)[0] ?? Number.NaN, logprobs: numbersOf(outputs.logprobs) };
    },
    async release() {
      for (const one of opened.values()) await (await one).session.release();
      opened.clear();
    },
  };

  /** Opened when it is first asked for: who trains without evaluation never pays for the second graph. */
  function graph(kind: GraphKind): Promise<OpenGraph> {
    const known = opened.get(kind);
    if (known !== undefined) return known;
    const made = open(kind);
    opened.set(kind, made);
    return made;
  }

  async function open(kind: GraphKind): Promise<OpenGraph> {
    const { folder, inputs, ...graph } = stepGraph(weights, config, { kind });
    const session = await openSession({ inputs, ...graph }, { ...settings, folder, keepsMemory: kind === "step" });
    return { session, inputs };
  }
}
