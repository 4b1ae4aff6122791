import type { Duplex } from "node:stream";
import { codesOf } from "../core/reasons.ts";
import type { ProtocolVersion, Reason, ReasonKind } from "../core/types.ts";
import { megabytes } from "./megabytes.ts";
import { readConnect, type ConnectHeader } from "./packets/connect.ts";
import { createFrameReader } from "./packets/frames.ts";
import { CODE } from "./packets/replies.ts";
import { readFilters } from "./packets/subscribe.ts";
import { PACKET } from "./packets/types.ts";
import type { GateVerdict, PublishGate } from "./publish-gate.ts";
import { notMqtt } from "./sniff.ts";

export interface IntakeDeps {
  readonly engineSide: Duplex;
  readonly maxBytes: () => number;
  readonly listener: string;
  /** The CONNECT was read and is on its way to the engine; nothing more is read until `resume()`. */
  readonly connect: (header: ConnectHeader) => void;
  /** The client said DISCONNECT. */
  readonly goodbye: () => void;
  readonly refuseVersion: (level: number) => void;
  readonly notMqtt: (reason: Reason) => void;
  readonly fault: (reason: Reason, reasonCode: number) => void;
  /** The engine has enough to read for now. */
  readonly full: () => void;
}

/** The way in: from the client's bytes to the engine, packet by packet. */
export interface Intake {
  push(chunk: Buffer): void;
  /** Goes on behind the CONNECT. */
  resume(): void;
  /** Decides PUBLISH packets from now on. */
  guard(gate: PublishGate, version: ProtocolVersion): void;
  /** Gives the engine a packet that the client did not send. */
  inject(packet: Buffer): void;
  /** The client sends no more. */
  end(): void;
  /** Lets nothing more through. */
  stop(): void;
}

/** Makes the way in of one connection. */
export function createIntake(deps: IntakeDeps): Intake {
  const { engineSide, fault } = deps;
  let isFirst = true;
  let isStopped = false;
  let version: ProtocolVersion = 4;
  let hasConnect = false;
  let gate: PublishGate | null = null;
  // Neighbouring packets for the engine are handed over as one piece of the chunk they came in.
  let run: Buffer | null = null;
  let runStart = 0;
  let runEnd = 0;

  const handRun = (): void => {
    if (run === null) return;
    const piece = run.subarray(runStart, runEnd);
    run = null;
    give(piece);
  };

  const give = (piece: Buffer): void => {
    if (!isStopped && !engineSide.push(piece)) deps.full();
  };

  const pass = (bytes: Buffer, start: number, end: number): void => {
    if (run === bytes && runEnd === start) {
      runEnd = end;
      return;
    }
    handRun();
    run = bytes;
    runStart = start;
    runEnd = end;
  };

  const fail = (kind: ReasonKind, sentence: string, reasonCode: number = codesOf(kind).v5): void => {
    handRun();
    fault({ kind, sentence }, reasonCode);
  };

  const act = (verdict: GateVerdict, bytes: Buffer, start: number, end: number): void => {
    if (verdict === "taken") return;
    if (verdict === "pass") return pass(bytes, start, end);
    handRun();
    give(verdict);
  };

  const connect = (bytes: Buffer, start: number, body: number, end: number): void => {
    if ((bytes[start] ?? 0) >> 4 !== PACKET.connect) return fail("protocol_error", "did not begin with a CONNECT");
    const header = readConnect(bytes, body, end);
    if ("fault" in header) {
      if (header.fault === "version") deps.refuseVersion(header.level);
      else fail("malformed", "sent a CONNECT that cannot be read");
      return;
    }
    hasConnect = true;
    version = header.version;
    // Keep alive is watched by the link, which sees every packet; 0 switches the engine's own watch off.
    bytes.writeUInt16BE(0, header.keepaliveAt);
    pass(bytes, start, end);
    deps.connect(header);
  };

  const subscription = (bytes: Buffer, start: number, body: number, end: number, options: 0 | 1): void => {
    const filters = readFilters(bytes, body, end, version, options);
    if (filters === "malformed") return fail("malformed", "sent a subscription that cannot be read");
    // The engine keys a table by filter where this name would not be a key; no client that means well uses it.
    if (filters === "filter" || (filters.length > 1 && filters.includes("__proto__")))
      return fail("protocol_error", "subscribed to a filter that is not allowed", CODE.topicFilterInvalid);
    pass(bytes, start, end);
  };

  const packet = (bytes: Buffer, start: number, body: number, end: number): void => {
    const first = bytes[start] ?? 0;
    const type = first >> 4;
    if (type !== PACKET.publish && (first & 0x0f) !== flagsOf(type))
      return fail("malformed", "sent wrong packet flags"); // [MQTT-2.1.3-1]
    switch (type) {
      case PACKET.publish:
        return act(gate?.publish(bytes, start, body, end) ?? "taken", bytes, start, end);
      case PACKET.pubrel:
        if (end - body < 2) return fail("malformed", "sent a PUBREL that cannot be read");
        return act(gate?.pubrel(bytes, body) ?? "taken", bytes, start, end);
      case PACKET.subscribe:
        return subscription(bytes, start, body, end, 1);
      case PACKET.unsubscribe:
        return subscription(bytes, start, body, end, 0);
      case PACKET.disconnect:
        deps.goodbye();
        return pass(bytes, start, end);
      case PACKET.puback:
      case PACKET.pubrec:
      case PACKET.pubcomp:
      case PACKET.pingreq:
        return pass(bytes, start, end);
      default:
        return fail("protocol_error", "sent a packet that has no place here");
    }
  };

  const reader = createFrameReader({
    maxBytes: deps.maxBytes,
    frame(bytes, start, body, end) {
      if (!hasConnect) {
        connect(bytes, start, body, end);
        return false;
      }
      packet(bytes, start, body, end);
      return !isStopped;
    },
    fault(found, size) {
      if (found === "malformed") return fail("malformed", "sent a packet length that cannot be read");
      const limit = deps.maxBytes();
      fail("oversize", `sent a message of ${megabytes(size)}; the limit is ${megabytes(limit)} (max_packet_size)`);
    },
  });

  return {
    push(chunk) {
      if (isStopped) return;
      if (isFirst && chunk.length > 0) {
        isFirst = false;
        const reason = notMqtt(chunk, deps.listener);
        if (reason !== null) return deps.notMqtt(reason);
      }
      reader.push(chunk);
      handRun();
    },
    resume() {
      reader.resume();
      handRun();
    },
    guard(next, negotiated) {
      gate = next;
      version = negotiated;
    },
    inject: give,
    end() {
      if (isStopped) return;
      isStopped = true;
      engineSide.push(null);
    },
    stop() {
      isStopped = true;
      run = null;
    },
  };
}

/** The lower four bits of the first byte, fixed for every type but PUBLISH. */
function flagsOf(type: number): number {
  return type === PACKET.pubrel || type === PACKET.subscribe || type === PACKET.unsubscribe ? 0x02 : 0x00;
}
