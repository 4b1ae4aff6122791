import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { createGate, MAX_WAITING } from "../../../src/broker/listeners/gate.ts";

async function setUp(perSecond: () => number): Promise<{
  readonly arrive: () => Promise<Socket>;
  readonly entered: number[];
  readonly refused: Socket[];
  readonly count: () => number;
}> {
  const entered: number[] = [];
  const refused: Socket[] = [];
  let count = 0;
  const gate = createGate({ perSecond, refused: (socket) => void refused.push(socket) });
  const server = createServer((socket) => {
    count++;
    gate.pass(socket, () => entered.push(performance.now()));
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    gate.close();
    server.close();
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    entered,
    refused,
    count: () => count,
    async arrive() {
      const before = count;
      const socket = connect({ port, host: "127.0.0.1" });
      onTestFinished(() => void socket.destroy());
      await once(socket, "connect");
      await vi.waitFor(() => expect(count).toBe(before + 1), { interval: 1 });
      return socket;
    },
  };
}

test("what comes faster waits for its turn, and all get in", async () => {
  const { arrive, entered } = await setUp(() => 10);
  for (let count = 0; count < 15; count++) await arrive();
  expect(entered.length).toBeLessThan(15);
  await vi.waitFor(() => expect(entered).toHaveLength(15), { timeout: 5_000, interval: 5 });
  expect((entered[14] ?? 0) - (entered[0] ?? 0)).toBeGreaterThan(350);
});

test("a rate that is raised counts for those that wait", async () => {
  let rate = 1;
  const { arrive, entered } = await setUp(() => rate);
  for (let count = 0; count < 5; count++) await arrive();
  expect(entered).toHaveLength(1);
  rate = Infinity;
  await vi.waitFor(() => expect(entered).toHaveLength(5), { timeout: 2_000, interval: 5 });
});

test("who is gone costs no turn, and too many that wait are turned away", async () => {
  const { arrive, entered, refused, count } = await setUp(() => 1);
  for (let arrived = 0; arrived < MAX_WAITING + 3; arrived++) await arrive();
  expect(count()).toBe(MAX_WAITING + 3);
  expect(refused.length + entered.length).toBeGreaterThanOrEqual(3);
  expect(refused.length).toBeGreaterThan(0);
});
