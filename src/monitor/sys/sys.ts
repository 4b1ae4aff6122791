import type { RecordEvent } from "../../core/events.ts";
import type { Figures } from "../../core/figures.ts";
import { createEmqEvents } from "./emq-events.ts";
import { createEmqTree, nodeLevel } from "./emq-tree.ts";
import { createMosquittoTree } from "./mosquitto-tree.ts";
import type { Reading, SysValue } from "./reading.ts";

export interface SysDeps {
  /** Of this broker: "1.2.3". */
  readonly version: string;
  /** The name of this broker in EMQ's tree. */
  readonly node: string;
  /** Not asked before the first update(). */
  readonly figures: () => Figures;
  readonly publish: (message: SysMessage) => void;
  /** Whether anybody subscribed to what a topic is in. */
  readonly isHeard: (topic: string) => boolean;
}

/** A message of $SYS; a retained one without payload takes back what was said. */
export interface SysMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 2;
  readonly retain: boolean;
}

/** What the broker says of itself below $SYS, while it runs. */
export interface Sys {
  /** Hears what happens to clients. */
  readonly record: RecordEvent;
  /** Says everything that changed each `intervalS` seconds, and now what was not said yet; 0 takes everything back. */
  update(intervalS: number): void;
  stop(): void;
}

/** Makes $SYS with mosquitto's topics and EMQ's; nothing is said before the first update(). */
export function createSys({ version, node, figures, publish, isHeard }: SysDeps): Sys {
  const startedAtMs = performance.now();
  const mosquittoTree = createMosquittoTree(version);
  const emqTree = createEmqTree(version, nodeLevel(node));
  const emqEvents = createEmqEvents(nodeLevel(node), {
    isHeard,
    publish: (topic, payload) => publish({ topic, payload, qos: 0, retain: false }),
  });
  const said = new Map<string, string>();
  let timer: NodeJS.Timeout | null = null;
  let intervalMs = 0;

  const say = (values: readonly SysValue[], qos: 0 | 2): void => {
    for (const [topic, payload] of values) {
      if (said.get(topic) === payload) continue;
      said.set(topic, payload);
      publish({ topic, payload, qos, retain: true });
    }
  };

  const sayAll = (): void => {
    const uptimeMs = performance.now() - startedAtMs;
    const reading: Reading = { figures: figures(), uptimeMs, memoryBytes: process.memoryUsage.rss() };
    say(mosquittoTree(reading), 2);
    say(emqTree(reading), 0);
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
    record(event) {
      // later in this turn: what is reported may be in the middle of a delivery
      if (timer !== null) queueMicrotask(() => emqEvents(event));
    },
    update(intervalS) {
      if (intervalS * 1000 === intervalMs) return;
      stop();
      intervalMs = intervalS * 1000;
      if (intervalMs > 0) {
        if (said.size === 0) sayAll();
        schedule();
        return;
      }
      for (const topic of said.keys()) publish({ topic, payload: "", qos: 0, retain: true });
      said.clear();
    },
    stop,
  };
}
