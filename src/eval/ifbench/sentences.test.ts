import { describe, expect, it } from "vitest";
import { sentencesOf } from "./sentences.ts";

const sentences = (text: string): string[] => sentencesOf(text, { suite: "ifbench" } as never);

describe("the sentences of IFBench's program of 2025", () => {
  it("end at every . ? and ! that ends no abbreviation", () => {
    expect(sentences("Dr. Smith of google.com has 3.5 e.g. B. C.! Why?\nOh… Acme Inc. They ran...")).toEqual([
      "Dr. Smith of google.com has 3.5 e.g. B. C.!",
      "Why?",
      "Oh… Acme Inc",
      "They ran...",
    ]);
    expect(sentences("A Ph.D. of the U.S. He won. I, J. too.")).toEqual([
      "A Ph.D. of the U.S.",
      "He won.",
      "I, J. too.",
    ]);
  });

  it("have closing quotes before the sign", () => {
    expect(sentences('"Go." He “ran.” "Who?" x')).toEqual(['"Go".', "He “ran”.", '"Who"?', "x"]);
  });

  it("hold the marks of the program where the text does", () => {
    expect(sentences("a<stop>b<prd>c")).toEqual(["a", "b.c"]);
  });
});
