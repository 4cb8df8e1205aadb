// What the repository promises of itself.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
const textOf = (file: string): string => readFileSync(`${root}/${file}`, "utf8");

it("lockfiles name no host", () => {
  const lockfiles = tracked.filter((file) => /(?:package-lock\.json|requirements.*\.txt)$/.test(file));
  expect(lockfiles.length).toBeGreaterThanOrEqual(3);
  for (const file of lockfiles) expect(textOf(file), file).not.toMatch(/https?:\/\//);
});

it("sources fetch from no host by address", () => {
  // Documentation may link; code may name the SVG and XHTML namespaces, this machine, and the address that OPENAI_API_KEY is for.
  const allowed = /https?:\/\/(?:www\.w3\.org\/|127\.0\.0\.1|localhost|aclanthology\.org|api\.openai\.com\/v1")/g;
  for (const file of tracked.filter(
    (name) => /^(?:src|bin|setup|bench)\/.*\.(?:ts|mjs|py)$/.test(name) && !/\.test\.ts$/.test(name),
  ))
    expect(textOf(file).replace(allowed, ""), file).not.toMatch(/https?:\/\/[\w[]/);
});

it("nothing but the entry points has a default export", () => {
  for (const file of tracked.filter((name) => /^src\/.*\.ts$/.test(name)))
    expect(textOf(file), file).not.toMatch(/^export default/m);
});

it("every dependency has its reason", () => {
  const reasons = textOf("docs/dependencies.md");
  const { dependencies, devDependencies } = JSON.parse(textOf("package.json"));
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    if (!name.startsWith("@types/")) expect(reasons, name).toContain(name);
});
