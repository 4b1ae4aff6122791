import { generate, type IConnackPacket, type IConnectPacket } from "mqtt-packet";
import type { ProtocolVersion } from "../core/types.ts";
import type { BridgeSettings } from "../settings/types.ts";
import type { Fault } from "./types.ts";

/** What a bridge says first, as the remote broker is believed to understand it. */
export interface Greeting {
  readonly version: ProtocolVersion;
  /** Whether bit 7 of the protocol level says that this is a bridge. */
  readonly isPrivate: boolean;
}

interface Announced {
  readonly receiveMaximum: number;
  readonly maxPacketSize: number;
}

/** Characters of what the remote broker says of a refusal. */
const LONGEST_REASON = 200;
const NEVER_EXPIRES = 0xffff_ffff;

/** How a bridge introduces itself at first. */
export function firstGreeting({ version, tryPrivate }: BridgeSettings): Greeting {
  return { version, isPrivate: tryPrivate && version !== 5 };
}

/** How it does to a broker that did not understand the one before; null: there is no plainer way. */
export function plainerGreeting({ version, isPrivate }: Greeting, { tryPrivate }: BridgeSettings): Greeting | null {
  if (isPrivate) return { version, isPrivate: false };
  return version === 5 ? { version: 4, isPrivate: tryPrivate } : null;
}

/** Encodes the CONNECT of a bridge. */
export function connectPacket(bridge: BridgeSettings, greeting: Greeting, announced: Announced): Buffer {
  const { username, password, notifications, notificationTopic: topic, cleanSession, sessionExpiryS } = bridge;
  const { version, isPrivate } = greeting;
  const packet: IConnectPacket & { readonly bridgeMode: boolean } = {
    cmd: "connect",
    protocolId: version === 3 ? "MQIsdp" : "MQTT",
    protocolVersion: version,
    bridgeMode: isPrivate,
    clean: cleanSession,
    clientId: bridge.remoteClientId,
    keepalive: bridge.keepaliveS,
    ...(username === null ? {} : { username }),
    // before MQTT 5 there is no password without a user name [MQTT-3.1.2-22]
    ...(password === null || username === null ? {} : { password: Buffer.from(password) }),
    ...(notifications === "both" ? { will: { topic, payload: Buffer.from("0"), qos: 1, retain: true } } : {}),
    ...(version === 5
      ? {
          properties: {
            sessionExpiryInterval: cleanSession ? 0 : (sessionExpiryS ?? NEVER_EXPIRES),
            receiveMaximum: Math.min(bridge.receiveMaximum ?? announced.receiveMaximum, announced.receiveMaximum),
            maximumPacketSize: announced.maxPacketSize,
          },
        }
      : {}),
  };
  return generate(packet, { bridgeMode: isPrivate });
}

/** Says why a CONNACK is a refusal; null when it lets the bridge in. */
export function refusalOf({ returnCode, reasonCode, properties }: IConnackPacket): Fault | null {
  const code = reasonCode ?? returnCode ?? 0;
  if (code === 0) return null;
  const told = properties?.reasonString === undefined ? "" : ` ("${properties.reasonString.slice(0, LONGEST_REASON)}")`;
  const { text, fix } = REFUSALS.get(code) ?? { text: `code ${code}`, fix: "Look into the log of that broker." };
  const kind = code === 1 || code === 0x84 ? "version" : "network";
  return { sentence: `was refused: ${text}${told}`, fix, kind };
}

const LOGIN = {
  text: "wrong user name or password, or this client may not connect",
  fix: "Check remote_username and remote_password, and the rules of that broker.",
};
const CLIENT_ID = { text: "its client id is not wanted there", fix: "Choose another remote_clientid." };
const VERSION = {
  text: "that broker does not speak this version of MQTT",
  fix: "Set bridge_protocol_version, or try_private false.",
};
const BUSY = { text: "that broker is not ready", fix: "" };

const REFUSALS: ReadonlyMap<number, { readonly text: string; readonly fix: string }> = new Map([
  [1, VERSION],
  [2, CLIENT_ID],
  [3, BUSY],
  [4, LOGIN],
  [5, LOGIN],
  [0x84, VERSION],
  [0x85, CLIENT_ID],
  [0x86, LOGIN],
  [0x87, LOGIN],
  [0x88, BUSY],
  [0x89, BUSY],
]);
