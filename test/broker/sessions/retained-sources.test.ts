import { expect, test } from "vitest";
import { createHouse } from "../engine-house.ts";
import { publish, subscribe } from "../packets-of.ts";

const EVERYBODY = (): boolean => true;

/** A house with retained messages of a client that is still there, of one that has gone, and of the broker. */
function houseWithRetained() {
  const house = createHouse();
  house.connect("here").send(publish("of/here", "x", { retain: true }));
  const gone = house.connect("gone");
  gone.send(publish("of/gone", "x", { retain: true }));
  gone.drop();
  const own = { payload: "x", properties: "", qos: 0, retain: true, expiryS: -1 } as const;
  house.engine.publish({ topic: "of/broker", ...own });
  let readers = 0;
  /** What a new subscriber is sent, by topic. */
  const found = async (): Promise<readonly string[]> => {
    const reader = house.connect(`reader ${readers++}`);
    // the last of all, so that all others were looked at before
    const { engine } = house;
    engine.publish({ topic: "of/~", ...own });
    reader.send(subscribe("of/+", 0));
    const topics = (): string[] => reader.packets.flatMap((packet) => (packet.cmd === "publish" ? [packet.topic] : []));
    await expect.poll(topics).toContain("of/~");
    return topics()
      .filter((topic) => topic !== "of/~")
      .toSorted();
  };
  const refuse = (...topics: readonly string[]): void => {
    house.rules.clear();
    for (const topic of topics) house.rules.add(`publish ${topic}`);
    house.engine.rightsChanged(EVERYBODY);
  };
  return { ...house, found, refuse };
}

const ALL = ["of/broker", "of/gone", "of/here"];

test("a retained message is sent whatever its publisher may do now, unless that is to be checked", async () => {
  const { found, refuse, retainSources } = houseWithRetained();
  refuse(...ALL);
  expect(await found()).toEqual(ALL);
  retainSources.areChecked = true;
  expect(await found()).toEqual(["of/broker"]);
  retainSources.areChecked = false;
  expect(await found()).toEqual(ALL);
});

test("what its publisher may publish again is sent again, be the publisher there or not", async () => {
  const { found, refuse, retainSources, engine } = houseWithRetained();
  retainSources.areChecked = true;
  expect(await found()).toEqual(ALL);
  refuse("of/gone");
  expect(await found()).toEqual(["of/broker", "of/here"]);
  refuse("of/here");
  const denied = engine.counters.receiveDenied;
  expect(await found()).toEqual(["of/broker", "of/gone"]);
  expect(engine.counters.receiveDenied).toBe(denied + 1);
  refuse();
  expect(await found()).toEqual(ALL);
});
