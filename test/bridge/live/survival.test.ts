import { expect, test } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { eventually, layCable, linked, listen, PROBE, start, type Broker, type Cable, type Ear } from "./house.ts";

const SIDES = [
  ["culex", "mqttv311"],
  ["culex", "mqttv50"],
  ["mosquitto", "mqttv311"],
] as const;

/** Messages of one speaker at one quality of service in the traffic. */
const COUNT = 80;

interface Pair {
  /** The side with the bridge, and the remote one. */
  readonly a: Broker;
  readonly b: Broker;
  readonly cable: Cable;
}

async function pair(kind: Broker["kind"], version: string): Promise<Pair> {
  const b = await start(kind === "culex" ? "mosquitto" : "culex");
  const cable = await layCable(() => b.port);
  const a = await start(
    kind,
    `connection far\naddress 127.0.0.1:${cable.port}\nbridge_protocol_version ${version}\nrestart_timeout 1\ntopic t/# both 2\n${PROBE}`,
  );
  await linked(a, b);
  return { a, b, cable };
}

/** One who listens whatever happens to the broker. */
function faithful(broker: Broker): Promise<Ear> {
  const clientId = `ear-${broker.kind}`;
  const properties = { sessionExpiryInterval: 3600 };
  return listen(broker, "t/#", { clientId, clean: false, reconnectPeriod: 50, properties });
}

function numbered(from: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${from}-${index}`);
}

async function say(ear: Ear, words: readonly string[], qos: 1 | 2): Promise<void> {
  for (const word of words) await ear.publish(`t/${qos}`, word, qos);
}

function heard(ear: Ear, from: string): string[] {
  return ear.messages.map((line) => line.split(" ")[1] ?? "").filter((word) => word.startsWith(`${from}-`));
}

describeWith(["mosquitto"], "a bridge loses nothing and doubles nothing", () => {
  test.each(SIDES)("while the line is cut, with %s as the side that dials and %s", async (kind, version) => {
    const { a, b, cable } = await pair(kind, version);
    const [atA, atB] = [await faithful(a), await faithful(b)];
    cable.cut();
    const [fromA, fromB] = [numbered("a", 30), numbered("b", 30)];
    await Promise.all([say(atA, fromA, 1), say(atB, fromB, 1)]);
    cable.mend();
    await eventually(() => {
      expect(heard(atB, "a")).toEqual(fromA);
      expect(heard(atA, "b")).toEqual(fromB);
    });
    expect(heard(atA, "a")).toEqual(fromA);
    expect(heard(atB, "b")).toEqual(fromB);
  });

  test.each(SIDES)("while either side is restarted, with %s as the side that dials and %s", async (kind, version) => {
    const { a, b } = await pair(kind, version);
    const [atA, atB] = [await faithful(a), await faithful(b)];
    await b.stop();
    await say(atA, numbered("a", 20), 1);
    await b.start();
    await eventually(() => expect(heard(atB, "a")).toEqual(numbered("a", 20)));
    await a.stop();
    await say(atB, numbered("b", 20), 1);
    await a.start();
    await eventually(() => expect(heard(atA, "b")).toEqual(numbered("b", 20)));
    // both: what waits is on the disk of the side that sends
    await b.stop();
    await say(atA, numbered("c", 20), 2);
    await a.stop();
    await b.start();
    await a.start();
    await eventually(() => expect(heard(atB, "c")).toEqual(numbered("c", 20)));
    expect([heard(atA, "a"), heard(atB, "b")]).toEqual([numbered("a", 20), numbered("b", 20)]);
  });

  test.each(SIDES)("while the line is cut in the middle of traffic, with %s and %s", async (kind, version) => {
    const { a, b, cable } = await pair(kind, version);
    const [atA, atB] = [await faithful(a), await faithful(b)];
    const words = numbered("x", COUNT);
    const ways = [
      [atA, atB],
      [atB, atA],
    ] as const;
    const talk = Promise.all(ways.flatMap(([from]) => [say(from, words, 1), say(from, words, 2)]));
    for (const share of [0.1, 0.3, 0.5]) {
      await eventually(() => expect(heard(atB, "x").length).toBeGreaterThan(4 * COUNT * share));
      cable.cut();
      cable.mend();
    }
    await talk;
    const passed = (ear: Ear, qos: 1 | 2): string[] =>
      ear.messages.filter((line) => line.startsWith(`t/${qos} `)).map((line) => line.split(" ")[1] ?? "");
    await eventually(() => {
      for (const [, to] of ways) {
        // its own and those of the other side, each once
        expect(passed(to, 2).toSorted()).toEqual([...words, ...words].toSorted());
        // at quality of service 1 what was on its way may come twice, and nothing is lost
        expect(new Set(passed(to, 1))).toEqual(new Set(words));
        expect(passed(to, 1).length).toBeGreaterThanOrEqual(2 * COUNT);
      }
    });
  });
});
