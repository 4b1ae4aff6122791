import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { generate, parser } from "mqtt-packet";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { startBridge, type Bridge } from "../../src/bridge/bridge.ts";
import { createLoopGuard } from "../../src/bridge/loop-guard.ts";
import type { LocalEnd } from "../../src/bridge/types.ts";
import { createLogger } from "../../src/core/logger.ts";
import type { BridgeAddress, BridgeSettings } from "../../src/settings/types.ts";
import { freePort } from "../helpers/free-port.ts";

// the looks at the first address come when the test says so; sockets and other clocks are real
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  return () => void vi.useRealTimers();
});

describe("while the second address is in use", () => {
  test("the first is looked for from bridge_bind_address too", async () => {
    const port = await freePort();
    const second = await openRemote();
    const bridge = bridgeTo([{ host: "127.0.0.1", port }, second.address], { bindAddress: "127.0.0.2" });
    await isConnected(bridge, second);
    const first = await openRemote(port);
    vi.advanceTimersByTime(5_000);
    await isConnected(bridge, first);
    expect(new Set([...first.callers, ...second.callers])).toEqual(new Set(["127.0.0.2"]));
    expect(first.callers.length).toBeGreaterThan(1);
  });

  test("a bridge that is stopped while it looks for the first knocks there no more", async () => {
    const port = await freePort();
    const second = await openRemote();
    const bridge = bridgeTo([{ host: "127.0.0.1", port }, second.address]);
    await isConnected(bridge, second);
    const first = await openRemote(port);
    vi.advanceTimersByTime(5_000);
    await bridge.stop(false);
    const last = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.3" });
    onTestFinished(() => void last.destroy());
    await vi.waitFor(() => expect(first.callers).toContain("127.0.0.3"));
    expect(first.callers).toEqual(["127.0.0.3"]);
  });

  test("the first is not looked for with round_robin", async () => {
    const port = await freePort();
    const second = await openRemote();
    const bridge = bridgeTo([{ host: "127.0.0.1", port }, second.address], { roundRobin: true });
    await isConnected(bridge, second);
    const first = await openRemote(port);
    vi.advanceTimersByTime(10_000);
    const last = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.3" });
    onTestFinished(() => void last.destroy());
    await vi.waitFor(() => expect(first.callers).toContain("127.0.0.3"));
    expect(first.callers).toEqual(["127.0.0.3"]);
    // only when the second has gone is it the first one's turn
    second.hangUp();
    second.close();
    await isConnected(bridge, first);
  });

  test("stop() waits for the connection that is given up for the first", async () => {
    const port = await freePort();
    const second = await openRemote(0, true);
    const bridge = bridgeTo([{ host: "127.0.0.1", port }, second.address]);
    await isConnected(bridge, second);
    const first = await openRemote(port);
    vi.advanceTimersByTime(5_000);
    await vi.waitFor(() => expect(second.farewells()).toBe(1));
    let isStopped = false;
    const stopped = bridge.stop(false).then(() => (isStopped = true));
    await new Promise(setImmediate);
    expect(isStopped).toBe(false);
    second.hangUp();
    await stopped;
    expect(first.callers).toHaveLength(1);
    expect(bridge.state().status).toBe("stopped");
  });
});

/** A broker that greets, and says no more; a slow one leaves its side open when the bridge has closed its own. */
interface Remote {
  readonly address: BridgeAddress;
  /** Where connections came from. */
  readonly callers: readonly string[];
  readonly farewells: () => number;
  readonly hangUp: () => void;
  /** Nothing listens there any more. */
  readonly close: () => void;
}

async function openRemote(port = 0, isSlow = false): Promise<Remote> {
  const sockets = new Set<Socket>();
  const callers: string[] = [];
  let farewells = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    callers.push(socket.remoteAddress ?? "");
    socket.on("error", () => socket.destroy());
    const reader = parser();
    reader.on("packet", ({ cmd }) => {
      if (cmd === "connect") socket.write(generate({ cmd: "connack", returnCode: 0, sessionPresent: false }));
      if (cmd === "disconnect") farewells++;
    });
    if (!isSlow) socket.on("end", () => socket.end());
    socket.on("data", (chunk) => reader.parse(chunk));
  });
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    hangUp();
    server.close();
  });
  const bound = server.address();
  const address = { host: "127.0.0.1", port: typeof bound === "object" && bound !== null ? bound.port : 0 };
  return { address, callers, farewells: () => farewells, hangUp, close: () => void server.close() };
}

function bridgeTo(addresses: readonly BridgeAddress[], rest: Partial<BridgeSettings> = {}): Bridge {
  const settings = { ...SETTINGS, ...rest, addresses };
  const deps = {
    log: createLogger(() => ({ types: new Set(), sinks: [] })),
    now: Date.now,
    openEnd: () => END,
    waiting: () => 0,
    publish: () => undefined,
    maxPacketSize: () => 1_000,
    receiveMaximum: () => 20,
  };
  const bridge = startBridge(deps, createLoopGuard(Date.now), { settings, tls: null });
  onTestFinished(() => bridge.stop(false));
  return bridge;
}

/** Waits until it is connected to a remote broker, which must be the one. */
async function isConnected(bridge: Bridge, { address }: Remote): Promise<void> {
  await vi.waitFor(
    () => expect(bridge.state()).toMatchObject({ status: "connected", address: `127.0.0.1:${address.port}` }),
    { timeout: 5_000, interval: 10 },
  );
}

/** The session at home: there is nothing in it. */
const END: LocalEnd = {
  filters: () => [],
  begin: () => undefined,
  receive: () => undefined,
  settle: () => undefined,
  drained: () => undefined,
  isFree: () => true,
  close: () => undefined,
};

const SETTINGS: BridgeSettings = {
  name: "far",
  addresses: [],
  topics: [],
  username: null,
  password: null,
  remoteClientId: "house",
  localClientId: "local.house",
  cleanSession: false,
  localCleanSession: false,
  startType: "automatic",
  threshold: 10,
  restart: { baseS: 0.05, capS: 0.05, stableS: 0 },
  keepaliveS: 60,
  notifications: "off",
  notificationTopic: "",
  tryPrivate: false,
  roundRobin: false,
  attemptUnsubscribe: false,
  version: 4,
  maxPacketSize: null,
  outgoingRetain: true,
  receiveMaximum: null,
  sessionExpiryS: null,
  bindAddress: null,
  reload: "immediate",
  tls: null,
  origin: { file: "mosquitto.conf", line: 1 },
};
