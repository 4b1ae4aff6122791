import { accessDirectives } from "./directives/access.ts";
import { bridgeDirectives } from "./directives/bridge.ts";
import { clientDirectives } from "./directives/clients.ts";
import { globalDirectives } from "./directives/global.ts";
import { httpDirectives } from "./directives/http.ts";
import { limitDirectives } from "./directives/limits.ts";
import { listenerDirectives } from "./directives/listener.ts";
import { panelDirectives } from "./directives/panel.ts";
import { proxyDirectives } from "./directives/proxy.ts";
import { metricsDirectives } from "./directives/metrics.ts";
import { sensorDirectives } from "./directives/sensors.ts";
import { pluginDirectives } from "./directives/plugin.ts";
import { tlsDirectives } from "./directives/tls.ts";
import type { DirectiveRow } from "./directives/row.ts";

/** Every directive of mosquitto.conf, one row each. */
export const directives: readonly DirectiveRow[] = [
  ...accessDirectives,
  ...clientDirectives,
  ...globalDirectives,
  ...listenerDirectives,
  ...tlsDirectives,
  ...proxyDirectives,
  ...httpDirectives,
  ...panelDirectives,
  ...sensorDirectives,
  ...metricsDirectives,
  ...limitDirectives,
  ...pluginDirectives,
  ...bridgeDirectives,
];

const ROWS: ReadonlyMap<string, DirectiveRow> = new Map(directives.map((row) => [row.name, row]));
const FAMILIES = directives.filter(({ name }) => name.endsWith("*"));

/** Finds the row of a directive by its name in small letters. */
export function findDirective(name: string): DirectiveRow | null {
  return ROWS.get(name) ?? FAMILIES.find((row) => name.startsWith(row.name.slice(0, -1))) ?? null;
}
