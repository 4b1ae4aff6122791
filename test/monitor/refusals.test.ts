import { expect, test } from "vitest";
import { createRefusals } from "../../src/monitor/refusals.ts";

test("refused connections are counted by their reason, and nothing else is", () => {
  const client = { clientId: "a", username: null, address: "192.0.2.1", listener: "1883" };
  const refusals = createRefusals();
  expect(refusals.total()).toBe(0);
  for (const kind of ["banned", "wrong_password", "banned"] as const) {
    refusals.record({ kind: "refused", client, reason: { kind, sentence: "no" } });
  }
  refusals.record({ kind: "disconnected", client, reason: { kind: "keepalive", sentence: "silent" } });
  expect([...refusals.byKind]).toEqual([
    ["banned", 2],
    ["wrong_password", 1],
  ]);
  expect(refusals.total()).toBe(3);
});
