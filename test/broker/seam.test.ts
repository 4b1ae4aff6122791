import { Aedes } from "aedes";
import { expect, onTestFinished, test } from "vitest";
import { createEngine } from "../../src/broker/seam.ts";
import { hardenStore } from "../../src/broker/store.ts";

const rules = { maySubscribe: () => true, mayReceive: () => true, dropped: () => undefined };

test("the engine we know is accepted", async () => {
  const engine = await createEngine({}, () => 1_000, rules);
  onTestFinished(() => engine.close());
  expect(Reflect.get(engine.aedes, "maximumPacketSize")).toBe(1_000);
});

test("an engine without a method that we rely on is refused at the start, by name", async () => {
  const known: unknown = Reflect.get(Aedes.prototype, "scheduleSessionExpiry");
  onTestFinished(() => void Reflect.set(Aedes.prototype, "scheduleSessionExpiry", known));
  Reflect.set(Aedes.prototype, "scheduleSessionExpiry", undefined);
  await expect(createEngine({}, () => 1_000, rules)).rejects.toThrow(
    'this aedes is not 2.0.0-beta.1: it has no "scheduleSessionExpiry" of the kind we rely on',
  );
});

test("a store without a method that we rely on is refused", () => {
  expect(() => hardenStore({ outgoingStream: () => [] }, rules)).toThrow(
    "this aedes is not 2.0.0-beta.1: its persistence lacks a method we rely on",
  );
});
