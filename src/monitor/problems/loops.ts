import type { ClientInfo } from "../../core/events.ts";
import { listed } from "../../core/words.ts";
import { brief } from "../brief.ts";
import { createBursts } from "./bursts.ts";
import type { Cards } from "./cards.ts";
import { actionFor, LOOP } from "./kinds.ts";
import { LONGEST_NAME } from "./sighting.ts";

/** Finds devices that take each other's place under one client id. */
export interface Loops {
  /** A connection was replaced by another of its client id. */
  replaced(client: ClientInfo, atMs: number): void;
  /** Somebody came in. */
  connected(client: ClientInfo): void;
}

const TIMES = 3;
const WINDOW_MS = 60_000;
const MAX_CLIENTS = 1_000;
const MAX_ADDRESSES = 8;

/** Makes the finder, which writes its cards. */
export function createLoops(cards: Cards): Loops {
  const bursts = createBursts(TIMES, WINDOW_MS);
  /** Addresses of those who were replaced lately, and of who replaced them. */
  const addresses = new Map<string, string[]>();

  const note = ({ clientId, address }: ClientInfo, known: string[]): void => {
    if (!known.includes(address) && known.length < MAX_ADDRESSES) known.push(address);
    addresses.delete(clientId);
    addresses.set(clientId, known);
    const [oldest] = addresses.keys();
    if (addresses.size > MAX_CLIENTS && oldest !== undefined) addresses.delete(oldest);
  };

  return {
    replaced(client, atMs) {
      const { clientId, username } = client;
      const key = `loop ${clientId}`;
      const isKnown = cards.has(key);
      const burst = bursts.hit(clientId, atMs);
      const known = addresses.get(clientId) ?? [];
      note(client, known);
      if (burst === null && !isKnown) return;
      const subject = brief(clientId, LONGEST_NAME);
      const sentence =
        known.length > 1
          ? `two devices use client id ${subject}: ${listed(known, "and")}`
          : `two connections from ${client.address} use client id ${subject}`;
      cards.add(
        {
          key,
          group: { key: "loop", subject: "MQTT", sentence: `many client ids are used twice, the latest ${subject}` },
          kind: "loop",
          terms: LOOP,
          client,
          subject,
          reason: { kind: "taken_over", sentence, hint: "Give each device a client id of its own." },
          action: actionFor("show_device", { clientId, user: username }),
          denied: undefined,
          isRefusal: false,
          // those that led to it belong to it
          count: isKnown ? 1 : (burst?.length ?? 1),
        },
        atMs,
        known,
      );
    },
    connected(client) {
      const known = addresses.get(client.clientId);
      if (known !== undefined) note(client, known);
    },
  };
}
