import { open } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CliError } from "./cli-error.ts";
import { reportingSystemErrors } from "./system-failure.ts";

describe("reportingSystemErrors", () => {
  it("turns what the file system refuses into a failure to report, and lets all else through", async () => {
    const refused = reportingSystemErrors(() => open("/no/such/folder/file", "w"));
    await expect(refused).rejects.toBeInstanceOf(CliError);
    await expect(refused).rejects.toThrow("ENOENT: no such file or directory");
    const bug = new TypeError("a fault of ours");
    await expect(reportingSystemErrors(() => Promise.reject(bug))).rejects.toBe(bug);
    expect(await reportingSystemErrors(async () => 7)).toBe(7);
  });
});
