import { expect, test } from "vitest";
import { authHouse } from "../helpers/auth-house.ts";
import { refusal } from "../helpers/mqtt.ts";
import { statusStage } from "../helpers/status-stage.ts";
import { webServer } from "../helpers/web-server.ts";

const CLIENT = { password: "x", protocolVersion: 5 } as const;
const DEVICES = 100;

test("a hundred devices that come back while the service is silent are told at once, and get in when it answers", async () => {
  let isSilent = true;
  let asked = 0;
  const service = await webServer((_request, response) => {
    asked++;
    if (!isSilent) response.writeHead(200).end();
  });
  const { url, running } = await authHouse(statusStage(service, "timeout: 1", "cache: { ttl: 0, stale_if_error: 0 }"));
  /** Milliseconds that each of them waited for its answer. */
  const comeBack = (expected: number): Promise<readonly number[]> =>
    Promise.all(
      Array.from({ length: DEVICES }, async (_, index) => {
        const startedMs = performance.now();
        expect(await refusal(url, { ...CLIENT, username: `u${index}`, clientId: `c${index}` })).toBe(expected);
        return performance.now() - startedMs;
      }),
    );

  await comeBack(0x88);
  const before = asked;
  expect(Math.max(...(await comeBack(0x88)))).toBeLessThan(2_000);
  // one may find out whether it answers again
  expect(asked - before).toBeLessThanOrEqual(1);
  expect(before).toBeLessThan(DEVICES / 2);

  isSilent = false;
  await expect.poll(() => refusal(url, { ...CLIENT, username: "u0" }), { timeout: 15_000, interval: 250 }).toBe(0);
  await running.line(/The login source http answers again\./);
  await comeBack(0);
});
