import type { Duplex } from "node:stream";
import { codeOf, messageOf } from "../core/errors.ts";
import type { ClientInfo } from "../core/events.ts";
import { codesOf } from "../core/reasons.ts";
import type { Identity, Reason } from "../core/types.ts";
import { BRIDGE_ID, isBridgeSession } from "./bridge-end.ts";
import { admissionOf } from "./client-terms.ts";
import { connackFor, keepaliveInForce, refusalFor, unsupported } from "./connack.ts";
import { askStanding, createAsking } from "./asking.ts";
import { createAuthPackets } from "./auth-packets.ts";
import type { ConnectionInfo } from "./connection.ts";
import { CLOSED_BY_CLIENT } from "./linger.ts";
import { unreadable } from "./oversize.ts";
import { createOutbox, outputOf } from "./outbox.ts";
import { Code, PacketType, typeOf } from "./packets/codes.ts";
import { decodeConnect, type ConnectPacket } from "./packets/connect-packet.ts";
import { createFrameReader } from "./packets/frames.ts";
import { packetLimit } from "./packets/packet-limit.ts";
import { createThrottle, type Throttle } from "./rates/throttle.ts";
import type { Connection } from "./sessions/session.ts";
import { countPackets } from "./sessions/traffic.ts";
import { HTTP_HELP, notMqtt } from "./sniff.ts";
import type { Link, LinkDeps, Phase } from "./types.ts";
import { createWire } from "./wire.ts";

/** Takes over a connection. */
export function createLink(source: Duplex, info: ConnectionInfo, deps: LinkDeps): Link {
  const { engine, record, limits, maxPacketSize } = deps;
  let phase: Phase = "new";
  let packet: ConnectPacket | null = null;
  let client: ClientInfo = { clientId: "", username: null, address: info.address, listener: info.listener };
  let identity: Identity | null = null;
  let connection: Connection | null = null;
  /** The peer has closed its half while its login was checked, and left packets that count when it is let in. */
  let hasLeft = false;
  let isSourceClosed = false;
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<void>();
  let lastAuthData: Uint8Array | null = null;
  /** A challenge is out, and before the CONNACK the next packet is to be its answer. */
  let awaitsAuth = false;
  /** null: no limit of speed ever held for it. */
  let throttle: Throttle | null = null;
  const asking = createAsking(goOn);
  let opened: { readonly sessionPresent: boolean; readonly sessionExpiryS: number } | null = null;

  const outbox = createOutbox(
    source,
    {
      drained() {
        if (connection?.waitsForDrain === true) engine.drained(connection);
      },
      overflow: () => close({ kind: "queue_dropped", sentence: "too much is waiting because it does not read" }),
      maxPacketSize,
      sent: engine.sent,
    },
    deps.flusher,
  );
  const { say, write, received, look } = createWire(outbox, engine.sent, info, deps.tapFor);

  const auth = createAuthPackets({
    write: say,
    maximumPacketSize: () => (connection ?? packet)?.maximumPacketSize ?? 0,
    heard: (heard) => deps.authenticate(link, heard),
    close,
  });

  const reader = createFrameReader({
    maxBytes: (firstByte) => packetLimit(firstByte, maxPacketSize()),
    frame(bytes, start, _body, end) {
      countPackets(engine.received, bytes[start] ?? 0, 1);
      received(bytes, start, end);
      if (phase === "open" && connection !== null) {
        if (auth.method() !== null && typeOf(bytes, start) === PacketType.auth) auth.read(bytes, start, end);
        else return take(connection, bytes, start, end);
      } else if (phase === "new") readConnect(bytes, start, end);
      else if (awaitsAuth) readAnswer(bytes, start, end);
      return phase === "open" || awaitsAuth;
    },
    fault: (fault, size, limit) => close(unreadable(fault, size, limit, maxPacketSize())),
  });

  /** Takes a packet once its client's rules were asked; false: no other may be taken yet. */
  function take(from: Connection, bytes: Buffer, start: number, end: number): boolean {
    const question = engine.question(from, bytes, start, end);
    if (question === null) return receive(from, bytes, start, end);
    source.pause();
    asking.before(question, () => {
      if (phase !== "open") return;
      receive(from, bytes, start, end);
      goOn();
    });
    return false;
  }

  function receive(from: Connection, bytes: Buffer, start: number, end: number): boolean {
    engine.receive(from, bytes, start, end);
    if (throttle === null || typeOf(bytes, start) !== PacketType.publish) return phase === "open";
    return phase === "open" && throttle.message();
  }

  /** Takes what was read and waited. */
  function goOn(): void {
    if (!asking.isAsking() && throttle?.isHolding() !== true) reader.resume();
    if (connection !== null) engine.settle(connection);
    flow();
  }

  function readConnect(bytes: Buffer, start: number, end: number): void {
    if (typeOf(bytes, start) !== PacketType.connect) {
      turnAway({ kind: "protocol_error", sentence: "did not begin with a CONNECT" }); // [MQTT-3.1.0-1]
      return;
    }
    const found = decodeConnect(bytes, start, end, limits().maxTopicLevels);
    if (found.kind === "fault") {
      const { fault, version } = found;
      const answer = refusalFor(version, fault, Infinity, limits());
      if (answer !== null) say(answer);
      turnAway({ kind: fault.kind, sentence: fault.sentence });
      return;
    }
    packet = found;
    auth.begin(found.authMethod);
    const { clientId, refusal } = admissionOf(found, info.tls, deps.terms());
    client = { ...client, clientId, username: found.username };
    link.watch();
    received(bytes, start, end);
    phase = "waiting";
    source.pause();
    if (refusal !== null) return refuseWith(refusal, codesOf(refusal.kind).v5);
    const fault = unsupported(found, limits());
    if (fault === null) deps.admit(link);
    else refuseWith(fault.reason, fault.code);
  }

  /** Reads what follows a challenge: until its CONNACK such a client sends AUTH and DISCONNECT only [MQTT-3.1.2-30]. */
  function readAnswer(bytes: Buffer, start: number, end: number): void {
    awaitsAuth = false;
    source.pause();
    const type = typeOf(bytes, start);
    if (type === PacketType.auth) auth.read(bytes, start, end);
    else if (type === PacketType.disconnect) lost("gave up its authentication");
    else close({ kind: "protocol_error", sentence: "sent something else before its authentication was finished" });
  }

  /** To be called when the stream has closed and when the link has ended: both must have happened. */
  function gone(): void {
    if (phase === "ended" && isSourceClosed) resolveClosed();
  }

  /** Records a refusal before any session and closes. */
  function turnAway(reason: Reason): void {
    if (phase === "ended") return;
    record({ kind: "refused", client, reason });
    finish();
  }

  function refuseWith(reason: Reason, code: number): void {
    if ((phase !== "waiting" && phase !== "accepted") || packet === null) return;
    const refusal = { kind: reason.kind, code, sentence: reason.sentence };
    const answer = refusalFor(packet.version, refusal, packet.maximumPacketSize, limits());
    if (answer !== null) say(answer);
    turnAway(reason);
  }

  function close(reason: Reason, code: number = codesOf(reason.kind).v5): void {
    if (phase === "accepted" && connection !== null) {
      engine.close(connection);
      refuseWith(reason, code);
    } else if (connection !== null) engine.disconnect(connection, code, reason);
    else if (phase === "waiting") refuseWith(reason, code);
    else turnAway(reason);
  }

  /** The data plane has parted from the connection. */
  function end(reason: Reason | null): void {
    if (phase === "ended") return;
    // Ended before its CONNACK, it was never connected.
    if (phase === "accepted" && reason !== null && reason.kind !== "ok") {
      refuseWith(reason, codesOf(reason.kind).v5);
      return;
    }
    if (phase === "open") record({ kind: "disconnected", client, reason });
    finish();
  }

  /** Goes on reading, unless the connection sends too fast. */
  function flow(): void {
    if (phase !== "open" || asking.isAsking() || throttle?.isHolding() === true) return;
    if (hasLeft) lost(CLOSED_BY_CLIENT);
    else source.resume();
  }

  /** Says CONNACK and lets messages flow. */
  function begin(): void {
    if (phase !== "accepted" || packet === null || connection === null || opened === null) return;
    phase = "open";
    const { version, cleanStart } = packet;
    const { terms } = connection;
    const keepaliveS = keepaliveInForce(packet, terms);
    const { clientId } = client;
    say(
      connackFor(packet, opened, { limits: terms, maxPacketSize: maxPacketSize(), clientId, authData: lastAuthData }),
    );
    // It holds the password.
    packet = null;
    record({ kind: "connected", client, version, clean: cleanStart, keepaliveS, source: identity?.source ?? "" });
    if (phase !== "open") return;
    engine.begin(connection);
    renewPace();
    reader.resume();
    engine.settle(connection);
    flow();
  }

  function renewPace(): void {
    const pace = identity === null ? null : deps.paceOf(identity);
    if (throttle !== null) throttle.renew(pace);
    else if (pace !== null) {
      throttle = createThrottle(pace, {
        now: Date.now,
        hold: () => source.pause(),
        tick: goOn,
        slowed: (reason) => record({ kind: "slowed", client, reason }),
      });
    }
  }

  function finish(): void {
    phase = "ended";
    throttle?.stop();
    awaitsAuth = false;
    packet = null;
    identity = null;
    deps.ended(link, outbox.end);
    gone();
  }

  /** The peer or the network has ended the connection. */
  function lost(sentence: string): void {
    if (phase === "ended") return;
    if (connection !== null) engine.close(connection);
    end({ kind: "ok", sentence });
  }

  let isFirst = true;
  source.on("data", (chunk: Buffer) => {
    if (phase === "ended") return;
    if (isFirst) {
      isFirst = false;
      const reason = notMqtt(chunk, info.listener);
      if (reason !== null) {
        if (reason.kind === "http_on_mqtt") outbox.write(HTTP_HELP);
        turnAway(reason);
        return;
      }
    }
    engine.received.bytes += chunk.length;
    reader.push(chunk);
    if (connection !== null) engine.settle(connection);
    if (phase === "open") throttle?.bytes(chunk.length);
  });
  source.on("end", () => {
    // A device may send all it has and leave without waiting for an answer.
    const isRead = phase !== "waiting" && phase !== "accepted" && throttle?.isHolding() !== true;
    if (asking.isAsking() || (!isRead && reader.hasRest())) hasLeft = true;
    else lost(CLOSED_BY_CLIENT);
  });
  source.on("error", (error) => lost(`connection lost (${codeOf(error) ?? messageOf(error)})`));
  source.on("close", () => {
    isSourceClosed = true;
    if (!hasLeft) lost(CLOSED_BY_CLIENT);
    gone();
  });

  const link: Link = {
    info,
    startedAtMs: Date.now(),
    closed,
    client: () => client,
    connect: () => packet,
    identity: () => identity,
    isOpen: () => phase === "open",
    authMethod: auth.method,
    challenge(data) {
      if (!auth.say(Code.continueAuthentication, data) || phase !== "waiting") return;
      awaitsAuth = true;
      reader.resume();
      if (!awaitsAuth) return;
      if (hasLeft) lost(CLOSED_BY_CLIENT);
      else source.resume();
    },
    accept(accepted, authData) {
      if (phase !== "waiting" || packet === null) return false;
      // an exchange tells the user name that CONNECT may have left out
      client = { ...client, username: accepted.username };
      link.watch();
      if (isBridgeSession(engine.sessions.get(client.clientId))) {
        refuseWith(BRIDGE_ID, codesOf(BRIDGE_ID.kind).v5);
        return false;
      }
      lastAuthData = authData;
      const terms = limits();
      const mounted = { ...accepted, mountPoint: deps.terms().mountPoint };
      const result = engine.open(
        { ...packet, identity: mounted, client, terms, keepaliveS: keepaliveInForce(packet, terms) },
        outputOf(outbox, write, (reason) => end(reason.kind === "ok" ? null : reason)),
      );
      if (result.kind === "full") {
        refuseWith(result.reason, codesOf(result.reason.kind).v5);
        return false;
      }
      identity = mounted;
      connection = result.connection;
      opened = result;
      phase = "accepted";
      return true;
    },
    begin: () => askStanding(asking, engine, connection?.session ?? null, begin),
    confirm(authData) {
      if (phase === "open") auth.say(Code.success, authData);
    },
    refuse: (reason) => refuseWith(reason, codesOf(reason.kind).v5),
    close,
    expel(reason) {
      // The configuration was changed by its owner: an administrative action, not a fault of the client (3.14.2.1).
      if (connection !== null) engine.expel(connection, Code.administrativeAction, reason);
      else close(reason, Code.administrativeAction);
    },
    renewPace,
    watch: () => look(client, connection ?? packet),
    giveUp() {
      if (phase === "new") turnAway({ kind: "silent", sentence: "said nothing" });
    },
    destroy: () => source.destroy(),
  };
  return link;
}
