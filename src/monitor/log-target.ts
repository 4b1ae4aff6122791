import { createWriteStream, type WriteStream } from "node:fs";
import { messageOf } from "../core/errors.ts";
import { jsonLine, textLine, type LogEntry, type LogSink, type LogTarget, type LogType } from "../core/logger.ts";
import type { LogSettings } from "../settings/types.ts";

interface LogTargetDeps {
  readonly format: "text" | "json";
  /** Sends a line to the broker's own log topics; see `log_dest topic`. */
  readonly publish: (topic: string, line: string) => void;
}

export interface LogTargets {
  readonly current: () => LogTarget;
  /** Takes over new settings; files no longer named are closed. */
  update(settings: LogSettings): void;
}

/** Mosquitto's log topics below $SYS/broker/log; debug never goes to a topic, it would feed on itself. */
const TOPICS: Readonly<Record<LogType, string | null>> = {
  error: "E",
  warning: "W",
  notice: "N",
  information: "I",
  debug: null,
  subscribe: "M/subscribe",
  unsubscribe: "M/unsubscribe",
};

const DEFAULT_TYPES: ReadonlySet<LogType> = new Set(["error", "warning", "notice", "information"]);

/** Makes the destinations of the log: standard output until settings say otherwise. */
export function createLogTargets({ format, publish }: LogTargetDeps): LogTargets {
  const render = format === "json" ? jsonLine : textLine;
  const files = new Map<string, WriteStream>();
  const stdout: LogSink = (entry) => void process.stdout.write(render(entry));
  const stderr: LogSink = (entry) => void process.stderr.write(render(entry));
  let target: LogTarget = { types: DEFAULT_TYPES, sinks: [stdout] };

  function fileSink(path: string): LogSink {
    const open = files.get(path) ?? createWriteStream(path, { flags: "a", mode: 0o640 });
    files.set(path, open);
    open.once("error", (error) => {
      files.delete(path);
      target = { ...target, sinks: [...target.sinks.filter((sink) => sink !== write), stdout] };
      const message = `The log file ${path} cannot be written (${messageOf(error)}). Lines go to standard output. Check log_dest.`;
      stdout({ type: "warning", atMs: Date.now(), fields: {}, message });
    });
    const write: LogSink = (entry) => void (open.destroyed || open.write(render(entry)));
    return write;
  }

  return {
    current: () => target,
    update({ types, destinations }) {
      const paths = new Set(destinations.flatMap((to) => (to.kind === "file" ? [to.path] : [])));
      for (const [path, stream] of files) {
        if (paths.has(path)) continue;
        stream.end();
        files.delete(path);
      }
      const sinks = destinations.map((to): LogSink => {
        switch (to.kind) {
          case "stdout":
            return stdout;
          case "stderr":
            return stderr;
          case "file":
            return fileSink(to.path);
          case "topic":
            return topicSink(publish);
        }
      });
      target = { types, sinks };
    },
  };
}

function topicSink(publish: (topic: string, line: string) => void): LogSink {
  let isPublishing = false;
  return (entry: LogEntry) => {
    const topic = TOPICS[entry.type];
    // A line that publishing a line gives rise to is not published again.
    if (topic === null || isPublishing) return;
    isPublishing = true;
    try {
      publish(`$SYS/broker/log/${topic}`, entry.message);
    } finally {
      isPublishing = false;
    }
  };
}
