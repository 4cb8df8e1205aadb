// Grammars of the schemas that were asked for lately, so that the hundredth request with a schema costs no more than one without.
// Ignores what a grammar says: see json-grammar.ts.
import type { LlamaGrammar, LlamaGrammarEvaluationState } from "node-llama-cpp";
import { jsonGrammar } from "./json-grammar.ts";
import type { Grammar } from "./llama-lane.ts";
import type { ResponseSchema } from "./model.ts";
import { ModelFailure } from "./model-failure.ts";

/** A run has a schema per kind of question; a server's clients may bring any number. */
const KEPT = 64;

/** See the head of this file. */
export class GrammarShelf {
  readonly #parse: (text: string) => Promise<LlamaGrammar>;
  readonly #begin: (grammar: LlamaGrammar) => LlamaGrammarEvaluationState;
  readonly #kept = new Map<string, Promise<Grammar>>();

  constructor(
    parse: (text: string) => Promise<LlamaGrammar>,
    begin: (grammar: LlamaGrammar) => LlamaGrammarEvaluationState,
  ) {
    this.#parse = parse;
    this.#begin = begin;
  }

  /** The grammar of a schema. @throws ModelFailure of kind "schema" where it can't be had */
  of(response: ResponseSchema): Promise<Grammar> {
    const key = JSON.stringify(response);
    const grammar = this.#kept.get(key) ?? this.#make(response);
    this.#kept.delete(key); // to stand last again
    this.#kept.set(key, grammar);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return grammar;
  }

  async #make({ name, schema }: ResponseSchema): Promise<Grammar> {
    const text = jsonGrammar(schema, name);
    try {
      const grammar = await this.#parse(text);
      return { begin: () => this.#begin(grammar) };
    } catch (error) {
      throw new ModelFailure(
        "schema",
        `JSON schema ${name}: llama.cpp refuses its grammar: ${(error as Error).message}`,
      );
    }
  }
}
