import { useCompileCache } from "../src/compile-cache.ts";
import { catchSignals } from "../src/signals.ts";

useCompileCache();
// Everything else is loaded behind the signals: a stop during the start is a stop, not a crash.
const signals = catchSignals();
const { runAddon } = await import("./addon.ts");
process.exitCode = await runAddon(process.env, signals);
