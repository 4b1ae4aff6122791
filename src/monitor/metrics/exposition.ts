/** One figure, with all its values. */
export interface MetricFamily {
  /** With the endings that Prometheus has for units, and `_total` for what only grows. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How a page of figures is told to be written. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Writes figures as Prometheus reads them (text format 0.0.4):
 *
 *     # HELP culex_messages_received_total Messages received from clients, by QoS.
 *     # TYPE culex_messages_received_total counter
 *     culex_messages_received_total{qos="1"} 17
 */
export function exposition(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}\n`);
      return `# HELP ${name} ${help.replace(/[\\\n]/g, escape)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
    })
    .join("");
}

function labelText(labels: MetricSample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\\n"]/g, escape)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}
