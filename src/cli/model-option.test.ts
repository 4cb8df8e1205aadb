import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { CliError } from "./cli-error.ts";
import { type ModelFlags, openModel, withModelOption } from "./model-option.ts";

const quiet = { contextSize: 1024, say: () => {} };

describe("openModel", () => {
  it("says which models there are where a name means nothing", async () => {
    const refused = await openModel({ model: "gpt-9" }, quiet).catch((error) => error);
    expect(refused).toBeInstanceOf(CliError);
    expect(refused.message).toMatch(/no model "gpt-9": known are smollm2-135m/);
  });

  it("says that there is no file where a path leads nowhere", async () => {
    const refused = await openModel({ model: "./nowhere.gguf" }, quiet).catch((error) => error);
    expect(refused).toBeInstanceOf(CliError);
    expect(refused.message).toContain("nowhere.gguf");
  });
});

describe("withModelOption", () => {
  it("reads --model", () => {
    let seen: ModelFlags | undefined;
    withModelOption(new Command("x"))
      .action((flags: ModelFlags) => {
        seen = flags;
      })
      .parse(["--model", "smollm2-135m"], { from: "user" });
    expect(seen).toEqual({ model: "smollm2-135m" });
  });
});
