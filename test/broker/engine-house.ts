import { generate, type IConnackPacket, type Packet, parser } from "mqtt-packet";
import type { BrokerEvent } from "../../src/core/events.ts";
import { allow, deny } from "../../src/core/reasons.ts";
import type { Access, Action, Decision, ProtocolVersion, Reason } from "../../src/core/types.ts";
import { createEngine, type Engine } from "../../src/broker/engine.ts";
import { decodeConnect } from "../../src/broker/packets/connect-packet.ts";
import type { Storage } from "../../src/broker/storage/storage.ts";
import { DEFAULT_LIMITS, type EngineLimits } from "../../src/broker/sessions/limits.ts";
import type { Connection } from "../../src/broker/sessions/session.ts";
import { onTestFinished } from "vitest";

export interface ClientOptions {
  readonly version?: ProtocolVersion;
  readonly clean?: boolean;
  readonly keepalive?: number;
  /** When its login is over. */
  readonly expiresAtMs?: number;
  readonly properties?: NonNullable<Parameters<typeof generateConnect>[0]["properties"]>;
  readonly will?: Parameters<typeof generateConnect>[0]["will"];
  readonly isBridge?: boolean;
  /** What its listener, and what its login, puts before its topics. */
  readonly mountPoint?: string;
  readonly prefix?: string;
}

/** A client without a socket: what it sends goes into the engine, what the engine writes is decoded by mqtt-packet. */
export interface TestClient {
  readonly connection: Connection;
  readonly sessionPresent: boolean;
  /** Everything received and not yet taken. */
  readonly packets: Packet[];
  /** Bytes as they came, for what mqtt-packet does not show. */
  readonly raw: Buffer[];
  /** Why the broker closed; null while it has not. */
  readonly closed: () => Reason | null;
  send(...packets: readonly Packet[]): void;
  sendBytes(bytes: Buffer): void;
  /** Takes what was received so far. */
  take(): Packet[];
  /** Lets the output say that this many bytes wait. */
  setUnsent(bytes: number): void;
  /** The network breaks. */
  drop(): void;
}

export interface House {
  readonly engine: Engine;
  readonly events: BrokerEvent[];
  /** Rules: what is listed is refused. */
  readonly rules: Set<string>;
  /** How often the rules were asked. */
  readonly asked: { count: number };
  /** "client topic payload" of every message below $CONTROL/. */
  readonly control: string[];
  /** Messages that each client may publish in a second. */
  readonly rates: { perSecond: number | null };
  readonly retainSources: { areChecked: boolean };
  readonly passTime: (ms: number) => void;
  readonly connect: (clientId: string, options?: ClientOptions) => TestClient;
}

/** What the clock of a house shows first. */
export const START_MS = 1_800_000_000_000;

export const STOPPED: Reason = { kind: "shutting_down", sentence: "the broker is stopping" };

const generateConnect = (packet: Extract<Packet, { cmd: "connect" }>): Buffer => generate(packet);

/** An engine with a clock and rules that tests can turn. */
export function createHouse(
  limits: Partial<EngineLimits> = {},
  storage: Storage | null = null,
  startMs = START_MS,
  refused: readonly string[] = [],
): House {
  const rules = new Set(refused);
  const asked = { count: 0 };
  const events: BrokerEvent[] = [];
  let nowMs = startMs;
  const check = (action: Action, topic: string): Decision => {
    asked.count++;
    const reason: Reason = { kind: `${action}_denied`, sentence: `may not ${action} ${topic}` };
    return rules.has(`${action} ${topic}`) ? deny("rules", reason) : allow("rules", undefined);
  };
  const control: string[] = [];
  const rates: House["rates"] = { perSecond: null };
  const retainSources: House["retainSources"] = { areChecked: false };
  const access: Access = { check, explain: () => [] };
  const all = { ...DEFAULT_LIMITS, ...limits };
  const engine = createEngine({
    accessFor: () => access,
    endsDenied: () => false,
    maxPublishRate: () => rates.perSecond,
    checksRetainSource: () => retainSources.areChecked,
    isStillSuperuser: () => true,
    control: (topic, payload, { clientId }) =>
      control.push(`${clientId} ${topic} ${Buffer.from(payload).toString("utf8")}`),
    record: (event) => events.push(event),
    limits: all,
    now: () => nowMs,
    journal: storage?.journal ?? null,
    stored: storage?.takeState() ?? null,
  });
  storage?.attach(engine);
  onTestFinished(() => engine.stop(STOPPED));
  return {
    engine,
    events,
    rules,
    asked,
    control,
    rates,
    retainSources,
    passTime(ms) {
      nowMs += ms;
      engine.advance();
    },
    connect: (clientId, options = {}) => connect(engine, all, clientId, options),
  };
}

function connect(engine: Engine, limits: EngineLimits, clientId: string, options: ClientOptions): TestClient {
  const { version = 4, clean = true, keepalive = 0, properties, will, isBridge = false } = options;
  const { mountPoint = "", prefix, expiresAtMs = null } = options;
  const bytes = generateConnect({
    cmd: "connect",
    protocolId: version === 3 ? "MQIsdp" : "MQTT",
    protocolVersion: version,
    clientId,
    clean,
    keepalive,
    ...(properties === undefined ? {} : { properties }),
    ...(will === undefined ? {} : { will }),
  });
  const packet = decodeConnect(bytes, 0, bytes.length, 200);
  if (packet.kind === "fault") throw new Error(packet.fault.sentence);
  const packets: Packet[] = [];
  const raw: Buffer[] = [];
  const decoder = parser({ protocolVersion: version });
  decoder.on("packet", (decoded: Packet) => packets.push(decoded));
  let closed: Reason | null = null;
  let bytesUnsent = 0;
  const output = {
    write(data: Buffer): void {
      raw.push(data);
      decoder.parse(data);
    },
    bytesUnsent: () => bytesUnsent,
    end(reason: Reason): void {
      closed = reason;
    },
  };
  const identity = {
    clientId,
    username: null,
    superuser: false,
    source: "test",
    proof: null,
    expiresAtMs,
    mountPoint,
    ...(prefix === undefined ? {} : { prefix }),
  };
  const client = { clientId, username: null, address: "192.0.2.1", listener: "1883" };
  const opened = engine.open({ ...packet, identity, client, isBridge, terms: limits }, output);
  if (opened.kind !== "opened") throw new Error("no room for another session");
  const { connection, sessionPresent } = opened;
  const connack: IConnackPacket = { cmd: "connack", sessionPresent, reasonCode: 0, returnCode: 0 };
  decoder.parse(generate(connack, { protocolVersion: version }));
  packets.length = 0;
  engine.begin(connection);
  return {
    connection,
    sessionPresent,
    packets,
    raw,
    closed: () => closed,
    send(...sent) {
      this.sendBytes(Buffer.concat(sent.map((one) => generate(one, { protocolVersion: version }))));
    },
    sendBytes(data) {
      // split by a reader of our own, so that the engine is given whole packets
      let at = 0;
      while (at < data.length) {
        const end = packetEnd(data, at);
        engine.receive(connection, data, at, end);
        at = end;
      }
      engine.settle(connection);
    },
    take: () => packets.splice(0),
    setUnsent(count) {
      bytesUnsent = count;
      if (count === 0 && connection.waitsForDrain) engine.drained(connection);
    },
    drop: () => engine.close(connection),
  };
}

function packetEnd(data: Buffer, start: number): number {
  let length = 0;
  let at = start + 1;
  let shift = 0;
  for (;;) {
    const byte = data[at++] ?? 0;
    length |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return at + length;
  }
}
