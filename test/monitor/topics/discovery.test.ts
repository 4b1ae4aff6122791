import { expect, test } from "vitest";
import type { RetainedFacts } from "../../../src/core/retained.ts";
import { discoveredDevices } from "../../../src/monitor/topics/discovery.ts";
import { createTopicIndex } from "../../../src/monitor/topics/topic-index.ts";

/** What is found out about announcements among these retained messages. */
function discovered(messages: ReadonlyMap<string, string>) {
  const facts = (topic: string): RetainedFacts | null => {
    const bytes = messages.get(topic)?.length;
    return bytes === undefined ? null : { topic, qos: 0, bytes, publisher: "c", expiresAtMs: null, revision: 1 };
  };
  return discoveredDevices({
    retained: {
      count: messages.size,
      bytes: 0,
      facts,
      content: (topic) => ({ payload: Buffer.from(messages.get(topic) ?? ""), properties: Buffer.alloc(0) }),
      *walk(filter) {
        const levels = filter.split("/").length;
        for (const topic of messages.keys()) {
          if (topic.startsWith("homeassistant/") && topic.split("/").length === levels) yield facts(topic);
        }
      },
      remove: () => false,
      put: () => false,
    },
    index: createTopicIndex(() => ({ maxTopics: 10, maxBytes: Infinity }), Date.now),
    isIndexed: () => true,
    indexedSinceMs: 0,
    isConnected: () => false,
    now: Date.now,
  });
}

test.each([
  ["offline", true, "topic a says that it is not there"],
  ["online", false, "topic a says that it is there"],
  ["x".repeat(2000), false, "topic a says that it is there"],
])("a device that says %j", async (state, holds, sentence) => {
  const [device] = await discovered(
    new Map([
      ["homeassistant/x/y/config", '{"avty_t":"a"}'],
      ["a", state],
    ]),
  );
  expect(device?.reasons[0]).toEqual({ sentence, holds });
});

test("as many parts of a device as anybody announces keep nobody waiting", async () => {
  const topics = Object.fromEntries(Array.from({ length: 4000 }, (_, at) => [`${at}_topic`, `t${at}`]));
  const avty = Array.from({ length: 2000 }, (_, at) => ({ t: `a${at % 10}` }));
  const config = JSON.stringify({ dev: { ids: ["one"] }, ...topics, avty });
  const messages = new Map(Array.from({ length: 20 }, (_, at) => [`homeassistant/x/${at}/config`, config]));
  for (let at = 0; at < 10; at++) messages.set(`a${at}`, "x".repeat(100_000));
  let turns = 0;
  const clock = setInterval(() => turns++, 1);
  const devices = await discovered(messages);
  clearInterval(clock);
  expect(devices.map(({ id, topics: { length } }) => [id, length])).toEqual([["one", 20]]);
  // others had their turn, and more than once
  expect(turns).toBeGreaterThan(3);
});
