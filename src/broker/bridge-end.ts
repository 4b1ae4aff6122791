import type { Identity, ProtocolVersion, Reason } from "../core/types.ts";
import type { Engine } from "./engine.ts";
import { createFrameReader } from "./packets/frames.ts";
import { NEVER_EXPIRES, PacketType } from "./packets/codes.ts";
import { inflightOf } from "./sessions/inflight.ts";
import type { Session } from "./sessions/session.ts";
import { countPacket } from "./sessions/traffic.ts";

/** Marks the sessions of bridges among all others; no login source has this name. */
const BRIDGE_SOURCE = "bridge";

/** Why a client cannot have the id of a bridge: taking over its session would be to take its messages. */
export const BRIDGE_ID: Reason = {
  kind: "client_id_refused",
  sentence: "the client id is that of a bridge of this broker",
};

/** What a bridge opens its end in this broker with. */
export interface BridgeEndInfo {
  readonly clientId: string;
  /** Name of the bridge, for the log. */
  readonly name: string;
  /** That of the connection to the remote broker, so that packets pass as they are. */
  readonly version: ProtocolVersion;
  /** Whether nothing is kept while the connection is away. */
  readonly isClean: boolean;
  /** The remote broker knows nothing of an earlier connection: its packet ids stand for new messages. */
  readonly isRemoteNew: boolean;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
}

/** Where the packets for the remote broker go. */
export interface BridgeEndOutput {
  /** Takes one whole packet. */
  packet(bytes: Buffer): void;
  /** Bytes taken over and not yet given to the operating system. */
  readonly bytesUnsent: number;
  /** The broker has ended it. */
  ended(reason: Reason): void;
}

/** The end of a bridge in this broker: a session like a client's, without a socket. */
export interface BridgeEnd {
  /** Filters the session is subscribed to. */
  filters(): readonly string[];
  /** Begins to send what waits. */
  begin(): void;
  /** Takes one whole packet. */
  receive(packet: Buffer): void;
  /** To be called after the last packet of what was read. */
  settle(): void;
  /** To be called when nothing is unsent any more. */
  drained(): void;
  /** Whether no message is on its way with this packet id. */
  isFree(packetId: number): boolean;
  /** Parts from the session, which stays. */
  close(): void;
}

/** The ends of bridges, and what they leave behind. */
export interface BridgeEnds {
  /** Opens an end; null when there are as many sessions as the limits allow. */
  open(info: BridgeEndInfo, output: BridgeEndOutput): BridgeEnd | null;
  /** Messages that wait for a bridge. */
  waiting(clientId: string): number;
  /** Ends the sessions of all bridges but these; tells which those were. */
  keepOnly(clientIds: ReadonlySet<string>): readonly string[];
}

/** Whether a session is that of a bridge: no client may take it over. */
export function isBridgeSession(session: Session | undefined): boolean {
  return session?.identity.source === BRIDGE_SOURCE;
}

/** Makes the part that opens sessions for bridges. */
export function createBridgeEnds(engine: Engine): BridgeEnds {
  return {
    open: (info, output) => openEnd(engine, info, output),
    waiting: (clientId) => engine.sessions.get(clientId)?.queue?.count ?? 0,
    keepOnly(clientIds) {
      const gone = [...engine.sessions.values()].filter(
        (session) => isBridgeSession(session) && !clientIds.has(session.clientId),
      );
      for (const { clientId } of gone) {
        engine.endSession(clientId, { kind: "ok", sentence: "the bridge is no longer configured" });
      }
      return gone.map(({ clientId }) => clientId);
    },
  };
}

function openEnd(engine: Engine, info: BridgeEndInfo, output: BridgeEndOutput): BridgeEnd | null {
  const { clientId, version, isClean, receiveMaximum, maximumPacketSize } = info;
  // what a client left under this name is not for the remote broker
  const found = engine.sessions.get(clientId);
  const cleanStart = isClean || (found !== undefined && !isBridgeSession(found));
  // as in mosquitto no rule binds a bridge; topics of the broker itself stay closed even to it
  const identity: Identity = { clientId, username: null, superuser: true, source: BRIDGE_SOURCE, proof: null };
  let isMuted = info.isRemoteNew;
  let isOpen = true;
  const reader = createFrameReader({
    maxBytes: () => Infinity,
    frame(bytes, start, _body, end) {
      if (isMuted) return true;
      engine.sent.bytes += end - start;
      output.packet(bytes.subarray(start, end));
      return true;
    },
    // the engine writes whole packets
    fault: () => undefined,
  });
  const opened = engine.open(
    {
      identity,
      client: { clientId, username: null, address: "this broker", listener: `bridge ${info.name}` },
      version,
      isBridge: true,
      cleanStart,
      sessionExpiryS: isClean ? 0 : NEVER_EXPIRES,
      // the connection to the remote broker has a keep alive of its own
      keepaliveS: 0,
      receiveMaximum,
      maximumPacketSize,
      topicAliasMaximum: 0,
      terms: null,
      requestProblemInformation: true,
      will: null,
    },
    {
      write: reader.push,
      bytesUnsent: () => output.bytesUnsent,
      end(reason) {
        isOpen = false;
        output.ended(reason);
      },
    },
  );
  if (opened.kind === "full") return null;
  const { connection } = opened;
  if (info.isRemoteNew) {
    for (const packetId of connection.session.inbound?.keys() ?? []) {
      engine.receive(connection, pubrel(packetId), 0, 4);
    }
    engine.settle(connection);
    isMuted = false;
  }
  return {
    filters: () => [...connection.session.subscriptions.keys()],
    begin: () => engine.begin(connection),
    receive(packet) {
      if (!isOpen) return;
      countPacket(engine.received, packet);
      engine.received.bytes += packet.length;
      engine.receive(connection, packet, 0, packet.length);
    },
    settle() {
      if (isOpen) engine.settle(connection);
    },
    drained() {
      if (isOpen && connection.waitsForDrain) engine.drained(connection);
    },
    isFree: (packetId) => inflightOf(connection.session.inflight, packetId) === null,
    close() {
      if (!isOpen) return;
      isOpen = false;
      engine.close(connection);
    },
  };
}

/** Ends a QoS 2 handshake that the remote broker has forgotten: `62 02 id id`. */
function pubrel(packetId: number): Buffer {
  return Buffer.from([(PacketType.pubrel << 4) | 2, 2, packetId >> 8, packetId & 0xff]);
}
