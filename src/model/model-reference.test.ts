import { describe, expect, it } from "vitest";
import { CATALOGUE } from "./catalogue.ts";
import { ModelReferenceError, modelReference } from "./model-reference.ts";

describe("modelReference", () => {
  it("knows the names of the catalogue", () => {
    for (const model of CATALOGUE) expect(modelReference(model.name)).toEqual({ kind: "catalogue", model });
  });

  it.each([
    ["hf:owner/repo/file.gguf", { kind: "hub", repo: "owner/repo", path: "file.gguf" }],
    ["hf:o-w.n_er/Re.po/sub/dir/F-Q4_0.GGUF", { kind: "hub", repo: "o-w.n_er/Re.po", path: "sub/dir/F-Q4_0.GGUF" }],
    ["./a model.gguf", { kind: "path", path: "./a model.gguf" }],
    ["model.gguf", { kind: "path", path: "model.gguf" }],
    ["C:\\models\\m.bin", { kind: "path", path: "C:\\models\\m.bin" }],
  ])("%s", (text, reference) => {
    expect(modelReference(text)).toEqual(reference);
  });

  it.each([
    "hf:owner/repo",
    "hf:owner/repo/file.bin",
    "hf:../repo/file.gguf",
    "hf:owner/repo/../../file.gguf",
    "hf:owner//file.gguf",
    "hf:owner/re po/file.gguf",
    "hf:owner/repo/a\\b.gguf",
    "smollm",
    "",
  ])("refuses %j", (text) => {
    expect(() => modelReference(text)).toThrow(ModelReferenceError);
  });

  it("says what is known", () => {
    expect(() => modelReference("smollm")).toThrow(/no model "smollm": known are smollm2-135m, .*hf:owner\/repo/);
  });
});
