import { describe, expect, it } from "vitest";
import { CATALOGUE, catalogueModel } from "./catalogue.ts";
import { chatTemplate } from "./chat-template.ts";

describe("the catalogue", () => {
  it("has each name once, and finds by it", () => {
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
    for (const model of CATALOGUE) expect(catalogueModel(model.name)).toBe(model);
    expect(catalogueModel("toString")).toBeUndefined();
  });

  it("pins every file that comes out of wheels, and the wheels make up its size", () => {
    const fromWheels = CATALOGUE.filter(({ wheels }) => wheels !== undefined);
    expect(fromWheels.map(({ name }) => name)).toEqual(["smollm2-135m", "gemma3-270m"]);
    for (const { sha256, wheels = [], bytes } of fromWheels) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      for (const { wheelSha256 } of wheels) expect(wheelSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(wheels.reduce((sum, part) => sum + part.entryBytes, 0)).toBe(bytes);
    }
  });

  it("names the terms of every licence that is no open-source licence", () => {
    for (const { licence, licenceNote } of CATALOGUE)
      expect(licenceNote !== undefined).toBe(!["Apache-2.0", "MIT"].includes(licence));
  });

  it("gives Gemma's base model the turns of its family, the system message before the first of the user's", () => {
    const template = chatTemplate(catalogueModel("gemma3-270m")!.chatTemplate!, {
      bosToken: "<bos>",
      eosToken: "<eos>",
    });
    expect(
      template.render([
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
        { role: "assistant", content: "Hello" },
        { role: "user", content: "Bye" },
      ]),
    ).toBe(
      "<bos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n" +
        "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
    );
  });
});
