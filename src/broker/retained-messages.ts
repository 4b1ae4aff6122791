import type { RetainedFacts, RetainedMessages } from "../core/retained.ts";
import type { Engine } from "./engine.ts";
import { createRetainedCursor, stepCursor } from "./routing/retained-cursor.ts";
import { isExpired, payloadOf, propertiesOf, type StoredMessage } from "./routing/stored-message.ts";

type Deps = Pick<Engine, "retained" | "publish">;

/** Shows the retained messages to their owner, who may change them past every rule. */
export function retainedMessages({ retained, publish }: Deps, now: () => number): RetainedMessages {
  const find = (topic: string): StoredMessage | null => {
    const message = retained.get(topic);
    return message === null || isExpired(message, now()) ? null : message;
  };

  return {
    get count() {
      return retained.count;
    },
    get bytes() {
      return retained.bytes;
    },
    facts(topic) {
      const message = find(topic);
      return message === null ? null : factsOf(message);
    },
    content(topic) {
      const message = find(topic);
      if (message === null) return null;
      const [payload, properties] = [payloadOf(message), propertiesOf(message)];
      return { payload: Buffer.from(payload, "latin1"), properties: Buffer.from(properties, "latin1") };
    },
    *walk(filter) {
      const cursor = createRetainedCursor(retained.root, filter);
      while (stepCursor(cursor)) {
        const { found } = cursor;
        yield found === null || isExpired(found, now()) ? null : factsOf(found);
      }
    },
    remove(topic, revision) {
      if (find(topic)?.sequence !== revision) return false;
      publish({ topic, payload: "", properties: "", qos: 0, retain: true, expiryS: -1 });
      return true;
    },
    put({ topic, qos, expiresAtMs, payload, properties }) {
      const expiryS = expiresAtMs === null ? -1 : Math.max(0, Math.ceil((expiresAtMs - now()) / 1000));
      return publish({
        topic,
        payload: payload.toString("latin1"),
        properties: properties.toString("latin1"),
        qos,
        retain: true,
        expiryS,
      });
    },
  };
}

function factsOf({
  topic,
  qos,
  body,
  propertiesLength,
  publisher,
  expiresAtMs,
  sequence,
}: StoredMessage): RetainedFacts {
  return {
    topic,
    qos,
    bytes: body.length - propertiesLength,
    publisher,
    expiresAtMs: expiresAtMs === 0 ? null : expiresAtMs,
    revision: sequence,
  };
}
