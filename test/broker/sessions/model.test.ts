import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHouse, type TestClient } from "../engine-house.ts";
import { ack, publish, publishes, subscribe } from "../packets-of.ts";

type Step =
  | { readonly kind: "publish"; readonly qos: 1 | 2; readonly topic: string }
  | { readonly kind: "acknowledge"; readonly share: number }
  | { readonly kind: "drop" }
  /** What is sent from now on is lost on the way, until the next connection. */
  | { readonly kind: "deaf" }
  | { readonly kind: "unsent"; readonly bytes: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("publish" as const),
        qos: fc.constantFrom(1 as const, 2 as const),
        topic: fc.constantFrom("a", "b"),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("acknowledge" as const), share: fc.integer({ min: 1, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("deaf" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("unsent" as const), bytes: fc.constantFrom(0, 1_000_000) }) },
  ),
  { maxLength: 80 },
);

describe("a persistent subscriber, whatever happens to its connection", () => {
  it.each([3, 4, 5] as const)(
    "of version %i gets every message: QoS 1 at least once, QoS 2 once, each topic in order",
    (version) => {
      fc.assert(
        fc.property(steps, fc.integer({ min: 1, max: 5 }), (all, maxInflight) => {
          const { connect } = createHouse({ maxInflight });
          const publisher = connect("pub");
          const properties = { sessionExpiryInterval: 1000 };
          const reconnect = (): TestClient =>
            connect("c", version === 5 ? { version, clean: false, properties } : { version, clean: false });
          let client = reconnect();
          client.send(subscribe("#", 2));
          client.take();
          const sent: string[] = [];
          const got: string[] = [];
          const open = new Set<number>();
          const todo: (() => void)[] = [];

          let isDeaf = false;

          const read = (): void => {
            const packets = client.take();
            for (const packet of isDeaf ? [] : packets) {
              if (packet.cmd === "pubrel") {
                const id = packet.messageId ?? 0;
                open.delete(id);
                todo.push(() => client.send(ack("pubcomp", id)));
              } else if (packet.cmd === "publish") receive(packet);
            }
          };
          const receive = (packet: ReturnType<typeof publishes>[number]): void => {
            const id = packet.messageId ?? 0;
            const text = `${packet.topic}${packet.qos}=${packet.payload.toString()}`;
            if (packet.qos === 2) {
              if (!open.has(id)) got.push(text);
              open.add(id);
              todo.push(() => client.send(ack("pubrec", id)));
            } else {
              if (!got.includes(text)) got.push(text);
              todo.push(() => client.send(ack("puback", id)));
            }
          };
          const acknowledge = (count: number): void => {
            for (const step of todo.splice(0, count)) {
              step();
              read();
            }
          };
          const run = (step: Step): void => {
            if (step.kind === "publish") {
              const text = String(sent.length);
              sent.push(`${step.topic}${step.qos}=${text}`);
              const messageId = (sent.length % 65_535) + 1;
              publisher.send(publish(step.topic, text, { qos: step.qos, messageId }));
              if (step.qos === 2) publisher.send(ack("pubrel", messageId));
            } else if (step.kind === "acknowledge") acknowledge(step.share);
            else if (step.kind === "unsent") client.setUnsent(step.bytes);
            else if (step.kind === "deaf") isDeaf = true;
            else lose();
            read();
          };
          const lose = (): void => {
            client.drop();
            todo.length = 0;
            client = reconnect();
            isDeaf = false;
            read();
          };
          for (const step of all) run(step);
          if (isDeaf) lose();
          client.setUnsent(0);
          read();
          while (todo.length > 0) acknowledge(1);

          expect(got.toSorted()).toEqual(sent.toSorted());
          for (const flow of ["a1", "a2", "b1", "b2"]) {
            const inFlow = (text: string): boolean => text.startsWith(flow);
            expect(got.filter(inFlow)).toEqual(sent.filter(inFlow));
          }
          client.drop();
          client = reconnect();
          expect(client.take()).toEqual([]);
        }),
        { numRuns: 300 },
      );
    },
  );
});
