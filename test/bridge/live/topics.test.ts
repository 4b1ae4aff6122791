import { expect, test } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { eventually, linked, listen, prepare, PROBE, retainedAt, start, type Broker } from "./house.ts";

const TOPICS = `topic both/# both 1
topic out/# out 2
topic in/# in 1
topic map/# both 1 L/ R/
topic "" out 0 one/local one/remote
${PROBE}`;

/** A is the side with the bridge, B the remote broker. */
async function pair(kind: Broker["kind"], version: string): Promise<{ readonly a: Broker; readonly b: Broker }> {
  const b = await start(kind === "culex" ? "mosquitto" : "culex");
  const a = await prepare(
    kind,
    `connection table\naddress 127.0.0.1:${b.port}\nbridge_protocol_version ${version}\nrestart_timeout 1\n${TOPICS}`,
  );
  await a.start();
  await linked(a, b);
  return { a, b };
}

describeWith(["mosquitto"], "the topics of a bridge", () => {
  test.each([
    ["culex", "mqttv311"],
    ["culex", "mqttv31"],
    ["culex", "mqttv50"],
    ["mosquitto", "mqttv311"],
    ["mosquitto", "mqttv50"],
  ] as const)("pass as the table says, with %s as the side that dials and %s", async (kind, version) => {
    const { a, b } = await pair(kind, version);
    const [atA, atB] = [await listen(a, "#"), await listen(b, "#")];
    for (const qos of [0, 1, 2] as const) await atA.publish(`both/${qos}`, "a", qos);
    await atB.publish("both/b", "b", 2);
    await atA.publish("out/a", "a", 2);
    await atB.publish("out/b", "b", 2);
    await atB.publish("in/b", "b", 2);
    await atA.publish("in/a", "a", 2);
    await atA.publish("L/map/1", "1", 1);
    await atB.publish("R/map/2", "2", 2);
    await atA.publish("map/3", "3", 1);
    await atA.publish("R/map/4", "4", 1);
    await atB.publish("L/map/5", "5", 1);
    await atA.publish("one/local", "x", 1);
    await atB.publish("one/remote", "y", 1);
    // the last word: what would have come before it has come
    await atA.publish("both/end", "a", 1);
    await atB.publish("both/end", "b", 1);
    const passed = (messages: readonly string[]): string[] => messages.toSorted();
    await eventually(() => {
      expect(atA.messages).toContain("both/end b q1");
      expect(atB.messages).toContain("both/end a q1");
      expect(passed(atB.messages)).toEqual(
        passed([
          "both/0 a q0",
          "both/1 a q1",
          "both/2 a q1",
          "out/a a q2",
          "R/map/1 1 q1",
          "one/remote x q0",
          "both/end a q1",
          "both/b b q2",
          "out/b b q2",
          "in/b b q2",
          "R/map/2 2 q2",
          "L/map/5 5 q1",
          "one/remote y q1",
          "both/end b q1",
        ]),
      );
      expect(passed(atA.messages)).toEqual(
        passed([
          "both/b b q1",
          "in/b b q1",
          "L/map/2 2 q1",
          "both/end b q1",
          "both/0 a q0",
          "both/1 a q1",
          "both/2 a q2",
          "out/a a q2",
          "in/a a q2",
          "L/map/1 1 q1",
          "map/3 3 q1",
          "R/map/4 4 q1",
          "one/local x q1",
          "both/end a q1",
        ]),
      );
    });
  });

  test.each([
    ["culex", "mqttv311"],
    ["culex", "mqttv50"],
    ["mosquitto", "mqttv311"],
  ] as const)("keep what is retained retained, with %s as the side that dials and %s", async (kind, version) => {
    const { a, b } = await pair(kind, version);
    const [atA, atB] = [await listen(a, "both/#"), await listen(b, "both/#")];
    await atA.publish("both/a", "1", 1, true);
    await atB.publish("both/b", "2", 1, true);
    await eventually(async () => {
      expect(await retainedAt(a, "both/#")).toEqual(["both/a 1", "both/b 2"]);
      expect(await retainedAt(b, "both/#")).toEqual(["both/a 1", "both/b 2"]);
    });
    await atA.publish("both/b", "", 1, true);
    await atB.publish("both/a", "", 1, true);
    await eventually(async () => {
      expect(await retainedAt(a, "both/#")).toEqual([]);
      expect(await retainedAt(b, "both/#")).toEqual([]);
    });
    const live = ["both/a 1 q1 r", "both/b 2 q1 r", "both/b  q1 r", "both/a  q1 r"].toSorted();
    await eventually(() => {
      expect(atA.messages.toSorted()).toEqual(live);
      expect(atB.messages.toSorted()).toEqual(live);
    });
  });
});

test.each(["mqttv311", "mqttv50"])(
  "a topic that a prefix makes too long goes nowhere and stops nothing (%s)",
  async (version) => {
    const b = await start("culex");
    const a = await start(
      "culex",
      `connection table\naddress 127.0.0.1:${b.port}\nbridge_protocol_version ${version}\nrestart_timeout 1\ntopic out/# out 2 "" prefix/\ntopic in/# in 2 prefix/ ""\n${PROBE}`,
    );
    await linked(a, b);
    const [atA, atB] = [await listen(a, "#"), await listen(b, "#")];
    const long = "x".repeat(65_530);
    for (const qos of [0, 1, 2] as const) {
      await atA.publish(`out/${long}`, "long", qos);
      await atA.publish(`out/${qos}`, "short", qos);
      await atB.publish(`in/${long}`, "long", qos, true);
      await atB.publish(`in/${qos}`, "short", qos);
    }
    await eventually(() => {
      expect(atB.messages.filter((line) => line.startsWith("prefix/"))).toEqual([
        "prefix/out/0 short q0",
        "prefix/out/1 short q1",
        "prefix/out/2 short q2",
      ]);
      expect(atA.messages.filter((line) => line.startsWith("prefix/"))).toEqual([
        "prefix/in/0 short q0",
        "prefix/in/1 short q1",
        "prefix/in/2 short q2",
      ]);
    });
    await eventually(() => expect(a.log()).toContain("Bridge table: with its prefix the topic"));
    expect(a.log()).toMatch(
      /xxx…" is longer than 65535 bytes\. Such messages are dropped\. Shorten the prefix, or the topic\./,
    );
    expect(a.log().match(/is connected to/g)).toHaveLength(1);
  },
);
