import type { Reporter, TestModule } from "vitest/node";

/** Closes a test run with the plain line `N passed, N failed`, skipped tests counted beside. A file that does not load counts as one failure. */
class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    const skipped = count.skipped + count.pending;
    console.log(`${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  }
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter named by path from the default export
export default CountReporter;
