import { expect, test } from "vitest";
import { createBridgeEnds } from "../../src/broker/bridge-end.ts";
import { endOrphans } from "../../src/broker/orphans.ts";
import { deny } from "../../src/core/reasons.ts";
import { snapshotOf } from "../helpers/snapshot.ts";
import { createHouse } from "./engine-house.ts";

const END = {
  clientId: "local.far",
  name: "far",
  version: 4,
  isClean: false,
  isRemoteNew: false,
  receiveMaximum: 20,
  maximumPacketSize: Infinity,
} as const;
const output = { packet: () => undefined, bytesUnsent: 0, ended: () => undefined };

test("the session of a bridge that is away stays while it is configured, although nobody knows a user of it", () => {
  const { engine } = createHouse();
  const ends = createBridgeEnds(engine);
  ends.open(END, output)?.close();
  const mayReturn = () => deny("logins", { kind: "unknown_user", sentence: "nobody knows it" });
  endOrphans(engine, snapshotOf({ mayReturn }), () => undefined);
  expect([...engine.sessions.keys()]).toEqual(["local.far"]);
  expect(ends.keepOnly(new Set(["local.far"]))).toEqual([]);
  expect(ends.keepOnly(new Set())).toEqual(["local.far"]);
  expect([...engine.sessions.keys()]).toEqual([]);
});
