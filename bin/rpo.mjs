#!/usr/bin/env node
// Starts `rpo`: the built program where there is one, else the sources (a checkout), on the Node.js the project is pinned
// to. An older Node.js only starts the newer one.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const at = (path) => new URL(path, import.meta.url);
const [major, minor] = process.versions.node.split(".").map(Number);
const newEnough = major > 22 || (major === 22 && minor >= 18); // strips types without a flag

if (newEnough) {
  module.enableCompileCache?.(); // 100 ms of every later start
  const checkout = existsSync(at("../src/cli/main.ts"));
  await import(checkout ? at("../src/cli/main.ts").href : at("../dist/cli/main.js").href);
} else {
  const { pinnedNode } = existsSync(at("../setup/runtime.mjs"))
    ? await import("../setup/runtime.mjs")
    : { pinnedNode: () => null };
  const node = pinnedNode();
  if (node === null) {
    console.error(
      `rpo needs Node.js 22.18 or newer; this is ${process.version}. In a checkout, \`npm run setup\` installs one for it alone.`,
    );
    process.exit(1);
  }
  const child = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(child.status ?? 1);
}
