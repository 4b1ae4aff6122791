import { expect, test } from "vitest";
import { createTopicIndex } from "../../../src/monitor/topics/topic-index.ts";
import { topicLevel } from "../../../src/monitor/topics/topic-tree.ts";

const NOTHING_RETAINED = { walk: () => [], content: () => null, facts: () => null };

test.each([3, 499, 500, 501, 2500])("the first of %d names are listed as people count", async (count) => {
  const index = createTopicIndex(() => ({ maxTopics: 10_000, maxBytes: Infinity }), Date.now);
  const client = { clientId: "c", username: null, address: "192.0.2.1", listener: "1883" };
  // 7 has no divisor in common with any of these numbers
  for (let at = 0; at < count; at++) {
    index.seen(`home/${(at * 7) % count}`, client, Buffer.from("1"), 0, 1, 0, false, 1);
  }
  const { children, more } = await topicLevel({ index, retained: NOTHING_RETAINED }, "home");
  const shown = Math.min(count, 500);
  expect(children.map(({ name }) => name)).toEqual(Array.from({ length: shown }, (_, at) => `${at}`));
  expect(more).toBe(count - shown);
});
