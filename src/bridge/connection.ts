import type { Socket } from "node:net";
import { generate, parser, type Packet } from "mqtt-packet";
import type { BridgeAddress } from "../settings/types.ts";
import type { BridgePlan } from "../snapshot/types.ts";
import { dial } from "./dial.ts";
import { broken, cannotConnect, NO_ANSWER, NO_ROOM, silent, tooLarge, unreadable, wordsFor } from "./faults.ts";
import { connectPacket, refusalOf, type Greeting } from "./hello.ts";
import type { LoopGuard } from "./loop-guard.ts";
import type { Mapping } from "./mapping.ts";
import { openRelay, type Relay } from "./relay.ts";
import type { BridgeDeps, Fault, Passed } from "./types.ts";

/** One connection to a remote broker, from the first attempt to its end. */
export interface BridgeConnection {
  /** Says goodbye; `ended` is not called. Resolves when the socket is closed. */
  close(): Promise<void>;
}

export interface ConnectionDeps extends BridgeDeps {
  readonly plan: BridgePlan;
  readonly address: BridgeAddress;
  readonly greeting: Greeting;
  readonly mapping: Mapping;
  readonly guard: LoopGuard;
  readonly passed: Passed;
  readonly connected: () => void;
  /** Hears what that broker refuses while the connection goes on. */
  readonly warned: (sentence: string) => void;
  /** Called once, unless it was closed from here. */
  readonly ended: (fault: Fault) => void;
}

/** From the first attempt to the CONNACK. */
const CONNECT_TIMEOUT_MS = 20_000;
/** How long the remote broker may take to read our last words. */
const LINGER_MS = 1_000;
/** A fixed header, and bytes of the packet behind it that have arrived already. */
const SLACK_BYTES = 64 * 1024;

/** Starts to connect. */
export function startConnection(deps: ConnectionDeps): BridgeConnection {
  const { plan, address, greeting, mapping, log, maxPacketSize } = deps;
  const { settings } = plan;
  const { version } = greeting;
  const options = { protocolVersion: version };
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<void>();
  let socket: Socket | null = null;
  let relay: Relay | null = null;
  let isOver = false;
  let hasGreeted = false;
  let isCorked = false;
  let isPinging = false;
  let keepalive: NodeJS.Timeout | null = null;

  const timeout = setTimeout(() => {
    fail(silent(CONNECT_TIMEOUT_MS / 1000));
  }, CONNECT_TIMEOUT_MS);
  const reader = parser(options);
  reader.on("packet", take);
  reader.on("error", (error) => fail(unreadable(error)));

  dial(plan, address).then(begin, (error: unknown) => fail(cannotConnect(error)));

  return {
    close() {
      if (isOver || socket === null) {
        finish();
        socket?.destroy();
        if (socket === null) resolveClosed();
        return closed;
      }
      if (relay !== null) {
        const { notifications, notificationTopic: topic } = settings;
        const told = { topic, payload: Buffer.from("0"), qos: 0, retain: true, dup: false } as const;
        if (notifications === "both") write(generate({ cmd: "publish", ...told }, options));
        write(generate({ cmd: "disconnect" }, options));
      }
      finish();
      socket.end();
      const open = socket;
      setTimeout(() => open.destroy(), LINGER_MS).unref();
      return closed;
    },
  };

  function begin(opened: Socket): void {
    socket = opened;
    opened.once("close", () => {
      resolveClosed();
      fail(relay !== null ? broken("closed by that broker") : hasGreeted ? NO_ANSWER : cannotConnect(null));
    });
    opened.on("error", (error) => fail(relay === null ? cannotConnect(error) : broken(wordsFor(error))));
    if (isOver) {
      opened.destroy();
      return;
    }
    opened.on("drain", () => relay?.drained());
    opened.on("data", (chunk) => hear(chunk));
    opened.once(plan.tls === null ? "connect" : "secureConnect", () => {
      hasGreeted = true;
      const announced = { receiveMaximum: deps.receiveMaximum(), maxPacketSize: maxPacketSize() };
      write(connectPacket(settings, greeting, announced));
    });
  }

  function hear(chunk: Buffer): void {
    if (isOver) return;
    try {
      const unread = reader.parse(chunk);
      if (unread > maxPacketSize() + SLACK_BYTES) fail(tooLarge(maxPacketSize()));
      relay?.settle();
    } catch (error) {
      fail(unreadable(error));
    }
  }

  function take(packet: Packet): void {
    if (isOver) return;
    if (relay !== null) {
      if (packet.cmd === "pingresp") isPinging = false;
      else relay.receive(packet);
      return;
    }
    if (packet.cmd !== "connack") return fail(unreadable(new Error(`${packet.cmd} before CONNACK`)));
    const refusal = refusalOf(packet);
    if (refusal !== null) return fail(refusal);
    clearTimeout(timeout);
    const bytesUnsent = (): number => socket?.writableLength ?? 0;
    const openEnd = deps.openEnd;
    relay = openRelay({
      plan,
      mapping,
      guard: deps.guard,
      passed: deps.passed,
      version,
      connack: packet,
      log,
      openEnd,
      write,
      bytesUnsent,
      failed: fail,
      warned: deps.warned,
    });
    if (relay === null) return fail(NO_ROOM);
    if (isOver) return relay.close();
    startKeepalive(packet.properties?.serverKeepAlive ?? settings.keepaliveS);
    deps.connected();
  }

  function startKeepalive(seconds: number): void {
    if (seconds === 0) return;
    keepalive = setInterval(() => {
      if (isPinging) return fail(broken(`no answer for ${seconds} s`));
      isPinging = true;
      write(generate({ cmd: "pingreq" }, options));
    }, seconds * 1000);
  }

  /** What is written in one turn of the event loop leaves in one piece. */
  function write(bytes: Buffer): void {
    if (isOver || socket === null) return;
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      queueMicrotask(() => {
        isCorked = false;
        socket?.uncork();
      });
    }
    socket.write(bytes);
  }

  function fail(fault: Fault): void {
    if (isOver) return;
    finish();
    if (socket === null) resolveClosed();
    else socket.destroy();
    deps.ended(fault);
  }

  function finish(): void {
    isOver = true;
    clearTimeout(timeout);
    if (keepalive !== null) clearInterval(keepalive);
    relay?.close();
  }
}
