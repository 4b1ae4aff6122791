import { load } from "js-yaml";
import { expect, test } from "vitest";
import { deviceBlock, deviceTopics, deviceUri } from "../../../src/http/panel/device-blocks.ts";

const login = { username: "plug", password: "0-_12", host: "192.0.2.4", port: 1883, isTls: false };

test.each([
  ["esphome", { broker: "192.0.2.4", port: 1883, username: "plug", password: "0-_12" }],
  ["zigbee2mqtt", { server: "mqtt://192.0.2.4:1883", user: "plug", password: "0-_12", version: 5 }],
  ["frigate", { host: "192.0.2.4", port: 1883, user: "plug", password: "0-_12" }],
] as const)("the block of %s is YAML", (type, mqtt) => {
  expect(load(deviceBlock(type, login))).toEqual({ mqtt });
});

test("a password that looks like a number stays a text", () => {
  const block = deviceBlock("frigate", { ...login, password: "1e5" });
  expect(load(block)).toMatchObject({ mqtt: { password: "1e5" } });
});

test("the block of a Shelly is one call", () => {
  expect(deviceBlock("shelly", login)).toBe(
    'Mqtt.SetConfig {"config":{"enable":true,"server":"192.0.2.4:1883","user":"plug","pass":"0-_12","topic_prefix":"plug"}}',
  );
});

test("an address of IPv6 stands in brackets where a port follows, and TLS is said", () => {
  const secure = { ...login, host: "2001:db8::1", port: 8883, isTls: true };
  expect(deviceUri(secure)).toBe("mqtts://plug:0-_12@[2001:db8::1]:8883");
  expect(load(deviceBlock("zigbee2mqtt", secure))).toMatchObject({ mqtt: { server: "mqtts://[2001:db8::1]:8883" } });
  expect(deviceBlock("other", secure)).toContain("host: 2001:db8::1\n");
});

test("what is no address is encoded", () => {
  expect(deviceUri({ ...login, username: "a@b/c", password: "p:w" })).toBe("mqtt://a%40b%2Fc:p%3Aw@192.0.2.4:1883");
});

test("a device may use what is its own", () => {
  expect(deviceTopics("tasmota", "plug")).toEqual([
    { access: "write", filter: "stat/plug/#" },
    { access: "write", filter: "tele/plug/#" },
    { access: "write", filter: "tasmota/discovery/#" },
    { access: "read", filter: "cmnd/plug/#" },
    { access: "read", filter: "cmnd/tasmotas/#" },
  ]);
  expect(deviceTopics("other", "plug")).toEqual([{ access: "readwrite", filter: "plug/#" }]);
});
