import { Aedes } from "aedes";
import { expect, onTestFinished, test } from "vitest";
import { createLogger } from "../../src/core/logger.ts";
import { openFrontDoor } from "../../src/broker/front-door.ts";
import { hardenBroker } from "../../src/broker/seam.ts";

test("the aedes we know is accepted", async () => {
  const log = createLogger(() => ({ types: new Set(), sinks: [] }));
  const door = await openFrontDoor({ log, decide: () => undefined });
  await expect(door.close()).resolves.toBeUndefined();
});

test("its tables inherit nothing, so that a client may be called __proto__", () => {
  const aedes = new Aedes();
  onTestFinished(() => aedes.close());
  hardenBroker(aedes);
  for (const table of ["clients", "brokers"]) expect(Reflect.getPrototypeOf(Reflect.get(aedes, table))).toBeNull();
});

test.each(["clients", "brokers", "mq"])("an aedes without %s is refused at the start, by name", (member) => {
  const aedes = new Aedes();
  onTestFinished(() => aedes.close());
  const known: unknown = Reflect.get(aedes, member);
  onTestFinished(() => void Reflect.set(aedes, member, known));
  Reflect.set(aedes, member, undefined);
  expect(() => hardenBroker(aedes)).toThrow(
    `this aedes is not 2.0.0-beta.1: it has no "${member}" of the kind we rely on`,
  );
});
