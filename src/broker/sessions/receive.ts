import { decodeAck } from "../packets/acks.ts";
import { PacketType } from "../packets/codes.ts";
import { decodeDisconnect } from "../packets/disconnect.ts";
import { FAULTS, type Fault } from "../packets/fault.ts";
import { encodePingresp } from "../packets/server-packets.ts";
import type { Context } from "./context.ts";
import { sendAtOnce } from "./held-packets.ts";
import { receivePublish, receivePubrel } from "./inbound.ts";
import { closeConnection } from "./lifecycle.ts";
import { acknowledge } from "./outbound.ts";
import { flushRun } from "./run.ts";
import type { Connection } from "./session.ts";
import { receiveSubscribe, receiveUnsubscribe } from "./subscribe.ts";

/** Takes a packet of a client; a fault means that the connection has to be closed. */
export function receivePacket(
  context: Context,
  connection: Connection,
  chunk: Buffer,
  start: number,
  end: number,
): Fault | null {
  const type = (chunk[start] ?? 0) >> 4;
  if (type === PacketType.publish) return receivePublish(context, connection, chunk, start, end);
  flushRun(context);
  switch (type) {
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp: {
      const { ackHeader } = context;
      const fault = decodeAck(ackHeader, chunk, start, end, connection.version);
      if (fault !== null) return fault;
      if (type === PacketType.pubrel) receivePubrel(context, connection, ackHeader.packetId);
      else acknowledge(context, connection, type, ackHeader.packetId, ackHeader.code);
      return null;
    }
    case PacketType.subscribe:
      return receiveSubscribe(context, connection, chunk, start, end);
    case PacketType.unsubscribe:
      return receiveUnsubscribe(context, connection, chunk, start, end);
    case PacketType.pingreq:
      if (chunk[start] !== PacketType.pingreq << 4) return FAULTS.flags;
      if (end - start !== 2) return FAULTS.tooLong;
      sendAtOnce(context, connection, encodePingresp());
      return null;
    case PacketType.disconnect:
      return receiveDisconnect(context, connection, chunk, start, end);
    case PacketType.connect:
      return FAULTS.secondConnect; // [MQTT-3.1.0-2]
    case PacketType.auth:
      if (chunk[start] !== PacketType.auth << 4) return FAULTS.flags; // [MQTT-3.15.1-1]
      return connection.version === 5 ? FAULTS.unexpectedAuth : FAULTS.notFromClients;
    default:
      return FAULTS.notFromClients;
  }
}

function receiveDisconnect(
  context: Context,
  connection: Connection,
  chunk: Buffer,
  start: number,
  end: number,
): Fault | null {
  const packet = decodeDisconnect(context.header.properties, chunk, start, end, connection.version);
  if (packet.kind === "fault") return packet.fault;
  // 3.14.2.2.2
  if (packet.sessionExpiryS > 0 && connection.session.expiryS === 0) return FAULTS.sessionExpiryRaised;
  closeConnection(context, connection, { sendsWill: packet.code !== 0, sessionExpiryS: packet.sessionExpiryS });
  connection.output.end({ kind: "ok", sentence: "said goodbye" });
  return null;
}
