// What a request is known by: the hash of all that determines its answers, and of nothing else. Where it is served, when, by
// whom it was asked and how many samples were wanted do not count; a model is its identity (the name that servers know it by, or
// the SHA-256 of its file), so one model at two addresses is one model. Pure.
import { hash } from "node:crypto";
import type { ResolvedRequest, ResponseSchema } from "../model/model.ts";
import type { Message } from "../profile/message.ts";

export type Parameter = string | number | readonly string[] | ResponseSchema;

/** What determines a sample, but for its index: the model (by identity, not by path), the messages, the sampling. */
export interface RequestContent {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly sampling: Readonly<Record<string, Parameter>>;
}

/** The hash by which a request, a constraint or a check is known: SHA-256 of its JSON. */
export const contentHash = (content: unknown): string => hash("sha256", JSON.stringify(content));

/** The hash of a request, independent of the order of its sampling parameters. */
export function requestHash({ model, messages, sampling }: RequestContent): string {
  const parameters = Object.entries(sampling).sort(([a], [b]) => (a < b ? -1 : 1));
  return contentHash({ model, messages: messages.map(({ role, content }) => ({ role, content })), parameters });
}

/**
 * The content of a request to a model. Parameters at their defaults are left out, so that one which a later version adds does
 * not make every request an unknown one.
 */
export function requestContent(identity: string, request: ResolvedRequest): RequestContent {
  const { messages, temperature, maxTokens, seed, stop, topP, topK, minP, schema, logprobs } = request;
  const sampling: Record<string, Parameter> = { temperature, maxTokens, seed };
  if (stop.length > 0) sampling.stop = stop;
  if (topP !== 1) sampling.topP = topP;
  if (topK !== 0) sampling.topK = topK;
  if (minP !== 0) sampling.minP = minP;
  if (schema !== null) sampling.schema = schema;
  if (logprobs !== null) sampling.logprobs = logprobs;
  return { model: identity, messages, sampling };
}
