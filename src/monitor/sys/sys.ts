import type { Figures } from "../../core/figures.ts";
import { createMosquittoTree } from "./mosquitto-tree.ts";
import type { SysValue } from "./reading.ts";

export interface SysDeps {
  /** Of this broker: "1.2.3". */
  readonly version: string;
  readonly figures: () => Figures;
  /** Publishes a retained message; an empty one takes it back. */
  readonly publish: (topic: string, payload: string) => void;
}

/** What the broker says of itself below $SYS, while it runs. */
export interface Sys {
  /** Says everything that changed each `intervalS` seconds, and now what was not said yet; 0 takes everything back. */
  update(intervalS: number): void;
  stop(): void;
}

/** Makes $SYS; nothing is said before the first update(). */
export function createSys({ version, figures, publish }: SysDeps): Sys {
  const startedAtMs = performance.now();
  const tree = createMosquittoTree(version);
  const said = new Map<string, string>();
  let timer: NodeJS.Timeout | null = null;
  let intervalMs = 0;

  const say = ([topic, payload]: SysValue): void => {
    if (said.get(topic) === payload) return;
    said.set(topic, payload);
    publish(topic, payload);
  };

  const sayAll = (): void => {
    const uptimeMs = performance.now() - startedAtMs;
    for (const value of tree({ figures: figures(), uptimeMs, memoryBytes: process.memoryUsage.rss() })) say(value);
  };

  // When the clock shows a multiple of the interval, as mosquitto does: the values of several brokers fit together.
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        sayAll();
        schedule();
      },
      intervalMs - (Date.now() % intervalMs),
    ).unref();
  };

  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  return {
    update(intervalS) {
      if (intervalS * 1000 === intervalMs) return;
      stop();
      intervalMs = intervalS * 1000;
      if (intervalMs > 0) {
        if (said.size === 0) sayAll();
        schedule();
        return;
      }
      for (const topic of said.keys()) publish(topic, "");
      said.clear();
    },
    stop,
  };
}
