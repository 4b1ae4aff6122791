import { defineConfig } from "vitest/config";
import { skippedReporter } from "./test/helpers/skipped-reporter.ts";

export default defineConfig({
  test: {
    reporters: ["default", skippedReporter],
    // Most of what the slow files do is to wait.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: ["test/system/**", "test/bridge/live/**", "test/panel/browser/**"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts", "test/bridge/live/**/*.test.ts", "test/panel/browser/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Real processes, sockets and file watchers on a machine that does other things too: once more tells a slow
          // moment from a fault. The reporter marks what needed it.
          retry: 1,
        },
      },
    ],
  },
});
