import { defineConfig } from "vitest/config";

/** `npm run screenshots`: the parts that start a broker and Home Assistant's stand-in are those of the tests. */
export default defineConfig({
  test: { include: ["scripts/screenshots.ts"], testTimeout: 300_000, hookTimeout: 60_000 },
});
