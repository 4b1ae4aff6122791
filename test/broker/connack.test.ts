import { describe, expect, test } from "vitest";
import { connackFor, keepaliveInForce, refusalFor, unsupported } from "../../src/broker/connack.ts";
import { decodeConnect, type ConnectPacket } from "../../src/broker/packets/connect-packet.ts";
import { DEFAULT_LIMITS } from "../../src/broker/sessions/limits.ts";
import { connectPacket, encode, refusal } from "./wire.ts";

type Extra = Parameters<typeof connectPacket>[2];

function connect(version: 3 | 4 | 5, extra: Extra = {}): ConnectPacket {
  const bytes = encode(connectPacket("dev", version, extra), version);
  const packet = decodeConnect(bytes, 0, bytes.length, 200);
  if (packet.kind === "fault") throw new Error(packet.fault.sentence);
  return packet;
}

const ANNOUNCED = { limits: DEFAULT_LIMITS, maxPacketSize: 2_000_000, clientId: "dev", authData: null };

test.each([
  [3, true, "20020000"],
  [4, true, "20020100"],
  [4, false, "20020000"],
  [5, true, "200e01000b 22000a 27001e8480 210014"],
] as const)("a client of version %i that is let in, session present %s", (version, sessionPresent, answer) => {
  const packet = connect(version);
  const opened = { sessionPresent, sessionExpiryS: packet.sessionExpiryS };
  expect(connackFor(packet, opened, ANNOUNCED).toString("hex")).toBe(answer.replaceAll(" ", ""));
});

test("what differs from the defaults of MQTT 5 is told", () => {
  const packet = connect(5, { clientId: "", properties: { sessionExpiryInterval: 100 } });
  const limits = {
    ...DEFAULT_LIMITS,
    receiveMaximum: 65_535,
    topicAliasMaximum: 0,
    maximumQos: 1,
    retainAvailable: false,
    wildcardAvailable: false,
    sharedAvailable: false,
  } as const;
  const announced = { limits, maxPacketSize: Infinity, clientId: "ab", authData: null };
  const answer = connackFor(packet, { sessionPresent: false, sessionExpiryS: 10 }, announced);
  expect(answer.toString("hex")).toBe("2015000012 110000000a 1200026162 2500 2401 2800 2a00".replaceAll(" ", ""));
});

test.each([
  ["dev", "1a000d 726573706f6e73652f6465762f"],
  ["a b", "1a000d 726573706f6e73652f6120622f"],
  ["a/b", ""],
  ["a+", ""],
  ["#", ""],
])("the client %j, asking for response information, is given its own levels", (clientId, property) => {
  const packet = connect(5, { properties: { requestResponseInformation: true } });
  const answer = connackFor(packet, { sessionPresent: false, sessionExpiryS: 0 }, { ...ANNOUNCED, clientId });
  const properties = `22000a 27001e8480 ${property} 210014`;
  expect(answer.subarray(5).toString("hex")).toBe(properties.replaceAll(" ", ""));
});

test("the last words of an authentication exchange are told with its method", () => {
  const packet = connect(5, { properties: { authenticationMethod: "M" } });
  const announced = { ...ANNOUNCED, authData: Buffer.from("v=1") };
  const answer = connackFor(packet, { sessionPresent: false, sessionExpiryS: 0 }, announced);
  expect(answer.toString("hex").endsWith("1500014d 160003763d31 210014".replaceAll(" ", ""))).toBe(true);
});

test.each([
  ["wrong_password", 3, "20020005"],
  ["wrong_password", 5, "2003008700"],
  ["protocol_error", 4, null],
  ["shutting_down", 4, "20020003"],
  ["protocol_refused", null, "20020001"],
  ["malformed", null, null],
] as const)("%s to version %s", (kind, version, answer) => {
  const refused = { kind, code: 0x87, sentence: "wrong password for user kitchen" };
  expect(refusalFor(version, refused, Infinity, DEFAULT_LIMITS)?.toString("hex") ?? null).toBe(answer);
});

test.each([
  ["shutting_down", 0x8b, 0x88],
  ["taken_over", 0x8e, 0x80],
  ["keepalive", 0x8d, 0x80],
  ["cert_missing", 0x98, 0x87],
  ["too_many_connections", 0x97, 0x97],
] as const)("%s, code %i in DISCONNECT, has a code that CONNACK knows", (kind, code, told) => {
  expect(refusalFor(5, { kind, code, sentence: "" }, Infinity, DEFAULT_LIMITS)?.[3]).toBe(told);
});

test("a reason goes as far as the client's maximum packet size", () => {
  const refused = { kind: "auth_unavailable", code: 0x88, sentence: "later" } as const;
  const whole = refusal(0x88, "later");
  expect(refusalFor(5, refused, whole.length / 2, DEFAULT_LIMITS)?.toString("hex")).toBe(whole);
  expect(refusalFor(5, refused, whole.length / 2 - 1, DEFAULT_LIMITS)?.toString("hex")).toBe("2003008800");
  expect(refusalFor(5, refused, Infinity, { ...DEFAULT_LIMITS, tellReasons: false })?.toString("hex")).toBe(
    "2003008800",
  );
});

describe("a longest keep alive of 60 s", () => {
  const limits = { ...DEFAULT_LIMITS, maxKeepaliveS: 60 };

  test.each([
    [60, 60, "200e00000b 22000a 27001e8480 210014"],
    [61, 60, "201100000e 13003c 22000a 27001e8480 210014"],
    [0, 60, "201100000e 13003c 22000a 27001e8480 210014"],
    [30, 30, "200e00000b 22000a 27001e8480 210014"],
  ])("makes of %i s in MQTT 5: %i s, which is told when it differs", (keepalive, inForce, answer) => {
    const packet = connect(5, { keepalive });
    const connack = connackFor(packet, { sessionPresent: false, sessionExpiryS: 0 }, { ...ANNOUNCED, limits });
    expect(connack.toString("hex")).toBe(answer.replaceAll(" ", ""));
    expect(keepaliveInForce(packet, limits)).toBe(inForce);
    expect(unsupported(packet, limits)).toBeNull();
  });

  test.each([
    [60, undefined],
    [61, "asked for a keep alive of 61 s; the longest is 60 s (max_keepalive)"],
    [0, "asked for no keep alive; the longest is 60 s (max_keepalive)"],
  ])("refuses %i s before MQTT 5 as it should", (keepalive, sentence) => {
    expect(unsupported(connect(4, { keepalive }), limits)?.reason.sentence).toBe(sentence);
  });
});

const will = { topic: "t", payload: Buffer.from("x"), qos: 2, retain: true } as const;

test.each<[string, Extra, object, number | null, string]>([
  ["nothing unusual", {}, {}, null, ""],
  ["a will that is kept", { will }, {}, null, ""],
  [
    "a retained will",
    { will },
    { retainAvailable: false },
    0x9a,
    "asked for a retained will, which this broker does not take",
  ],
  [
    "a will that is a command",
    { will: { ...will, topic: "$CONTROL/dynamic-security/v1" } },
    {},
    0x90,
    "asked for a will to $CONTROL/, where only clients that are connected send commands",
  ],
  ["a will of QoS 2", { will }, { maximumQos: 1 }, 0x9b, "asked for a will above the maximum QoS of this broker"],
])("a CONNECT with %s", (_name, extra, limits, code, sentence) => {
  const found = unsupported(connect(5, extra), { ...DEFAULT_LIMITS, ...limits });
  expect(found?.code ?? null).toBe(code);
  expect(found?.reason.sentence ?? "").toBe(sentence);
});

describe("a broker that knows another one", () => {
  const limits = { ...DEFAULT_LIMITS, tellReasons: false, serverReference: "b:1883" };

  test.each([
    ["too_many_connections", 0x89, "200c009c09 1c0006623a31383833"],
    ["shutting_down", 0x8b, "200c009c09 1c0006623a31383833"],
    ["shutting_down", 0x9d, "200c009d09 1c0006623a31383833"],
    ["wrong_password", 0x87, "2003008700"],
  ] as const)("sends who is refused for %s (%i) there, or not", (kind, code, answer) => {
    const refused = { kind, code, sentence: "" };
    expect(refusalFor(5, refused, Infinity, limits)?.toString("hex")).toBe(answer.replaceAll(" ", ""));
  });

  test("takes nobody when it has moved, and says where to", () => {
    expect(unsupported(connect(4), { ...limits, serverMoved: true })).toEqual({
      code: 0x9d,
      reason: { kind: "shutting_down", sentence: "came to a broker that has moved to b:1883 (server_moved)" },
    });
    expect(unsupported(connect(4), limits)).toBeNull();
  });
});
