// Lockfiles pin versions and hashes. npm also copies each package's funding address into them; those are taken out, so
// that no lockfile names a host. Run after `npm install`; a test checks that it was.
import { readFileSync, writeFileSync } from "node:fs";

for (const file of ["package-lock.json", "setup/runtime/package-lock.json"]) {
  const lock = JSON.parse(readFileSync(file, "utf8"));
  for (const entry of Object.values(lock.packages)) delete entry.funding;
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
