import { codeOf, messageOf } from "../core/errors.ts";
import {
  DEFAULT_LOG_TYPES,
  jsonLine,
  TIME_PREFIX,
  oneLine,
  textLine,
  type LogEntry,
  type LogSink,
  type LogTarget,
  type LogType,
} from "../core/logger.ts";
import type { LogSettings } from "../settings/types.ts";
import { createLogFile, type LogFile } from "./log-file.ts";

interface LogTargetDeps {
  readonly format: "text" | "json";
  /** Sends a line to the broker's own log topics; see `log_dest topic`. */
  readonly publish: (topic: string, line: string) => void;
  /** Is given every line that is written anywhere. */
  readonly also: LogSink;
}

interface LogTargets {
  readonly current: () => LogTarget;
  /** Takes over new settings; files no longer named are closed, the others opened anew. */
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

/** Makes the destinations of the log: standard output until settings say otherwise. */
export function createLogTargets({ format, publish, also }: LogTargetDeps): LogTargets {
  let timePrefix = TIME_PREFIX;
  const render = format === "json" ? jsonLine : (entry: LogEntry) => textLine(entry, timePrefix);
  const stdout: LogSink = (entry) => void process.stdout.write(render(entry));
  const stderr: LogSink = (entry) => void process.stderr.write(render(entry));
  const topic = topicSink(publish);
  const files = new Map<string, LogFile>();
  let target: LogTarget = { types: new Set(DEFAULT_LOG_TYPES), sinks: [stdout, also] };

  function fileSink(path: string): LogSink {
    const open = files.get(path) ?? createLogFile(path, render, (error) => replaceByStdout(path, error));
    files.set(path, open);
    return open.sink;
  }

  function replaceByStdout(path: string, error: Error): void {
    const failed = files.get(path)?.sink;
    if (failed === undefined) return;
    target = { ...target, sinks: unique([...target.sinks.filter((sink) => sink !== failed), stdout]) };
    const what = `The log file ${path} cannot be written (${codeOf(error) ?? messageOf(error)}).`;
    const message = oneLine(`${what} Lines go to standard output. Check log_dest.`);
    stdout({ type: "warning", atMs: Date.now(), fields: {}, message });
  }

  return {
    current: () => target,
    update(settings) {
      const { types, destinations } = settings;
      timePrefix = settings.timePrefix;
      const paths = new Set(destinations.flatMap((to) => (to.kind === "file" ? [to.path] : [])));
      for (const [path, file] of files) {
        if (paths.has(path)) {
          file.reopen();
          continue;
        }
        file.close();
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
            return topic;
        }
      });
      target = { types, sinks: unique([...sinks, also]) };
    },
  };
}

/** A destination that is named twice gets each line once. */
function unique(sinks: readonly LogSink[]): readonly LogSink[] {
  return [...new Set(sinks)];
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
