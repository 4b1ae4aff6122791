import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../../src/broker/sessions/delivery.ts";
import {
  allInflight,
  createInflight,
  inflightOf,
  putBack,
  release,
  takePacketId,
} from "../../../src/broker/sessions/inflight.ts";

const message = {
  topic: "t",
  topicBytes: "t",
  body: "",
  propertiesLength: 0,
  qos: 1,
  retain: false,
  expiresAtMs: 0,
  publisher: null,
  source: null,
  sequence: 1,
} as const;
const delivery = (order: number, packetId = 0): Delivery => ({
  message,
  qos: 1,
  retain: false,
  subscriptionIds: "",
  group: null,
  order,
  state: "queued",
  packetId,
  isCounted: false,
});

describe("packet ids in flight", () => {
  it("are unique, from 1 to 65535, and keep the order of sending, whatever is released when", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 200 }),
        fc.nat({ max: 65_535 }),
        (steps, start) => {
          const inflight = createInflight();
          inflight.lastPacketId = start;
          const held: Delivery[] = [];
          for (const [isTaken, pick] of steps) {
            if (isTaken || held.length === 0) {
              const taken = delivery(held.length);
              takePacketId(inflight, taken);
              held.push(taken);
            } else {
              const [gone] = held.splice(pick % held.length, 1);
              release(inflight, gone ?? delivery(0));
            }
            const ids = held.map(({ packetId }) => packetId);
            expect(new Set(ids).size).toBe(ids.length);
            expect(ids.every((id) => id >= 1 && id <= 65_535)).toBe(true);
            expect(ids.map((id) => inflightOf(inflight, id))).toEqual(held);
            expect(allInflight(inflight)).toEqual(held);
            expect(inflight.count).toBe(held.length);
          }
        },
      ),
    );
  });

  it("can all be in use", () => {
    const inflight = createInflight();
    for (let index = 0; index < 65_535; index++) takePacketId(inflight, delivery(index));
    expect(inflight.count).toBe(65_535);
    expect(
      allInflight(inflight)
        .map(({ packetId }) => packetId)
        .at(-1),
    ).toBe(65_535);
  });

  it("are put back as an earlier run left them, each once", () => {
    const inflight = createInflight();
    const back = [delivery(1, 5), delivery(2, 5 + 32), delivery(3, 5 + 1024)];
    for (const one of back) putBack(inflight, one);
    putBack(inflight, delivery(4, 5));
    expect(allInflight(inflight)).toEqual(back);
    const next = delivery(5);
    takePacketId(inflight, next);
    expect(next.packetId).toBe(5 + 1024 + 1);
  });

  it("of somebody else are not released", () => {
    const inflight = createInflight();
    const own = delivery(1);
    takePacketId(inflight, own);
    release(inflight, delivery(2, own.packetId));
    expect(inflightOf(inflight, own.packetId)).toBe(own);
    expect(inflightOf(inflight, 999)).toBeNull();
    expect(inflightOf(null, 1)).toBeNull();
  });
});
