import { inspect, isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { join } from "../broker/talker.ts";
import { freePort } from "../helpers/free-port.ts";
import { confHouse } from "./conf-house.ts";
import {
  NOBODY,
  V5,
  aliased,
  anId,
  answered,
  controlAnswer,
  crowded,
  deliveredQos,
  expiry,
  idPrefix,
  kept,
  publish,
  told,
  unacknowledged,
} from "./probes.ts";

/** A line, and what clients see of it: without the line, and with it. */
type Row = readonly [line: string, see: (port: number) => Promise<unknown>, usual: unknown, then: unknown];

const GLOBAL: readonly Row[] = [
  ["allow_zero_length_clientid false", (port) => answered(port, ""), 0, 2],
  ["auto_id_prefix door-", idPrefix, "auto-", "door-"],
  ["clientid_prefixes door-", (port) => answered(port, anId()), 0, 5],
  ["clientid_prefixes probe-", (port) => answered(port, anId()), 0, 0],
  ["global_max_clients 1", (port) => answered(port, anId(), V5), 0, 0x89],
  ["global_max_connections 1", (port) => answered(port, anId(), V5), 0, 0x89],
  ["max_inflight_messages 7", (port) => told(port, "receiveMaximum"), 20, 7],
  ["max_inflight_messages 2", unacknowledged, 3, 2],
  ["max_inflight_bytes 150", unacknowledged, 3, 2],
  ["max_keepalive 30", (port) => told(port, "serverKeepAlive"), undefined, 30],
  ["max_keepalive 30", (port) => answered(port, anId(), { keepalive: 60 }), 0, 2],
  ["max_packet_size 100", (port) => told(port, "maximumPacketSize"), undefined, 100],
  ["max_packet_size 100", (port) => publish(port, "a", ["x".repeat(200)]), [NOBODY], [0x95]],
  ["max_queued_messages 3", (port) => kept(port, 30, 1), 30, 3],
  ["max_queued_bytes 500", (port) => kept(port, 30, 1), 30, 4],
  ["memory_limit 1", (port) => answered(port, anId(), V5), 0, 0x97],
  ["message_size_limit 5", (port) => publish(port, "a", ["12345", "123456"]), [NOBODY, NOBODY], [NOBODY, 0x97]],
  ["persistent_client_expiration 90s", (port) => expiry(port), undefined, 90],
  ["queue_qos0_messages true", (port) => kept(port, 1, 0), 0, 1],
  ["retain_available false", (port) => told(port, "retainAvailable"), undefined, false],
  ["retain_available false", (port) => publish(port, "a", ["x"], { retain: true }), [NOBODY], [0x9a]],
  ["upgrade_outgoing_qos true", deliveredQos, 0, 1],
  ["enable_control_api true", controlAnswer, "error", "responses"],
];

/** The same of one listener; the other one has no such line. */
const OF_LISTENER: readonly Row[] = [
  ["accept_protocol_versions 5", (port) => answered(port, anId()), 0, 1],
  ["accept_protocol_versions 3 4", (port) => answered(port, anId(), V5), 0, 0x84],
  ["listener_auto_id_prefix door-", idPrefix, "auto-", "door-"],
  ["max_connections 1", crowded, 0, "closed"],
  ["max_qos 1", (port) => told(port, "maximumQoS"), undefined, 1],
  ["max_qos 0", (port) => publish(port, "a", ["x"]), [NOBODY], [0x9b]],
  ["maximum_qos 0", (port) => publish(port, "a", ["x"]), [NOBODY], [0x9b]],
  ["max_topic_alias 3", (port) => told(port, "topicAliasMaximum"), 10, 3],
  ["max_topic_alias_broker 0", aliased, true, false],
  ["use_username_as_clientid true", (port) => answered(port, anId()), 0, 5],
  ["listener_allow_anonymous false", (port) => answered(port, anId()), 0, 5],
];

/**
 * Has every row seen without its line, with it, and without it again, in one broker whose other client stays. Gives
 * what was not as it should be.
 */
async function walk(
  rows: readonly Row[],
  base: string,
  place: (line: string) => string,
  port: number,
  /** A listener that the lines are not about. */
  elsewhere: number | null = null,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const check = (line: string, when: string, seen: unknown, expected: unknown): void => {
    if (!isDeepStrictEqual(seen, expected)) wrong.push(`${line} ${when}: ${inspect(seen)}, not ${inspect(expected)}`);
  };
  const house = await confHouse(base);
  const stays = await join(elsewhere ?? port, "stays", V5);
  for (const [line, see, usual, then] of rows) {
    check(line, "missing", await see(port), usual);
    check(line, "put in, drops nobody", / 0 closed/.test(await house.put(place(line))), true);
    check(line, "put in", await see(port), then);
    if (elsewhere !== null) check(line, "put in elsewhere", await see(elsewhere), usual);
    check(line, "taken out, drops nobody", / 0 closed/.test(await house.put(base)), true);
    check(line, "taken out", await see(port), usual);
  }
  await stays.settle();
  check("every line", "closes the client that stays", stays.isClosed(), false);
  check("every line", "leaves an exit code", await house.stop(), 0);
  return wrong;
}

test("a line of the whole broker counts from the reload on, ends with it, and drops nobody", async () => {
  const port = await freePort();
  const base = `allow_anonymous true\nlistener ${port} 127.0.0.1\n`;
  expect(await walk(GLOBAL, base, (line) => `${line}\n${base}`, port)).toEqual([]);
});

test("a line of a listener counts for that one from the reload on, ends with it, and drops nobody", async () => {
  const [own, other] = [await freePort(), await freePort()];
  const base = `allow_anonymous true\nlistener ${other} 127.0.0.1\nlistener ${own} 127.0.0.1\n`;
  expect(await walk(OF_LISTENER, base, (line) => `${base}${line}\n`, own, other)).toEqual([]);
});
