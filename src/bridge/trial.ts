import { isIP, type Socket } from "node:net";
import { generate, parser, type IConnackPacket, type ISubackPacket, type Packet } from "mqtt-packet";
import type { BridgeAddress, BridgeSettings } from "../settings/types.ts";
import type { BridgePlan } from "../snapshot/types.ts";
import { dial } from "./dial.ts";
import { broken, cannotConnect, NO_ANSWER, silent, tooLarge, unreadable, wordsFor } from "./faults.ts";
import { connectPacket, firstGreeting, plainerGreeting, refusalOf, type Greeting } from "./hello.ts";
import { createMapping, subscriptionTo, type Wanted } from "./mapping.ts";
import type { Fault } from "./types.ts";

/** What came of a try to reach another broker. */
export interface Trial {
  /** What was done, in this order; the last one is where it ended. */
  readonly steps: readonly TrialStep[];
  /** Why it ended there; null: that broker would take the bridge. */
  readonly fault: Fault | null;
}

export interface TrialStep {
  readonly step: "lookup" | "connect" | "tls" | "login" | "subscribe";
  readonly isDone: boolean;
  /** What was found, as "192.0.2.4", "TLSv1.3" or "MQTT 5"; null: nothing worth saying. */
  readonly detail: string | null;
}

/** For all steps together. */
const TIMEOUT_MS = 10_000;
/** More than any answer needs; retained messages that come meanwhile are cut off with it. */
const MAX_PACKET_BYTES = 16 * 1024 * 1024;

/**
 * Connects once to the first address of a bridge, logs in, asks for what it would bring in, and says goodbye. Nothing
 * is carried: messages that come are dropped, and the session at that broker is gone at the end.
 */
export async function tryBridge(plan: BridgePlan): Promise<Trial> {
  const settings: BridgeSettings = { ...plan.settings, cleanSession: true };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let greeting = firstGreeting(settings);
  for (;;) {
    const trial = await attempt({ ...plan, settings }, greeting, signal);
    const plainer = trial.fault?.kind === "version" ? plainerGreeting(greeting, settings) : null;
    if (plainer === null) return trial;
    greeting = plainer;
  }
}

function attempt(plan: BridgePlan, greeting: Greeting, signal: AbortSignal): Promise<Trial> {
  const { settings } = plan;
  const address: BridgeAddress = settings.addresses[0] ?? { host: "", port: 0 };
  const { version } = greeting;
  const options = { protocolVersion: version };
  const wanted = createMapping(settings.topics).remote;
  const { promise, resolve } = Promise.withResolvers<Trial>();
  const steps: TrialStep[] = [];
  const refused: string[] = [];
  let current: TrialStep["step"] = isIP(address.host) === 0 ? "lookup" : "connect";
  let answers = 0;
  let isOver = false;
  let socket: Socket | null = null;

  const end = (fault: Fault | null): void => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", late);
    if (fault === null) socket?.end(generate({ cmd: "disconnect" }, options));
    else {
      steps.push({ step: current, isDone: false, detail: null });
      socket?.destroy();
    }
    // what still comes is read, so that the goodbye arrives; then it is over
    setTimeout(() => socket?.destroy(), LINGER_MS).unref();
    resolve({ steps, fault });
  };
  const late = (): void => end(silent(TIMEOUT_MS / 1000));
  const done = (next: TrialStep["step"], detail: string | null = null): void => {
    if (isOver) return;
    steps.push({ step: current, isDone: true, detail });
    current = next;
  };
  const take = (packet: Packet): void => {
    if (isOver) return;
    if (packet.cmd === "connack") greeted(packet);
    else if (packet.cmd === "suback") answered(packet);
    else if (packet.cmd === "disconnect") end(broken("closed by that broker"));
    else if (current === "login") end(unreadable(new Error(`${packet.cmd} before CONNACK`)));
  };
  const greeted = (packet: IConnackPacket): void => {
    const refusal = refusalOf(packet);
    if (refusal !== null) return end(refusal);
    done("subscribe", `MQTT ${version === 3 ? "3.1" : version === 4 ? "3.1.1" : "5"}`);
    if (wanted.length === 0) return end(null);
    for (const [index, { filter, qos }] of wanted.entries()) {
      // what is retained need not be sent for this
      const subscriptions = [subscriptionTo(filter, qos, 2)];
      socket?.write(generate({ cmd: "subscribe", messageId: index + 1, subscriptions }, options));
    }
  };
  const answered = ({ messageId = 0, granted }: ISubackPacket): void => {
    const asked = wanted[messageId - 1];
    if (asked !== undefined && isRefusal(granted[0])) refused.push(asked.filter);
    answers++;
    if (answers < wanted.length) return;
    if (refused.length > 0) return end(notAllowed(refused));
    done("subscribe", namesOf(wanted));
    end(null);
  };

  const reader = parser(options);
  reader.on("packet", take);
  reader.on("error", (error) => end(unreadable(error)));
  signal.addEventListener("abort", late);
  if (signal.aborted) late();
  dial(plan, address).then(
    (opened) => {
      socket = opened;
      opened.on("error", (error) => end(current === "subscribe" ? broken(wordsFor(error)) : cannotConnect(error)));
      opened.once("close", () => end(whenClosed(current)));
      if (isOver) {
        opened.destroy();
        return;
      }
      opened.once("lookup", (error: unknown, found: string) => {
        if (error === null) done("connect", found);
      });
      opened.once("connect", () => {
        done(plan.tls === null ? "login" : "tls");
      });
      opened.once(plan.tls === null ? "connect" : "secureConnect", () => {
        if (plan.tls !== null) done("login", protocolOf(opened));
        opened.write(connectPacket(settings, greeting, { receiveMaximum: 65_535, maxPacketSize: MAX_PACKET_BYTES }));
      });
      opened.on("data", (chunk) => {
        try {
          if (!isOver && reader.parse(chunk) > MAX_PACKET_BYTES) end(tooLarge(MAX_PACKET_BYTES));
        } catch (error) {
          end(unreadable(error));
        }
      });
    },
    (error: unknown) => end(cannotConnect(error)),
  );
  return promise;
}

/** How long the remote broker may take to read the goodbye. */
const LINGER_MS = 1_000;

function whenClosed(step: TrialStep["step"]): Fault {
  if (step === "login") return NO_ANSWER;
  return step === "subscribe" ? broken("closed by that broker") : cannotConnect(null);
}

function isRefusal(code: unknown): boolean {
  return typeof code === "number" && code >= 0x80;
}

function notAllowed(filters: readonly string[]): Fault {
  const sentence = `was let in, but may not subscribe to ${filters.map((filter) => `"${filter}"`).join(", ")}`;
  return { kind: "network", sentence, fix: "Allow it at that broker, or change the topic." };
}

function namesOf(wanted: readonly Wanted[]): string {
  return wanted.map(({ filter }) => filter).join(", ");
}

function protocolOf(socket: Socket): string | null {
  return "getProtocol" in socket && typeof socket.getProtocol === "function" ? String(socket.getProtocol()) : null;
}
