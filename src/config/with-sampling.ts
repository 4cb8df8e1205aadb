// A model that is asked as its role's settings say, whoever asks: what the file gives comes before what a question has of its own.
// Belongs in front of the store (run/recorded-model.ts), which is to know a request as it is made.
import type { ChatModel, GenerateRequest } from "../model/model.ts";

/** What a file may say of every request of a role. */
export type GivenSampling = Partial<Pick<GenerateRequest, "maxTokens" | "temperature" | "topP" | "topK" | "minP">>;

export function withSampling<Model extends ChatModel>(model: Model, given: GivenSampling): ChatModel {
  if (Object.keys(given).length === 0) return model;
  return {
    name: model.name,
    concurrency: model.concurrency,
    generate: (request, options) => model.generate({ ...request, ...given }, options),
    dispose: () => model.dispose(),
  };
}
