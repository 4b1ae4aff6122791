import { expect, test } from "vitest";
import type { ClientInfo } from "../../../src/core/events.ts";
import { publishedBy } from "../../../src/monitor/topics/published-by.ts";
import { createTopicIndex } from "../../../src/monitor/topics/topic-index.ts";

const named = (clientId: string): ClientInfo => ({ clientId, username: null, address: "192.0.2.7", listener: "1883" });

test("a client has its own topics, the newest first, and 200 of them at most", async () => {
  let nowMs = 0;
  const index = createTopicIndex(
    () => ({ maxTopics: 1000, maxBytes: Infinity }),
    () => nowMs,
  );
  const [meter, other] = [named("meter"), named("other")];
  const publish = (client: ClientInfo, topic: string): void => {
    nowMs += 1000;
    index.seen(topic, client, Buffer.from("1"), 0, 1, 0, false, 1);
  };
  for (const topic of ["a", "b", "a"]) publish(meter, topic);
  publish(other, "a");
  expect(await publishedBy(index, "meter")).toEqual({
    items: [
      { topic: "a", at: "1970-01-01T00:00:03.000Z", count: 2 },
      { topic: "b", at: "1970-01-01T00:00:02.000Z", count: 1 },
    ],
    total: 2,
    next: null,
  });

  for (let number = 0; number < 300; number++) publish(meter, `t/${number}`);
  const { items, total } = await publishedBy(index, "meter");
  expect([items.length, total, items[0]?.topic]).toEqual([200, 302, "t/299"]);
});
