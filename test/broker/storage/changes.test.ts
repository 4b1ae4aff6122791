import { expect, test } from "vitest";
import type { StoredMessage } from "../../../src/broker/routing/stored-message.ts";
import { createChanges, takeWholeBatch } from "../../../src/broker/storage/changes.ts";

function retained(topic: string): StoredMessage {
  const rest = {
    propertiesLength: 0,
    qos: 0,
    retain: true,
    expiresAtMs: 0,
    publisher: null,
    source: null,
    sequence: 1,
  } as const;
  return { topic, topicBytes: topic, body: "x", ...rest };
}

test("what the broker says of itself is not among what is written as a whole", () => {
  const messages = ["$SYS/broker/version", "home/lamp", "$SYS-like"].map(retained);
  const { retained: rows } = takeWholeBatch(createChanges(), [], messages, 0);
  expect(rows.map(([topic]) => topic)).toEqual(["home/lamp", "$SYS-like"]);
});
