import { join } from "node:path";
import type { Broker } from "./broker/broker.ts";
import type { RecordEvent } from "./core/events.ts";
import type { Logger } from "./core/logger.ts";
import { isRawObject } from "./core/raw-object.ts";
import { withoutTokens } from "./core/tokens.ts";
import type { Watcher } from "./core/tracing.ts";
import { CONTROL_SOCKET, openControlSocket, type ControlSocket } from "./monitor/control-socket.ts";
import type { TracePrograms } from "./monitor/trace/trace-desk.ts";
import type { Traces } from "./monitor/trace/traces.ts";

/** The traces of a running broker, and the socket by which commands ask for them, and for whom it keeps out. */
export interface TraceDesk {
  /** For programs; nothing is loaded for them before somebody asks. null: there is no folder, and so no trace. */
  readonly programs: (() => Promise<TracePrograms>) | null;
  readonly record: RecordEvent;
  stop(): Promise<void>;
}

interface TraceDeskDeps {
  readonly broker: Pick<Broker, "watch" | "keptOut">;
  /** null: there is none, and so no trace. */
  readonly folder: string | null;
  readonly log: Logger;
}

/** Opens the desk; without a folder it has no socket. */
export async function openTraces({ broker, folder, log }: TraceDeskDeps): Promise<TraceDesk> {
  let watcher: Watcher | null = null;
  let made: Promise<Traces> | null = null;

  const place = join(folder ?? "", "trace");
  const make = async (): Promise<Traces> => {
    const { createTraces } = await import("./monitor/trace/traces.ts");
    return createTraces({
      folder: place,
      now: Date.now,
      watch(next) {
        watcher = next;
        broker.watch(next);
      },
    });
  };
  const traces = (): Promise<Traces> => (made ??= make());
  const answer = async (question: unknown): Promise<unknown> => {
    if (isAboutKeptOut(question)) return { lines: keptOutLines(broker.keptOut()), code: 0 };
    const { answerTrace } = await import("./monitor/trace/answer.ts");
    const said = answerTrace(await traces(), question);
    if (said.isChange) for (const line of said.lines) log.notice({}, withoutTokens(`culex trace: ${line}`));
    return said;
  };
  const programs = async (): Promise<TracePrograms> => {
    const { createTracePrograms } = await import("./monitor/trace/trace-desk.ts");
    return createTracePrograms(await traces(), place, Date.now);
  };
  const socket: ControlSocket | null =
    folder === null ? null : await openControlSocket(join(folder, CONTROL_SOCKET), answer, log);

  return {
    programs: folder === null ? null : programs,
    record: (event) => watcher?.record(event),
    async stop() {
      await socket?.close();
      if (made !== null) await (await made).stopAll();
    },
  };
}

/** What "culex ban list" asks beside reading the file. */
function isAboutKeptOut(question: unknown): boolean {
  return isRawObject(question) && question["action"] === "kept-out";
}

/** Comments of the list, which has no entry for a client id and a user together. */
function keptOutLines(keptOut: ReturnType<Broker["keptOut"]>): readonly string[] {
  return keptOut.map(({ clientId, username, reason }) => {
    const user = username === null ? "without a user name" : `of user ${JSON.stringify(username)}`;
    return `# client ${JSON.stringify(clientId)} ${user}: ${reason.sentence}`;
  });
}
