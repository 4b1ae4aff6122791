import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parser, type Packet } from "mqtt-packet";
import { codeOf } from "../../core/errors.ts";
import type { BrokerEvent, ClientInfo } from "../../core/events.ts";
import { matches } from "../../core/topic.ts";
import type { PacketTap, Watcher } from "../../core/tracing.ts";
import type { ProtocolVersion } from "../../core/types.ts";
import { nameText, packetText, payloadText, plain, sentenceText } from "./packet-text.ts";
import { openTraceFile, type TraceFile } from "./trace-file.ts";
import type { TraceBy, TraceWish } from "./wish.ts";

/** A trace that runs. */
export interface TraceState extends TraceWish {
  readonly bytes: number;
  readonly endsAtMs: number;
}

/** What writes packets and messages to files, for who searches for something. They end with the broker. */
export interface Traces {
  /** null: it runs; else why it does not, as the end of a sentence. */
  start(wish: TraceWish): string | null;
  /** Whether there was one. */
  stop(by: TraceBy, value: string): boolean;
  list(): readonly TraceState[];
  stopAll(): Promise<void>;
}

export interface TraceDeps {
  /** Of the files; made when it is needed. */
  readonly folder: string;
  readonly now: () => number;
  /** Called with what has to look on from now on; null: nothing has. */
  readonly watch: (watcher: Watcher | null) => void;
}

interface Running {
  readonly wish: TraceWish;
  readonly file: TraceFile;
  readonly endsAtMs: number;
  readonly timer: NodeJS.Timeout;
}

const MAX_TRACES = 30;

/** Makes the list of traces; there is none yet, and nobody looks on. */
export function createTraces({ folder, now, watch }: TraceDeps): Traces {
  const running: Running[] = [];
  const closing = new Set<Promise<void>>();

  const find = (by: TraceBy, value: string): Running | undefined =>
    running.find(({ wish }) => wish.by === by && wish.value === value);

  const end = (trace: Running): void => {
    const at = running.indexOf(trace);
    if (at === -1) return;
    running.splice(at, 1);
    clearTimeout(trace.timer);
    const closed = trace.file.close();
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
    update();
  };

  /** The traces are looked up when something happens, so that one that has ended hears of nothing. */
  const update = (): void => {
    const hasTopics = running.some(({ wish }) => wish.by === "topic");
    watch(running.length === 0 ? null : { tapFor, message: hasTopics ? message : null, record });
  };

  const tapFor: Watcher["tapFor"] = (client, { port }, version) => {
    if (!running.some(({ wish }) => concerns(wish, client))) return null;
    const who = `Client(${plain(client.clientId)}@${client.address}${port === undefined ? "" : `:${port}`})`;
    return createTap(version, (direction, packet) => {
      for (const { wish, file } of running) {
        if (concerns(wish, client)) file.write(`${who}: ${direction} ${textOf(packet, wish)}`);
      }
    });
  };

  const message: NonNullable<Watcher["message"]> = (topic, payload, clientId, username) => {
    if (topic.startsWith("$SYS/")) return;
    for (const { wish, file } of running) {
      if (wish.by !== "topic" || !matches(wish.value, topic)) continue;
      const what = `${plain(topic)}: ${payloadText(payload, topic, wish.payload)}`;
      file.write(`${plain(clientId)}/${nameText(username)} PUBLISH to ${what}`);
    }
  };

  const record = (event: BrokerEvent): void => {
    const text = eventText(event);
    if (text === null) return;
    const { client } = event;
    for (const { wish, file } of running) {
      const isMeant =
        wish.by === "topic" ? event.kind === "denied" && isOn(wish.value, event.topic) : concerns(wish, client);
      if (isMeant) file.write(`Client(${plain(client.clientId)}@${client.address}): ${text}`);
    }
  };

  return {
    start(wish) {
      if (find(wish.by, wish.value) !== undefined) return "existed";
      if (running.length >= MAX_TRACES) return `${MAX_TRACES} traces run already, stop one of them`;
      if (running.some((other) => other.wish.file === wish.file)) return `another trace writes to ${wish.file}`;
      let file: TraceFile;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        file = openTraceFile(join(folder, wish.file), wish.megabytes * 1_000_000, now, () => {
          // not between two parts of a packet
          setImmediate(() => end(trace));
        });
      } catch (error) {
        return `${wish.file} cannot be written (${codeOf(error) ?? "unknown"})`;
      }
      const timer = setTimeout(() => end(trace), wish.minutes * 60_000).unref();
      const trace: Running = { wish, file, endsAtMs: now() + wish.minutes * 60_000, timer };
      running.push(trace);
      update();
      return null;
    },
    stop(by, value) {
      const trace = find(by, value);
      if (trace !== undefined) end(trace);
      return trace !== undefined;
    },
    list: () => running.map(({ wish, file, endsAtMs }) => ({ ...wish, bytes: file.bytes(), endsAtMs })),
    async stopAll() {
      for (const trace of running.slice()) end(trace);
      await Promise.all(closing);
    },
  };
}

function concerns({ by, value }: TraceWish, { clientId, username, address }: ClientInfo): boolean {
  switch (by) {
    case "client":
      return clientId === value;
    case "user":
      return username === value;
    case "ip":
      return address === value;
    case "topic":
      return false;
  }
}

/** A refused subscription is about a filter, which is found by its own text. */
function isOn(value: string, topic: string): boolean {
  return value === topic || (!/[+#]/.test(topic) && matches(value, topic));
}

type Show = (direction: "RECV" | "SEND", packet: Packet | Error) => void;

function createTap(version: ProtocolVersion, show: Show): PacketTap {
  const reader = (direction: "RECV" | "SEND"): ((bytes: Buffer) => void) => {
    let isLost = false;
    const packets = parser({ protocolVersion: version });
    packets.on("packet", (packet) => show(direction, packet));
    packets.on("error", () => {
      isLost = true;
      show(direction, new Error("a packet that cannot be read; no more of them are shown"));
    });
    return (bytes) => {
      if (isLost) return;
      // what is sent comes in parts, and was received by somebody before
      const beside = direction === "RECV" && version === 5 ? propertyBytesOf(bytes) : 0;
      if (beside > MAX_PROPERTY_BYTES) show(direction, new Error(`a PUBLISH with ${beside} bytes of properties`));
      // it keeps what it was given, and the buffers of the broker are used again
      else packets.parse(Buffer.from(bytes));
    };
  };
  return { received: reader("RECV"), sent: reader("SEND") };
}

/** The parser takes a second for forty thousand properties, and millions of them fit into one packet. */
const MAX_PROPERTY_BYTES = 20_000;

/** Length of the properties of a whole PUBLISH of MQTT 5; 0: it is another packet, or cannot be read. */
function propertyBytesOf(packet: Buffer): number {
  const first = packet[0] ?? 0;
  if (first >> 4 !== 3) return 0;
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80) at++;
  at += 3 + ((packet[at + 1] ?? 0) << 8) + (packet[at + 2] ?? 0) + ((first & 6) === 0 ? 0 : 2);
  let length = 0;
  for (let factor = 1, byte = 0x80; byte >= 0x80 && factor <= 0x20_00_00; factor *= 128) {
    byte = packet[at++] ?? 0;
    length += (byte & 0x7f) * factor;
  }
  return length;
}

function textOf(packet: Packet | Error, { payload }: TraceWish): string {
  return packet instanceof Error ? packet.message : packetText(packet, payload);
}

/** What was decided, in the words of the log; null: it is no news beside the packets. */
function eventText(event: BrokerEvent): string | null {
  switch (event.kind) {
    case "connected":
      return `LOGIN accepted by ${event.source}`;
    case "refused":
      return `LOGIN refused: ${sentenceText(event.reason.sentence)}`;
    case "denied":
      return `DENIED ${event.action} ${plain(event.topic)}: ${sentenceText(event.decision.reason.sentence)}`;
    case "dropped":
      return `DROPPED ${event.count}: ${sentenceText(event.reason.sentence)}`;
    case "will":
      return `WILL published to ${plain(event.topic)}`;
    case "disconnected":
      return event.reason === null ? "GONE" : `GONE: ${sentenceText(event.reason.sentence)}`;
    default:
      return null;
  }
}
