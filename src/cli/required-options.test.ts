import { Command } from "commander";
import { expect, it } from "vitest";
import { requireOptions } from "./required-options.ts";

/** What a command that needs --out says to its flags. */
function saidTo(...flags: string[]): string {
  let said = "";
  const command = new Command("x")
    .option("--out <DIR>")
    .option("--seed <N>")
    .exitOverride()
    .configureOutput({ writeErr: (text) => (said += text) })
    .action((_flags, self: Command) => requireOptions(self, ["--out"]));
  try {
    command.parse(flags, { from: "user" });
  } catch {}
  return said.trim();
}

it("asks for what is missing, but puts a misspelt one right first", () => {
  expect(saidTo()).toBe("error: required option '--out <DIR>' not specified");
  expect(saidTo("--out", "d")).toBe("");
  expect(saidTo("--uot", "d")).toBe("error: unknown option '--uot'\n(Did you mean --out?)");
});
