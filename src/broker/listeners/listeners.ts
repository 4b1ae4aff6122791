import type { Duplex } from "node:stream";
import type { RecordEvent } from "../../core/events.ts";
import type { Logger } from "../../core/logger.ts";
import type { Problem, Reason } from "../../core/types.ts";
import type { ListenerPlan } from "../../snapshot/types.ts";
import type { ConnectionInfo } from "../connection.ts";
import { openListener, type Listener } from "./listener.ts";
import { cannotOpen } from "./problems.ts";

/** Ends a connection that was handed over, because the configuration does not admit it any more. */
export type EndConnection = (reason: Reason) => void;

export interface ListenerDeps {
  readonly accept: (stream: Duplex, info: ConnectionInfo) => EndConnection;
  readonly record: RecordEvent;
  readonly log: Logger;
  /** Bytes of a whole packet, asked at each WebSocket connection: no frame may be longer. */
  readonly maxPacketSize: () => number;
  /** Connections each second, where a listener has no number of its own. */
  readonly maxConnectRate: () => number;
}

/** The open ports. */
export interface Listeners {
  /** Opens what is new, closes what is gone, and changes the rest without dropping a connection that may stay. */
  apply(plans: readonly ListenerPlan[]): Promise<readonly Problem[]>;
  /** As URLs with the real ports, in the order of the plans: "mqtt://[::]:1883". */
  readonly addresses: () => readonly string[];
  /** The real port of a listener; null when it is not open. */
  readonly portOf: (name: string) => number | null;
  /** Takes no more connections. Those that were handed over are the broker's to close. */
  stop(): Promise<void>;
}

/** Makes the listeners; none is open yet. */
export function createListeners(deps: ListenerDeps): Listeners {
  let open = new Map<string, Listener>();

  return {
    async apply(plans) {
      const wanted = new Map(plans.map((plan) => [keyOf(plan), plan]));
      // First the closed ones go: what is new may want their port.
      const gone = [...open].filter(([key]) => !wanted.has(key));
      await Promise.all(gone.map(([, listener]) => listener.close()));
      const next = new Map<string, Listener>();
      const problems: Problem[] = [];
      for (const [key, plan] of wanted) {
        const known = open.get(key);
        try {
          if (known === undefined) next.set(key, await openListener(plan, deps));
          else next.set(key, known);
          known?.update(plan);
        } catch (error) {
          problems.push(cannotOpen(plan.settings, error));
        }
      }
      open = next;
      return problems;
    },
    addresses: () => [...open.values()].map(({ address }) => address()),
    portOf(name) {
      const listener = [...open.values()].find((candidate) => candidate.name() === name);
      return listener === undefined ? null : Number(new URL(listener.address()).port || DEFAULT_HTTP_PORT);
    },
    async stop() {
      const listeners = [...open.values()];
      open = new Map();
      await Promise.all(listeners.map((listener) => listener.stop()));
    },
  };
}

/** A URL of a WebSocket listener on port 80 shows none. */
const DEFAULT_HTTP_PORT = 80;

/** What cannot change while a listener is open. */
function keyOf({ settings, tls }: ListenerPlan): string {
  const { name, protocol, host, port, terms, proxy } = settings;
  return JSON.stringify([protocol, tls !== null, host, terms.isIpv6Only, port, port === 0 ? name : null, proxy]);
}
