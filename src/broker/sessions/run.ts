import type { MessageObserver } from "../../core/observing.ts";
import type { MessageTap } from "../../core/tracing.ts";
import type { ProtocolVersion } from "../../core/types.ts";
import { type ByteString, toByteString } from "../packets/bytes.ts";
import { PacketType } from "../packets/codes.ts";
import { createPropertyScan } from "../packets/property-scan.ts";
import { createPublishHeader, decodePublish, type PublishHeader } from "../packets/publish-header.ts";
import {
  publishPropertiesLength,
  publishSizeV3,
  publishSizeV5,
  writePublishHeadV3,
  writePublishHeadV5,
} from "../packets/publish-encoder.ts";
import type { Target } from "../routing/routes.ts";
import type { TopicEntry } from "../routing/topic-table.ts";
import { aliasFor, hasAlias } from "./aliases-out.ts";
import type { Context } from "./context.ts";
import { messageOf } from "./message-of.ts";
import { dropTooLarge, dropUnsent } from "./drops.ts";
import { deliver } from "./outbound.ts";
import { mayTargetReceive } from "./permissions.ts";
import type { Connection, Session } from "./session.ts";
import { deliverShared } from "./shared-delivery.ts";
import { countSent } from "./traffic.ts";
import { sendBytes } from "./writer.ts";

/**
 * Plain QoS 0 messages of one client to one topic that lie side by side in what was read from its socket. They are
 * checked one by one and delivered as one piece: for receivers of the same version their bytes are already right.
 */
export interface Run {
  /** null: empty. */
  connection: Connection | null;
  entry: TopicEntry<Session> | null;
  topic: string;
  /** UTF-8 of the topic. */
  topicBytes: ByteString;
  chunk: Buffer;
  start: number;
  end: number;
  count: number;
  /** Offset of each packet; only the first `count` are of this run. */
  readonly starts: number[];
  /** Size of the largest packet. */
  largest: number;
  payloadBytes: number;
  /** For reading its packets again; the context's header holds the packet that came after them. */
  readonly header: PublishHeader;
  /** The run as bytes for 3.x and for 5. null: not needed yet. */
  v3: Buffer | null;
  v5: Buffer | null;
}

/** First byte of a PUBLISH with QoS 0 and no other flag. */
const PUBLISH_QOS0 = PacketType.publish << 4;

/** What a packet can grow by when it is written anew: property length, topic alias and a longer remaining length. */
const GROWTH = 8;

/** A run without packets. */
export function createRun(): Run {
  return {
    connection: null,
    entry: null,
    topic: "",
    topicBytes: "",
    chunk: Buffer.alloc(0),
    start: 0,
    end: 0,
    count: 0,
    starts: [],
    largest: 0,
    payloadBytes: 0,
    header: createPublishHeader(createPropertyScan()),
    v3: null,
    v5: null,
  };
}

/** Adds the packet in [start, end); what does not lie behind the packets before it begins a new run. */
export function extendRun(
  context: Context,
  connection: Connection,
  entry: TopicEntry<Session>,
  chunk: Buffer,
  start: number,
  end: number,
): void {
  const { run } = context;
  if (run.connection !== connection || run.entry !== entry || run.chunk !== chunk || run.end !== start) {
    flushRun(context);
    run.connection = connection;
    run.entry = entry;
    run.topic = entry.text;
    run.topicBytes = entry.bytes;
    run.chunk = chunk;
    run.start = start;
    run.largest = 0;
    run.payloadBytes = 0;
  }
  run.starts[run.count++] = start;
  run.end = end;
  run.payloadBytes += context.header.payloadEnd - context.header.payloadStart;
  if (end - start > run.largest) run.largest = end - start;
}

/** Delivers the run. To be called before anything else is delivered, and when the bytes that were read are used up. */
export function flushRun(context: Context): void {
  const { run } = context;
  const { connection, entry } = run;
  if (connection === null || entry === null) return;
  // empty from here on: what is called below may publish
  run.connection = null;
  run.entry = null;
  if (context.tap !== null) showRun(run, connection, context.tap);
  if (context.observer !== null) observeRun(run, connection, context.observer);
  const routes = context.router.routes(entry);
  for (const target of routes.targets) deliverRun(context, run, target, connection, entry);
  if (routes.groups.length > 0) {
    for (let index = 0; index < run.count; index++) {
      readAgain(run, index, connection.version);
      const message = messageOf(context, run.header, run.chunk, entry, connection.session);
      for (const group of routes.groups) {
        if (!deliverShared(context, group, message)) context.counters.droppedGroup++;
      }
    }
  }
  run.count = 0;
  run.v3 = null;
  run.v5 = null;
}

function showRun(run: Run, { session, version }: Connection, show: MessageTap): void {
  for (let index = 0; index < run.count; index++) {
    readAgain(run, index, version);
    const payload = run.chunk.subarray(run.header.payloadStart, run.header.payloadEnd);
    show(run.topic, payload, session.clientId, session.identity.username);
  }
}

function observeRun(run: Run, { session, version }: Connection, observer: MessageObserver): void {
  const { header, topic, chunk, count } = run;
  const first = observer.wantsEach ? 0 : count - 1;
  for (let index = first; index < count; index++) {
    readAgain(run, index, version);
    const number = observer.wantsEach ? 1 : count;
    observer.seen(topic, session.client, chunk, header.payloadStart, header.payloadEnd, 0, false, number);
  }
}

function deliverRun(
  context: Context,
  run: Run,
  target: Target<Session>,
  from: Connection,
  entry: TopicEntry<Session>,
): void {
  const chosen = target.subscriber === from.session ? target.own : target;
  if (chosen === null || !mayTargetReceive(context, chosen, entry.text)) return;
  const { connection, mountPoint, isHeld } = chosen.subscriber;
  if (connection === null) {
    if (context.limits.queueQos0) deliverSingly(context, run, chosen, from, entry);
    else context.counters.droppedOffline += run.count;
    return;
  }
  if (mountPoint !== "" || isHeld) {
    deliverSingly(context, run, chosen, from, entry);
    return;
  }
  if (!connection.hasBegun || connection.output.bytesUnsent() > context.limits.maxUnsentBytes) {
    dropUnsent(context, connection, run.count);
    return;
  }
  const isV5 = connection.version === 5;
  const isShared =
    chosen.subscriptionIds === "" &&
    connection.aliasMaximumOut === 0 &&
    run.largest + GROWTH < connection.maximumPacketSize;
  if (isShared) {
    sendBytes(context.writer, connection, bytesFor(context, run, from.version, isV5));
    countSent(context, chosen.subscriber, PUBLISH_QOS0, run.count, run.payloadBytes);
    return;
  }
  const bytes = encodeRun(context, run, from.version, isV5, chosen.subscriptionIds, connection);
  if (bytes.length > 0) sendBytes(context.writer, connection, bytes);
}

function deliverSingly(
  context: Context,
  run: Run,
  target: Target<Session>,
  from: Connection,
  entry: TopicEntry<Session>,
): void {
  for (let index = 0; index < run.count; index++) {
    readAgain(run, index, from.version);
    const message = messageOf(context, run.header, run.chunk, entry, from.session);
    deliver(context, target.subscriber, message, 0, false, target.subscriptionIds, null);
  }
}

/** The run for every receiver of a version; that of its own version is a piece of what was read. */
function bytesFor(context: Context, run: Run, version: ProtocolVersion, isV5: boolean): Buffer {
  const known = isV5 ? run.v5 : run.v3;
  if (known !== null) return known;
  const bytes =
    isV5 === (version === 5)
      ? run.chunk.subarray(run.start, run.end)
      : encodeRun(context, run, version, isV5, "", null);
  if (isV5) run.v5 = bytes;
  else run.v3 = bytes;
  return bytes;
}

/** Writes the run anew: for everyone, or for one receiver without packets larger than it takes [MQTT-3.1.2-25]. */
function encodeRun(
  context: Context,
  run: Run,
  version: ProtocolVersion,
  isV5: boolean,
  subscriptionIds: ByteString,
  receiver: Connection | null,
): Buffer {
  const { header, topic } = run;
  const target = Buffer.allocUnsafe(run.end - run.start + run.count * (subscriptionIds.length + GROWTH));
  let at = 0;
  for (let index = 0; index < run.count; index++) {
    readAgain(run, index, version);
    const payload = header.payloadEnd - header.payloadStart;
    const properties = isV5 ? toByteString(run.chunk, header.properties.start, header.properties.end) : "";
    const section = publishPropertiesLength(
      properties.length,
      -1,
      receiver?.aliasMaximumOut ?? 0,
      subscriptionIds.length,
    );
    const size = isV5
      ? publishSizeV5(run.topicBytes.length, 0, section, payload)
      : publishSizeV3(run.topicBytes.length, 0, payload);
    if (receiver !== null && size > receiver.maximumPacketSize) {
      dropTooLarge(context, receiver);
      continue;
    }
    if (receiver !== null) countSent(context, receiver.session, PUBLISH_QOS0, 1, payload);
    const topicBytes = receiver !== null && hasAlias(receiver, topic) ? "" : run.topicBytes;
    const alias = receiver === null ? 0 : aliasFor(receiver, topic);
    at = isV5
      ? writePublishHeadV5(target, at, 0, topicBytes, 0, properties, -1, alias, subscriptionIds, payload)
      : writePublishHeadV3(target, at, 0, topicBytes, 0, payload);
    at += run.chunk.copy(target, at, header.payloadStart, header.payloadEnd);
  }
  return target.subarray(0, at);
}

/** Reads a packet of the run, which was found to be right before, into its header. */
function readAgain(run: Run, index: number, version: ProtocolVersion): void {
  const start = run.starts[index] ?? run.start;
  const end = index + 1 < run.count ? (run.starts[index + 1] ?? run.end) : run.end;
  decodePublish(run.header, run.chunk, start, end, version);
}
