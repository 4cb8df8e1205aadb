// A disk that is really full: a file system of a few megabytes in a mount namespace of its own. Where the system allows none
// (only Linux has them, and not for every user), the test is skipped and says so; src/run/group-commit.test.ts has the logic.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** The run's reserve is 8 MiB of it. */
const DISK = "14m";

function onSmallDisk(directory: string, ...command: readonly string[]) {
  const script = `mount -t tmpfs -o size=${DISK} tmpfs "$0" && exec "$@"`;
  return spawnSync("unshare", ["--map-root-user", "--mount", "sh", "-c", script, directory, ...command], {
    encoding: "utf8",
  });
}

const directory = mkdtempSync(join(tmpdir(), "rpo-disk-full-"));
const possible = onSmallDisk(directory, "true").status === 0;
const title = "a full disk ends a run with a clear message, and every answer that a model gave is kept";
const why = possible ? "" : " (skipped: this system lets no user mount a small file system)";

it.skipIf(!possible)(`${title}${why}`, () => {
  try {
    const fill = fileURLToPath(new URL("fill.ts", import.meta.url));
    const { stdout, stderr } = onSmallDisk(directory, process.execPath, fill, directory);
    expect(stderr).toBe("");
    const { answered, found, items, full, message } = JSON.parse(stdout);
    expect({ full, message }).toEqual({ full: true, message: expect.stringContaining("no space left on the disk") });
    expect(answered).toBeGreaterThan(100);
    expect(found).toBe(answered);
    expect(items.done).toBeGreaterThan(100);
    expect(items.failed).toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
