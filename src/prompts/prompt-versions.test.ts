// The golden test of all prompts: the text that each makes of its examples, known by its hash, under its version. A text that
// changed under an unchanged version fails here; after raising the version, put the line that the failure shows into
// prompt-versions.json.
import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Prompt, PromptLanguage } from "./prompt.ts";

const LANGUAGES: readonly PromptLanguage[] = ["en", "zh"];
const folder = new URL("./", import.meta.url);
const known = JSON.parse(readFileSync(new URL("prompt-versions.json", folder), "utf8")) as Record<
  string,
  { version: number; sha256: string }
>;

const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
const prompts: Prompt<unknown>[] = [];
for (const file of files.sort()) {
  const module: Record<string, unknown> = await import(new URL(file, folder).href);
  for (const [name, value] of Object.entries(module))
    if (name.endsWith("Prompt")) prompts.push(value as Prompt<unknown>);
}

const rendered = (prompt: Prompt<unknown>, language: PromptLanguage) =>
  prompt.examples.map((example) => prompt.messages(example, language));

describe("prompts", () => {
  it("are known by their names, each once", () => {
    expect(prompts.map(({ name }) => name).sort()).toEqual(Object.keys(known).sort());
  });

  it.each(prompts.map((prompt) => [prompt.name, prompt] as const))("%s has the text of its version", (name, prompt) => {
    expect(prompt.examples.length).toBeGreaterThan(0);
    const sha256 = hash("sha256", JSON.stringify(LANGUAGES.map((language) => rendered(prompt, language))), "hex");
    const now = { version: prompt.version, sha256 };
    const before = known[name];
    if (before?.sha256 !== sha256 && before?.version === prompt.version)
      expect.fail(`the text of ${name} changed: raise its version (now ${prompt.version}), then run this again`);
    expect(now, `put into prompt-versions.json: "${name}": ${JSON.stringify(now)}`).toEqual(before);
  });

  it.each(prompts.map((prompt) => [prompt.name, prompt] as const))(
    "%s is a whole conversation in its language",
    (_, prompt) => {
      for (const language of LANGUAGES)
        for (const messages of rendered(prompt, language)) {
          expect(messages.at(-1)?.role).toBe("user");
          const text = messages.map(({ content }) => content).join("\n");
          expect(text).not.toMatch(/undefined|\[object Object\]|NaN/);
          for (const { content } of messages) expect(content.trim()).toBe(content);
          if (language === "zh") expect(text).toMatch(/\p{Script=Han}/u);
        }
    },
  );
});
