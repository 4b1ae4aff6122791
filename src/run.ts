import { startApp, type App, type AppContext } from "./app.ts";
import { ConfigError } from "./core/errors.ts";
import { sentence } from "./core/problem.ts";
import type { Signals } from "./signals.ts";

/** EX_CONFIG of sysexits.h: a restart will not help. */
const EXIT_CONFIG = 78;
const EXIT_FAULT = 1;

/** Runs the broker until it is asked to stop; gives the exit code: 0 stopped as asked, 78 nothing to run, 1 a fault. */
export async function run(
  signals: Signals,
  makeContext: () => AppContext | Promise<AppContext>,
  stopping: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  let app: App | null = null;
  try {
    const running = await startApp(await makeContext());
    app = running;
    signals.on("SIGHUP", () => void running.reload("SIGHUP"));
    signals.on("SIGUSR1", () => void running.save("SIGUSR1"));
    signals.on("SIGUSR2", running.listSubscriptions);
    running.log.notice({}, `ready: ${running.addresses().join(" ")} after ${Math.round(performance.now())} ms`);

    const signal = await signals.stopped;
    running.log.notice({}, `${signal}: stopping`);
    await stopping();
    await running.stop();
    running.log.notice({}, "stopped");
    return 0;
  } catch (error) {
    await app?.stop().catch(() => undefined);
    if (error instanceof ConfigError) {
      for (const problem of error.problems) process.stderr.write(`${sentence(problem)}\n`);
      return EXIT_CONFIG;
    }
    process.stderr.write(`stopped by a fault in the broker: ${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT_FAULT;
  }
}
