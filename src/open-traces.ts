import { join } from "node:path";
import type { Broker } from "./broker/broker.ts";
import type { RecordEvent } from "./core/events.ts";
import type { Logger } from "./core/logger.ts";
import type { Watcher } from "./core/tracing.ts";
import { CONTROL_SOCKET, openControlSocket, type ControlSocket } from "./monitor/control-socket.ts";
import type { Traces } from "./monitor/trace/traces.ts";

/** The traces of a running broker, and the socket by which "culex trace" asks for them. */
export interface TraceDesk {
  /** Nothing is loaded for them before somebody asks. */
  traces(): Promise<Traces>;
  readonly record: RecordEvent;
  stop(): Promise<void>;
}

interface TraceDeskDeps {
  readonly broker: Pick<Broker, "watch">;
  /** null: there is none, and so no trace. */
  readonly folder: string | null;
  readonly log: Logger;
}

/** Opens the desk; without a folder it has no socket. */
export async function openTraces({ broker, folder, log }: TraceDeskDeps): Promise<TraceDesk> {
  let watcher: Watcher | null = null;
  let made: Promise<Traces> | null = null;

  const make = async (): Promise<Traces> => {
    const { createTraces } = await import("./monitor/trace/traces.ts");
    return createTraces({
      folder: join(folder ?? "", "trace"),
      now: Date.now,
      watch(next) {
        watcher = next;
        broker.watch(next);
      },
    });
  };
  const traces = (): Promise<Traces> => (made ??= make());
  const answer = async (question: unknown): Promise<unknown> => {
    const { answerTrace } = await import("./monitor/trace/answer.ts");
    const said = answerTrace(await traces(), question);
    if (said.isChange) for (const line of said.lines) log.notice({}, `culex trace: ${line}`);
    return said;
  };
  const socket: ControlSocket | null =
    folder === null ? null : await openControlSocket(join(folder, CONTROL_SOCKET), answer, log);

  return {
    traces,
    record: (event) => watcher?.record(event),
    async stop() {
      await socket?.close();
      if (made !== null) await (await made).stopAll();
    },
  };
}
