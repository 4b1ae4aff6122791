import { describe, expect, test } from "vitest";
import { login, publish, startBroker, subscribe, wire, type TestBroker, type Wire } from "./wire.ts";

/*
 * What a packet may not look like, by rows: MQTT 5 hears the reason code in DISCONNECT, older versions and clients that
 * have not said their version hear nothing. Faults of PUBLISH and of SUBSCRIBE's options are in engine.test.ts.
 */
const ACKS = [
  ["PUBACK", "40"],
  ["PUBREC", "50"],
  ["PUBREL", "62"],
  ["PUBCOMP", "70"],
] as const;

type Row = readonly [name: string, hex: string, code: number];

const SINCE_MQTT_5: readonly Row[] = [
  ["flags of PUBREC", "51 02 0001", 0x81],
  ["flags of PUBCOMP", "71 02 0001", 0x81],
  ["flags of UNSUBSCRIBE", "a0 06 0001 00 0001 61", 0x81],
  ["flags of DISCONNECT", "e1 00", 0x81],
  ["flags of PINGREQ", "c1 00", 0x81],
  ["flags of AUTH", "f1 00", 0x81],
  ["a PINGREQ with a body", "c0 01 00", 0x81],
  ["a topic longer than its packet", "30 05 ffff 61 62 63", 0x81],
  ["a filter longer than its packet", "82 07 0001 00 ffff 61 00", 0x81],
  ["packet id 0 in PUBLISH of QoS 2", "34 06 0001 61 0000 00", 0x82],
  ["packet id 0 in UNSUBSCRIBE", "a2 06 0000 00 0001 61", 0x82],
  ["a property of CONNECT in SUBSCRIBE", "82 0c 0001 05 1100000001 0001 61 00", 0x81],
  ["a repeated property in SUBSCRIBE", "82 0b 0001 04 0b010b02 0001 61 00", 0x82],
  ["subscription identifier 0", "82 09 0001 02 0b00 0001 61 00", 0x82],
  ["a subscription identifier in UNSUBSCRIBE", "a2 08 0001 02 0b01 0001 61", 0x81],
  ["a property of PUBLISH in DISCONNECT", "e0 04 00 02 0101", 0x81],
  ["a repeated property in DISCONNECT", "e0 0c 00 0a 1100000000 1100000000", 0x82],
  ["properties longer than their packet", "e0 03 00 05 11", 0x81],
  ["a second CONNECT", "10 0e 0004 4d515454 05 02 0000 00 0001 63", 0x82],
  ...ACKS.flatMap(([name, first]): Row[] => [
    [`packet id 0 in ${name}`, `${first} 02 0000`, 0x82],
    [`${name} without a packet id`, `${first} 01 00`, 0x81],
    [`a property of CONNECT in ${name}`, `${first} 09 0001 00 05 1100000001`, 0x81],
    [`a repeated property in ${name}`, `${first} 0c 0001 00 08 1f000161 1f000162`, 0x82],
  ]),
];

const BEFORE_MQTT_5: readonly (readonly [name: string, hex: string])[] = [
  ["flags of PUBREC", "51 02 0001"],
  ["flags of PUBCOMP", "71 02 0001"],
  ["flags of SUBSCRIBE", "80 06 0001 0001 61 00"],
  ["flags of UNSUBSCRIBE", "a0 05 0001 0001 61"],
  ["flags of DISCONNECT", "e1 00"],
  ["flags of PINGREQ", "c1 00"],
  ["a PINGREQ with a body", "c0 01 00"],
  ["AUTH", "f0 00"],
  ["packet id 0 in PUBLISH", "32 05 0001 61 0000"],
  ["packet id 0 in SUBSCRIBE", "82 06 0000 0001 61 00"],
  ["packet id 0 in UNSUBSCRIBE", "a2 05 0000 0001 61"],
  ["a topic longer than its packet", "30 05 ffff 61 62 63"],
  ["a second CONNECT", "10 0d 0004 4d515454 04 02 0000 0001 63"],
  ...ACKS.flatMap(([name, first]): (readonly [string, string])[] => [
    [`packet id 0 in ${name}`, `${first} 02 0000`],
    [`a reason code in ${name}`, `${first} 03 0001 00`],
  ]),
];

const WITHOUT_CONNECT: readonly (readonly [name: string, hex: string])[] = [
  ["CONNECT with flags", "11 0d 0004 4d515454 04 02 0000 0001 63"],
  ["CONNECT of MQTT 3.1 with flags", "18 0f 0006 4d5149736470 03 02 0000 0001 63"],
  ["CONNECT of MQTT 5 with flags", "11 0e 0004 4d515454 05 02 0000 00 0001 63"],
  ["CONNACK", "20 02 0000"],
  ["PUBLISH", "30 03 0001 61"],
  ["PUBACK", "40 02 0001"],
  ["SUBSCRIBE", "82 06 0001 0001 61 00"],
  ["UNSUBSCRIBE", "a2 05 0001 0001 61"],
  ["PINGREQ", "c0 00"],
  ["DISCONNECT", "e0 00"],
  ["AUTH", "f0 00"],
];

/** Two others, one of which hears the other. */
async function others({ port }: TestBroker): Promise<{ unharmed(): Promise<void> }> {
  const reader: Wire = await login(port, "reader");
  reader.send(subscribe(["#"]));
  await expect(reader).toReceive("90 03 0001 00");
  const writer = await login(port, "writer");
  return {
    async unharmed() {
      writer.send(publish("t", "x"));
      // nothing of what was refused came before it
      await expect(reader).toReceive("30 04 0001 74 78");
    },
  };
}

describe("a malformed packet", () => {
  test.each(SINCE_MQTT_5)("of MQTT 5: %s", async (_name, hex, code) => {
    const broker = await startBroker();
    const { unharmed } = await others(broker);
    const client = await login(broker.port, "c", { version: 5 });
    client.send(hex);
    expect(await client.end()).toMatch(new RegExp(`^e0..${code.toString(16)}`));
    await unharmed();
  });

  describe.each([
    ["3.1.1", 4],
    ["3.1", 3],
  ] as const)("of MQTT %s", (_version, version) => {
    test.each(BEFORE_MQTT_5)("%s", async (_name, hex) => {
      const broker = await startBroker();
      const { unharmed } = await others(broker);
      const client = await login(broker.port, "c", { version });
      client.send(hex);
      expect(await client.end()).toBe("");
      await unharmed();
    });
  });

  test.each(WITHOUT_CONNECT)("that is the first of a connection: %s", async (_name, hex) => {
    const broker = await startBroker();
    const { unharmed } = await others(broker);
    const client = await wire(broker.port);
    client.send(hex);
    expect(await client.end()).toBe("");
    await unharmed();
  });
});
