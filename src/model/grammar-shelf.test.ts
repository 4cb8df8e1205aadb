import type { LlamaGrammar, LlamaGrammarEvaluationState } from "node-llama-cpp";
import { describe, expect, it } from "vitest";
import { GrammarShelf } from "./grammar-shelf.ts";

/** A shelf over a parser that counts, and refuses grammars with the word "odd". */
function shelf() {
  const parsed: string[] = [];
  const made = new GrammarShelf(
    async (text) => {
      parsed.push(text);
      if (text.includes("odd")) throw new Error("odd grammar");
      return { text } as unknown as LlamaGrammar;
    },
    (grammar) => ({ grammar }) as unknown as LlamaGrammarEvaluationState,
  );
  return { made, parsed };
}

const schema = (value: unknown) => ({ name: "x", schema: { const: value } });

describe("GrammarShelf", () => {
  it("parses a schema once, and begins each sample anew", async () => {
    const { made, parsed } = shelf();
    const [first, second] = await Promise.all([made.of(schema(1)), made.of(schema(1))]);
    expect(second).toBe(first);
    expect(first.begin()).not.toBe(first.begin());
    await made.of(schema(2));
    expect(parsed).toHaveLength(2);
  });

  it("keeps those that were asked for lately", async () => {
    const { made, parsed } = shelf();
    for (let i = 0; i < 64; i++) await made.of(schema(i));
    await made.of(schema(0)); // now the latest
    await made.of(schema(64)); // in the place of 1
    expect(parsed).toHaveLength(65);
    await made.of(schema(0));
    expect(parsed).toHaveLength(65);
    await made.of(schema(1));
    expect(parsed).toHaveLength(66);
  });

  it("says which schema can't be had", async () => {
    const { made } = shelf();
    const failure = { kind: "schema", message: expect.stringMatching(/^JSON schema x: .*odd grammar$/) };
    await expect(made.of(schema("odd"))).rejects.toMatchObject(failure);
    await expect(made.of({ name: "x", schema: { type: "date" } })).rejects.toMatchObject({ kind: "schema" });
  });
});
