import { prepareRuntime } from "../src/runtime.ts";
import { catchSignals } from "../src/signals.ts";

prepareRuntime();
// Everything else is loaded behind the signals: a stop during the start is a stop, not a crash.
const signals = catchSignals();
const { runAddon } = await import("./addon.ts");
process.exitCode = await runAddon(process.env, signals);
