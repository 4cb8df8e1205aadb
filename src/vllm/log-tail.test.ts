import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { logTail } from "./log-tail.ts";

it("gives the last lines as text that moves no cursor, and none of no file", async () => {
  const dir = await mkdtemp(join(tmpdir(), "rpo-log-"));
  try {
    const path = join(dir, "log");
    await writeFile(
      path,
      `${"x".repeat(100_000)}\nfirst\n\u001b[31mred\u001b[0m\u0007 bell\n\nloading 10%\rloading 50%\rloading 99%\n\n`,
    );
    expect(await logTail(path, 2)).toEqual(["red  bell", "loading 99%"]);
    expect((await logTail(path, 9)).at(-3)).toBe("first");
    expect(await logTail(join(dir, "no"), 2)).toEqual([]);
  } finally {
    await rm(dir, { recursive: true });
  }
});
