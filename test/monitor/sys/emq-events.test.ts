import { describe, expect, test } from "vitest";
import type { BrokerEvent, ClientInfo } from "../../../src/core/events.ts";
import type { Reason, ReasonKind } from "../../../src/core/types.ts";
import { createEmqEvents } from "../../../src/monitor/sys/emq-events.ts";

const client: ClientInfo = { clientId: "c1", username: "test", address: "192.0.2.7", listener: "1883" };
const reason = (kind: ReasonKind): Reason => ({ kind, sentence: "why" });

function said(event: BrokerEvent, isHeard = true): readonly (readonly [topic: string, payload: unknown])[] {
  const messages: (readonly [string, unknown])[] = [];
  const record = createEmqEvents(
    "house",
    { publish: (topic, payload) => void messages.push([topic, JSON.parse(payload)]), isHeard: () => isHeard },
    () => 1_432_648_482_999,
  );
  record(event);
  return messages;
}

describe("EMQ's messages about clients", () => {
  test("nothing that nobody subscribed to", () => {
    expect(said({ kind: "disconnected", client, reason: null }, false)).toEqual([]);
  });

  test("who connected, and how", () => {
    const event = { kind: "connected", client, version: 4, clean: true, keepaliveS: 60, source: "logins" } as const;
    expect(said(event)).toEqual([
      [
        "$SYS/brokers/house/clients/c1/connected",
        {
          clientid: "c1",
          username: "test",
          ipaddress: "192.0.2.7",
          clean_sess: true,
          clean_start: true,
          session: false,
          protocol: 4,
          proto_ver: 4,
          proto_name: "MQTT",
          keepalive: 60,
          connack: 0,
          sockport: 1883,
          connected_at: 1_432_648_482,
          ts: 1_432_648_482,
        },
      ],
    ]);
  });

  test("who was refused, with the code that a client of MQTT 3 hears", () => {
    expect(said({ kind: "refused", client, reason: reason("wrong_password") })).toEqual([
      [
        "$SYS/brokers/house/clients/c1/connected",
        { clientid: "c1", username: "test", ipaddress: "192.0.2.7", connack: 5, ts: 1_432_648_482 },
      ],
    ]);
  });

  test.each([
    [null, "normal"],
    [reason("ok"), "closed"],
    [reason("keepalive"), "keepalive_timeout"],
    [reason("taken_over"), "conflict"],
    [reason("shutting_down"), "shutdown"],
    [reason("not_allowed"), "kick"],
    [reason("protocol_error"), "internal_error"],
  ])("who left: %j is %s", (why, text) => {
    expect(said({ kind: "disconnected", client, reason: why })).toEqual([
      [
        "$SYS/brokers/house/clients/c1/disconnected",
        { clientid: "c1", username: "test", ipaddress: "192.0.2.7", reason: text, ts: 1_432_648_482 },
      ],
    ]);
  });

  test("a client id is one level of the topic, and as it is in the message", () => {
    const [[topic, payload] = []] = said({
      kind: "disconnected",
      client: { ...client, clientId: "a/b+c#%" },
      reason: null,
    });
    expect(topic).toBe("$SYS/brokers/house/clients/a%2Fb%2Bc%23%25/disconnected");
    expect(payload).toMatchObject({ clientid: "a/b+c#%" });
  });

  test.each<BrokerEvent>([
    { kind: "refused", client: { ...client, clientId: "" }, reason: reason("wrong_password") },
    { kind: "refused", client, reason: reason("malformed") },
    { kind: "disconnected", client: { ...client, clientId: "x".repeat(1001) }, reason: null },
    { kind: "subscribed", client, filter: "a", qos: 0 },
  ])("nothing is said of %j", (event) => {
    expect(said(event)).toEqual([]);
  });
});
