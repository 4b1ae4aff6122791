import type { Connection } from "./session.ts";

/** Whether the client knows the alias of a topic, which then stands for it. */
export function hasAlias(connection: Connection, topic: string): boolean {
  return connection.aliasesOut?.has(topic) ?? false;
}

/** The alias of a topic on this connection; a new one while the client takes more (MQTT 5, 3.3.2.3.4). 0: none. */
export function aliasFor(connection: Connection, topic: string): number {
  if (connection.aliasMaximumOut === 0) return 0;
  const aliases = (connection.aliasesOut ??= new Map());
  const known = aliases.get(topic);
  if (known !== undefined) return known;
  if (aliases.size >= connection.aliasMaximumOut) return 0;
  aliases.set(topic, aliases.size + 1);
  return aliases.size;
}
