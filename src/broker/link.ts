import { Duplex } from "node:stream";
import { codeOf, messageOf } from "../core/errors.ts";
import type { ClientInfo, RecordEvent } from "../core/events.ts";
import { codesOf } from "../core/reasons.ts";
import type { Reason } from "../core/types.ts";
import type { Limits } from "../settings/types.ts";
import type { ConnectionInfo } from "./connection.ts";
import { createDelivery } from "./delivery.ts";
import type { Flusher } from "./flusher.ts";
import { createIntake } from "./intake.ts";
import { createOutbox } from "./outbox.ts";
import type { ConnectHeader } from "./packets/connect.ts";
import { connack, disconnect } from "./packets/replies.ts";
import { createPublishGate } from "./publish-gate.ts";
import type { Session } from "./session.ts";
import { HTTP_HELP } from "./sniff.ts";

/**
 * Stands between a connection and the engine: the engine reads and writes `engineSide`, the connection's bytes pass
 * through here in both directions, cut into packets, limited, decided, and never making anyone wait.
 */
export interface Link {
  readonly info: ConnectionInfo;
  /** What `broker.handle()` is given. */
  readonly engineSide: Duplex;
  readonly connect: () => ConnectHeader | null;
  readonly session: () => Session | null;
  /** Names the client for events once its CONNECT was read. */
  identify(clientId: string, username: string | null): ClientInfo;
  client(): ClientInfo;
  /** The login was accepted; nothing of the client is read until `open()`. */
  accept(session: Session): void;
  /** The engine is ready for the client's packets. */
  open(): void;
  isOpen(): boolean;
  /** Answers the CONNECT with a refusal and closes. */
  refuse(reason: Reason): void;
  /** Says why in MQTT 5 and closes. */
  close(reason: Reason, reasonCode?: number): void;
  /** Notes why the engine is about to close it. */
  expectEnd(reason: Reason): void;
  /** Closes what has been silent for too long; called about once a second. */
  tick(nowMs: number): void;
  /** Cuts the connection off without another word. */
  destroy(): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

export interface LinkDeps {
  readonly limits: () => Limits;
  readonly record: RecordEvent;
  readonly flusher: Flusher;
  readonly connectTimeoutMs: number;
  /** The engine will hear no more from it. */
  readonly ended: (link: Link) => void;
}

/** How long a peer may take to read our last words, and the engine to read the client's. */
const LINGER_MS = 2_000;

type Phase = "new" | "waiting" | "accepted" | "open" | "ended";

/** Takes over a connection. */
export function createLink(source: Duplex, info: ConnectionInfo, deps: LinkDeps): Link {
  const { record, limits } = deps;
  const startedAtMs = Date.now();
  const closed = new Promise<void>((resolve) => source.once("close", () => resolve()));
  let phase: Phase = "new";
  let lastSeenMs = startedAtMs;
  let header: ConnectHeader | null = null;
  let client: ClientInfo = { clientId: "", username: null, address: info.address, listener: info.listener };
  let session: Session | null = null;
  let endReason: Reason | null = null;
  let isGoodbye = false;
  let linger: NodeJS.Timeout | null = null;

  const engineSide = new Duplex({
    readableHighWaterMark: 65_536,
    read: () => {
      if (phase === "open" && source.isPaused()) source.resume();
    },
    destroy: (error, callback) => {
      finish(error);
      callback(null);
    },
  });

  const delivery = createDelivery({
    client: () => client,
    record,
    refused: (reason) => {
      endReason = reason;
      record({ kind: "refused", client, reason });
    },
    disconnecting: (reason) => {
      endReason ??= reason;
    },
    overflow: () => {
      close({ kind: "queue_dropped", sentence: "too much is waiting because it does not read" });
    },
    toEngine: (packet) => intake.inject(packet),
  });
  const outbox = createOutbox(source, delivery, deps.flusher);
  delivery.attach(outbox);
  // The engine writes a packet in several small pieces; they are taken here without the stream's own machinery.
  Object.assign(engineSide, {
    write: (piece: Buffer | string): boolean => {
      outbox.write(typeof piece === "string" ? Buffer.from(piece, "utf8") : piece);
      return true;
    },
    cork: () => undefined,
    uncork: () => undefined,
  });

  const intake = createIntake({
    engineSide,
    maxBytes: () => limits().maxPacketSize,
    listener: info.listener,
    connect(found) {
      header = found;
      client = { ...client, clientId: found.clientId };
      delivery.setClientLimits(found.version, found.maxPacketSize);
      phase = "waiting";
      source.pause();
    },
    goodbye: () => {
      isGoodbye = true;
    },
    refuseVersion(level) {
      const reason: Reason = {
        kind: "protocol_refused",
        sentence: `speaks an MQTT version unknown here (level ${level})`,
      };
      outbox.send(connack(4, codesOf(reason.kind).connack ?? 1, 0));
      turnAway(reason);
    },
    notMqtt(reason) {
      if (reason.kind === "http_on_mqtt") outbox.send(HTTP_HELP);
      turnAway(reason);
    },
    fault: (reason, reasonCode) => close(reason, reasonCode),
    full: () => source.pause(),
  });

  /** Records a refusal before any session and closes. */
  const turnAway = (reason: Reason): void => {
    if (phase === "ended") return;
    endReason = reason;
    record({ kind: "refused", client, reason });
    engineSide.destroy();
  };

  const close = (reason: Reason, reasonCode = codesOf(reason.kind).v5): void => {
    if (phase === "ended") return;
    if (phase !== "open" && phase !== "accepted") return turnAway(reason);
    endReason = reason;
    isGoodbye = false;
    // Before the CONNACK there is no DISCONNECT [MQTT-3.14.0-1].
    if (phase === "open" && header?.version === 5) outbox.send(disconnect(reasonCode));
    engineSide.destroy();
  };

  /** Runs once, when either side has ended the engine's stream. */
  const finish = (error: Error | null): void => {
    if (phase === "ended") return;
    const wasOpen = phase === "open";
    phase = "ended";
    intake.stop();
    if (error !== null && endReason === null) {
      endReason = { kind: "protocol_error", sentence: `broke the rules of MQTT (${error.message})` };
      if (!wasOpen) record({ kind: "refused", client, reason: endReason });
      else if (header?.version === 5) outbox.send(disconnect(codesOf("protocol_error").v5));
    }
    outbox.end();
    // What still comes is read and thrown away: unread bytes would make the system reset what we said last.
    source.resume();
    hurry(() => source.destroy());
    if (wasOpen) record({ kind: "disconnected", client, reason: isGoodbye ? null : (endReason ?? LOST) });
    deps.ended(link);
  };

  const hurry = (then: () => void): void => {
    if (linger !== null) clearTimeout(linger);
    linger = setTimeout(then, LINGER_MS).unref();
  };

  source.on("data", (chunk: Buffer) => {
    if (phase === "ended") return;
    lastSeenMs = Date.now();
    intake.push(chunk);
  });
  // What the client sent before it left, a DISCONNECT above all, is still for the engine.
  source.on("end", () => {
    if (phase === "open") intake.end();
    else engineSide.destroy();
  });
  source.on("error", (error) => {
    endReason ??= { kind: "ok", sentence: `connection lost (${codeOf(error) ?? messageOf(error)})` };
  });
  source.on("close", () => {
    if (linger !== null) clearTimeout(linger);
    if (phase === "ended") return;
    if (phase !== "open") return void engineSide.destroy();
    intake.end();
    hurry(() => engineSide.destroy());
  });

  const link: Link = {
    info,
    engineSide,
    closed,
    connect: () => header,
    session: () => session,
    client: () => client,
    identify(clientId, username) {
      client = { ...client, clientId, username };
      return client;
    },
    accept(accepted) {
      if (phase !== "waiting" || header === null) return;
      phase = "accepted";
      session = accepted;
      const gate = createPublishGate({
        version: header.version,
        session: accepted,
        limits,
        record,
        send: outbox.send,
        fail: (reasonCode, sentence) => close({ kind: "protocol_error", sentence }, reasonCode),
      });
      intake.guard(gate, header.version);
      delivery.setGate(gate);
    },
    open() {
      if (phase !== "accepted" || header === null || session === null) return;
      phase = "open";
      lastSeenMs = Date.now();
      const { version, clean, keepaliveS } = header;
      record({ kind: "connected", client, version, clean, keepaliveS, source: session.identity.source });
      source.resume();
      intake.resume();
    },
    isOpen: () => phase === "open",
    refuse(reason) {
      if (phase !== "waiting" || header === null) return;
      const { connack: returnCode, v5 } = codesOf(reason.kind);
      outbox.send(connack(header.version, returnCode ?? 5, v5));
      turnAway(reason);
    },
    close,
    expectEnd(reason) {
      endReason = reason;
    },
    tick(nowMs) {
      if (phase === "new" && nowMs - startedAtMs > deps.connectTimeoutMs) turnAway(SILENT);
      // A source that we paused says nothing because we do not listen.
      else if (source.isPaused()) lastSeenMs = nowMs;
      else if (phase === "open" && header !== null && isOverdue(header.keepaliveS, nowMs - lastSeenMs))
        close({ kind: "keepalive", sentence: `no sign of life for ${Math.round((nowMs - lastSeenMs) / 1_000)} s` });
    },
    destroy: () => source.destroy(),
  };
  return link;
}

const LOST: Reason = { kind: "ok", sentence: "connection closed by the client" };
const SILENT: Reason = { kind: "silent", sentence: "said nothing" };

/** One and a half times the keep alive is allowed [MQTT-3.1.2-24]; 0 is no limit. */
function isOverdue(keepaliveS: number, silentMs: number): boolean {
  return keepaliveS > 0 && silentMs > keepaliveS * 1_500;
}
