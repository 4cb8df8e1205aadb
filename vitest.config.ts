import { defineConfig } from "vitest/config";

// Tests run in parallel, in any order, and none is timed; the limit only ends one that hangs.
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: "100%", // a core is left idle by default: half of a small machine
    sequence: { shuffle: true },
    reporters: ["default", "./test/count-reporter.ts"],
  },
});
