import { expect, test } from "vitest";
import { readConnect } from "../../../src/broker/packets/connect.ts";
import { connectPacket, encode } from "../wire.ts";

test.each([
  [3, { version: 3, clientId: "dev", clean: true, keepaliveS: 60, maxPacketSize: null }],
  [4, { version: 4, clientId: "dev", clean: true, keepaliveS: 60, maxPacketSize: null }],
  [5, { version: 5, clientId: "dev", clean: true, keepaliveS: 60, maxPacketSize: 5_000 }],
] as const)("a CONNECT of level %i is read", (version, expected) => {
  const properties = version === 5 ? { properties: { maximumPacketSize: 5_000, receiveMaximum: 3 } } : {};
  const bytes = encode(connectPacket("dev", version, { keepalive: 60, ...properties }), version);
  const header = readConnect(bytes, 2, bytes.length);
  expect(header).toMatchObject(expected);
  if ("fault" in header) throw new Error("unreachable");
  expect(bytes.readUInt16BE(header.keepaliveAt)).toBe(60);
});

test.each([
  ["level 9", "00044d5154540902000000026162", { fault: "version", level: 9 }],
  ["level 2", "00044d5154540202000000026162", { fault: "version", level: 2 }],
  ["the reserved flag", "00044d5154540403000000026162", { fault: "malformed" }],
  ["another protocol", "00044d5154580402000000026162", { fault: "malformed" }],
  ["a client id that is cut off", "00044d5154540402000000056162", { fault: "malformed" }],
  ["a client id with U+0000", "00044d5154540402000000026100", { fault: "malformed" }],
  ["nothing behind the level", "00044d51545404", { fault: "malformed" }],
  ["a maximum packet size of 0", "00044d515454050200000527000000000000", { fault: "malformed" }],
])("%s is refused", (_name, hex, expected) => {
  const bytes = Buffer.from(hex, "hex");
  expect(readConnect(bytes, 0, bytes.length)).toEqual(expected);
});

test("the bridge bit of mosquitto passes", () => {
  const bytes = Buffer.from("00044d5154548402000a00026162", "hex");
  expect(readConnect(bytes, 0, bytes.length)).toMatchObject({ version: 4, clientId: "ab", keepaliveS: 10 });
});
