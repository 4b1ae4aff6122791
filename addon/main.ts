import { prepareRuntime } from "../src/runtime.ts";
import { catchSignals } from "../src/signals.ts";

// When the image is built it is only compiled. A Node that does not know which file is the first one runs it.
// oxlint-disable-next-line typescript/no-unnecessary-boolean-literal-compare -- there it is missing
const isCompiledOnly = import.meta.main === false;

if (!isCompiledOnly) {
  prepareRuntime();
  // Everything else is loaded behind the signals: a stop during the start is a stop, not a crash.
  const signals = catchSignals();
  const { runAddon } = await import("./addon.ts");
  process.exitCode = await runAddon(process.env, signals);
}
