import type { ListenerInfo } from "../../core/api/system.ts";
import type { ListenerSettings } from "../../settings/types.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { read, type Route } from "./route.ts";

export interface ListenerRoutesDeps {
  readonly current: () => Pick<Snapshot, "listeners" | "settings">;
  /** The real port of a listener; null: it is closed. */
  readonly portOf: (listener: string) => number | null;
  /** Clients connected now. */
  readonly sessions: () => readonly { readonly listener: string }[];
}

/** The ports where devices come in. */
export function listenerRoutes(deps: ListenerRoutesDeps): readonly Route[] {
  return [
    read("/listeners", { summary: "The ports for devices, and how to try them", answer: "ListenerInfo[]" }, () =>
      listenersOf(deps),
    ),
  ];
}

/** Every port that the settings name, open or not. */
export function listenersOf({ current, portOf, sessions }: ListenerRoutesDeps): readonly ListenerInfo[] {
  const { settings, listeners } = current();
  const connected = new Map<string, number>();
  for (const { listener } of sessions()) connected.set(listener, (connected.get(listener) ?? 0) + 1);
  return settings.listeners.map((listener) => {
    const { name, port } = listener;
    const real = portOf(name);
    const tls = listeners.find(({ settings: { name: other } }) => other === name)?.tls ?? null;
    const isTls = listener.tls !== null;
    const { anonymous } = settings.listenerAccess.get(name) ?? settings;
    return {
      name,
      url: `${schemeOf(listener.protocol, isTls)}://HOST:${real ?? port}`,
      open: real !== null,
      tls: isTls,
      anonymous: anonymous !== null,
      connections: connected.get(name) ?? 0,
      tryIt: commandFor(listener, real ?? port, tls?.requireCertificate === true),
    };
  });
}

function schemeOf(protocol: ListenerSettings["protocol"], isTls: boolean): string {
  if (protocol === "mqtt") return isTls ? "mqtts" : "mqtt";
  return isTls ? "wss" : "ws";
}

/** Mosquitto's client speaks TCP; that of MQTT.js WebSocket too. */
function commandFor({ protocol, tls }: ListenerSettings, port: number, asksForCertificate: boolean): string {
  const login = "-u USER -P PASSWORD -t test -m hello";
  const own = asksForCertificate ? " --cert DEVICE.crt --key DEVICE.key" : "";
  if (protocol === "mqtt") {
    return `mosquitto_pub -h HOST -p ${port}${tls === null ? "" : ` --capath /etc/ssl/certs${own}`} ${login}`;
  }
  return `npx mqtt pub -C ${schemeOf(protocol, tls !== null)} -h HOST -p ${port}${own} ${login}`;
}
