import { emqTopic, LONGEST_LEVEL, topicLevel } from "../sys/emq-tree.ts";

/** Something that is not as it should be, for as long as it lasts. */
export interface Alarm {
  /** "bridge_down.cabin" */
  readonly id: string;
  readonly severity: "warning" | "error" | "critical";
  readonly title: string;
  readonly summary: string;
  readonly details: Readonly<Record<string, string | number>>;
}

/** The alarms of now, each told once when it begins and once when it ends. */
export interface Alarms {
  raise(alarm: Alarm): void;
  clear(id: string): void;
  has(id: string): boolean;
  /** Those whose ids begin so, without that beginning. */
  active(prefix: string): readonly string[];
}

/** Ids come from the network. */
const MAX_ALARMS = 1_000;

/**
 * Tells alarms as EMQ 2 does, "$SYS/brokers/<node>/alarms/<id>/alert" with {"id", "severity", "title", "summary", "ts"}
 * and ".../clear" with {"id", "ts"}, and as EMQX 5 does, ".../alarms/activate" and ".../alarms/deactivate" with
 * {"name", "details", "message", "activate_at", "deactivate_at", "activated"} and times in microseconds.
 */
export function createAlarms(
  node: string,
  publish: (topic: string, payload: string) => void,
  now: () => number = Date.now,
): Alarms {
  const known = new Map<string, { readonly alarm: Alarm; readonly atMs: number }>();
  const say = (topic: string, payload: object): void =>
    publish(emqTopic(node, `alarms/${topic}`), JSON.stringify(payload));

  const sayActivity = (alarm: Alarm, fromMs: number, toMs: number | null): void =>
    say(toMs === null ? "activate" : "deactivate", {
      name: alarm.id,
      details: alarm.details,
      message: alarm.summary,
      activate_at: fromMs * 1000,
      deactivate_at: toMs === null ? "infinity" : toMs * 1000,
      activated: toMs === null,
    });

  return {
    raise(alarm) {
      if (known.has(alarm.id) || known.size >= MAX_ALARMS || alarm.id.length > LONGEST_LEVEL) return;
      const atMs = now();
      known.set(alarm.id, { alarm, atMs });
      const { id, severity, title, summary } = alarm;
      say(`${topicLevel(id)}/alert`, { id, severity, title, summary, ts: Math.floor(atMs / 1000) });
      sayActivity(alarm, atMs, null);
    },
    clear(id) {
      const entry = known.get(id);
      if (entry === undefined) return;
      known.delete(id);
      const atMs = now();
      say(`${topicLevel(id)}/clear`, { id, ts: Math.floor(atMs / 1000) });
      sayActivity(entry.alarm, entry.atMs, atMs);
    },
    has: (id) => known.has(id),
    active: (prefix) => [...known.keys()].flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : [])),
  };
}
