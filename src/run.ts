import { startApp, type App, type AppContext } from "./app.ts";
import { ConfigError } from "./core/errors.ts";
import { sentence } from "./core/problem.ts";

/** EX_CONFIG of sysexits.h: a restart will not help. */
export const EXIT_CONFIG = 78;
const EXIT_FAULT = 1;

interface RunHooks {
  /** Called when everything listens. */
  readonly started?: (app: App) => void;
  /** Called before the listeners close. */
  readonly stopping?: () => Promise<void>;
}

/** Runs the broker until SIGTERM or SIGINT; sets the exit code: 0 stopped as asked, 78 nothing to run, 1 a fault. */
export async function run(context: AppContext, { started, stopping }: RunHooks = {}): Promise<void> {
  let app: App | null = null;
  try {
    const stopped = Promise.withResolvers<string>();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopped.resolve(signal));
    // Before the broker runs there is nothing to read again, but the default action would end the process.
    process.on("SIGHUP", () => void app?.reload("SIGHUP"));

    const running = await startApp(context);
    app = running;
    running.log.notice({}, `ready: ${running.addresses().join(" ")} after ${Math.round(performance.now())} ms`);
    started?.(running);

    const signal = await stopped.promise;
    running.log.notice({}, `${signal}: stopping`);
    await stopping?.();
    await running.stop();
    running.log.notice({}, "stopped");
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const problem of error.problems) process.stderr.write(`${sentence(problem)}\n`);
      process.exitCode = EXIT_CONFIG;
      return;
    }
    process.stderr.write(`stopped by a fault in the broker: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = EXIT_FAULT;
  }
}
