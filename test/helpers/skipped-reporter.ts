import type { Reporter, TestModule } from "vitest/node";

/** Lists by name what this machine could not run, after the run. */
export const skippedReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests("skipped")].map((test) => `  ${module.relativeModuleId}: ${test.fullName}`),
    );
    if (skipped.length > 0) process.stdout.write(`\nSkipped on this machine:\n${skipped.join("\n")}\n`);
  },
};
