import { clockTime } from "../core/clock-time.ts";
import type { Identity, Reason } from "../core/types.ts";
import { counted } from "../core/words.ts";
import type { Limits } from "../settings/types.ts";

/** Finds devices that come and go all the time, and keeps them out for a while. */
export interface Flapping {
  /** Counts a login; a reason: it was one too many, or the device is kept out already. */
  connects(identity: Identity): Reason | null;
  /** Whether a device is kept out, before it was asked for its password. */
  check(who: Device): Reason | null;
  /** Who is kept out now. */
  keptOut(): readonly KeptOut[];
}

type Device = Pick<Identity, "clientId" | "username">;

/** A device that the broker keeps out by itself, and why. */
export interface KeptOut extends Device {
  readonly reason: Reason;
}

type Terms = Pick<Limits, "flappingCount" | "flappingWindowS" | "flappingBanS">;

interface Seen {
  readonly device: Device;
  /** When the first login of those that count was. */
  readonly sinceMs: number;
  count: number;
  /** 0: it is not kept out. */
  bannedUntilMs: number;
}

/** Client ids come from the network; past this many, or this much of them, the oldest is forgotten. */
const MAX_SEEN = 10_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;

/**
 * Makes the part that counts logins. A device is a client id and the user it logged in as, so that nobody gets another
 * one kept out by using its client id.
 */
export function createFlapping(terms: () => Terms, now: () => number): Flapping {
  const seen = new Map<string, Seen>();
  let characters = 0;

  const check = ({ clientId, username }: Device): Reason | null => {
    const { flappingCount, flappingWindowS } = terms();
    const bannedUntilMs = seen.get(keyOf(clientId, username))?.bannedUntilMs ?? 0;
    if (flappingCount === Infinity || bannedUntilMs <= now()) return null;
    const often = `${counted(flappingCount, "time")} within ${counted(flappingWindowS, "second")} (flapping_count)`;
    return {
      kind: "flapping",
      sentence: `connected more than ${often}, and is kept out until ${clockTime(bannedUntilMs, now())}`,
      hint: "Find out why the device loses its connection, or whether two devices have the same client id.",
    };
  };

  const forget = (key: string): void => {
    if (seen.delete(key)) characters -= key.length;
  };

  const remember = (key: string, entry: Seen): void => {
    forget(key);
    seen.set(key, entry);
    characters += key.length;
    for (const oldest of seen.keys()) {
      if (seen.size <= MAX_SEEN && characters <= MAX_CHARACTERS) return;
      forget(oldest);
    }
  };

  return {
    check,
    connects(identity) {
      const { flappingCount, flappingWindowS, flappingBanS } = terms();
      if (flappingCount === Infinity) {
        seen.clear();
        characters = 0;
        return null;
      }
      if (identity.superuser) return null;
      const barred = check(identity);
      if (barred !== null) return barred;
      const key = keyOf(identity.clientId, identity.username);
      const known = seen.get(key);
      if (known === undefined || now() - known.sinceMs >= flappingWindowS * 1000 || known.bannedUntilMs > 0) {
        remember(key, { device: deviceOf(identity), sinceMs: now(), count: 1, bannedUntilMs: 0 });
        return null;
      }
      known.count++;
      if (known.count <= flappingCount) return null;
      known.bannedUntilMs = now() + flappingBanS * 1000;
      return check(identity);
    },
    keptOut: () =>
      [...seen.values()].flatMap(({ device }) => {
        const reason = check(device);
        return reason === null ? [] : [{ ...device, reason }];
      }),
  };
}

/** The two names alone: an identity has more to hold on to. */
function deviceOf({ clientId, username }: Device): Device {
  return { clientId, username };
}

function keyOf(clientId: string, username: string | null): string {
  return JSON.stringify([clientId, username]);
}
