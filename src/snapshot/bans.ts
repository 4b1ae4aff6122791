import { clockTime } from "../core/clock-time.ts";
import { networkTest, type NetworkTest } from "../core/network.ts";
import { placeOf } from "../core/problem.ts";
import type { Problem, Reason } from "../core/types.ts";
import { parseBans, type Ban } from "../settings/ban-file.ts";
import type { BanMoment, BanTest, Snapshot, Sources, UnreadText } from "./types.ts";

interface LoadedBans {
  readonly bans: BanMoment;
  readonly problems: readonly Problem[];
}

const NOBODY: BanMoment = { loaded: null, isUnknown: false, of: () => null };

/**
 * Makes the test of who is banned. A file that is not there bans nobody; one with a fault keeps what it said before, and
 * at the first start it cannot be told who is banned.
 */
export function loadBans({ settings, files, readAtMs }: Sources, previous: Snapshot | null): LoadedBans {
  const { banFile } = settings;
  const found = banFile === null ? undefined : files.get(banFile.path);
  if (banFile === null || found === undefined || found.error === "ENOENT") return { bans: NOBODY, problems: [] };
  const before = previous?.bans ?? null;
  const earlier = before?.loaded ?? null;
  const file = banFile.shown.slice(banFile.shown.lastIndexOf("/") + 1);
  const now =
    earlier === null
      ? "Nobody but users with full access can connect until this is corrected."
      : `The bans read at ${clockTime(earlier.loadedAtMs)} stay in force.`;
  const parsed =
    found.error === null
      ? parseBans(found.text, file, now)
      : { bans: null, problems: [unreadable(file, banFile.folder, found, now)] };
  const { bans, problems } = parsed;
  if (bans !== null) {
    const loaded = { path: banFile.path, value: bans, loadedAtMs: readAtMs };
    return { bans: { loaded, isUnknown: false, of: compileBans(bans) }, problems };
  }
  const kept = before !== null && earlier !== null ? before : { ...NOBODY, isUnknown: true };
  return { bans: kept, problems };
}

/** Makes the test of a list; who is named twice is banned for the longer time. */
export function compileBans(bans: readonly Ban[]): BanTest {
  const clients = new Map<string, Ban>();
  const users = new Map<string, Ban>();
  const networks: { readonly ban: Ban; readonly holds: NetworkTest }[] = [];
  for (const ban of bans) {
    const holds = ban.of === "address" ? networkTest(ban.value) : null;
    if (holds !== null) networks.push({ ban, holds });
    const names = ban.of === "client" ? clients : ban.of === "user" ? users : null;
    if (names !== null) names.set(ban.value, longer(names.get(ban.value), ban));
  }
  return ({ clientId, username, address = "" }, nowMs) => {
    const inForce = (ban: Ban | undefined): ban is Ban => ban !== undefined && endOf(ban) > nowMs;
    const ofClient = clients.get(clientId);
    if (inForce(ofClient)) return reasonOf(ofClient, nowMs);
    const ofUser = username === null ? undefined : users.get(username);
    if (inForce(ofUser)) return reasonOf(ofUser, nowMs);
    const ofAddress = networks.find(({ ban, holds }) => inForce(ban) && holds(address))?.ban;
    return ofAddress === undefined ? null : reasonOf(ofAddress, nowMs);
  };
}

const NOUNS = { client: "client id", user: "user", address: "address" } as const;

function reasonOf({ of, value, reason, untilMs, origin }: Ban, nowMs: number): Reason {
  const until = untilMs === null ? "" : ` until ${clockTime(untilMs, nowMs)}`;
  const why = reason === null ? "" : ` (${reason})`;
  return {
    kind: "banned",
    sentence: `the ${NOUNS[of]} ${value} is banned${until}${why}`,
    hint: `Remove the entry to let it in again (${placeOf(origin)}).`,
    where: origin,
  };
}

function longer(one: Ban | undefined, other: Ban): Ban {
  return one !== undefined && endOf(one) >= endOf(other) ? one : other;
}

function endOf({ untilMs }: Ban): number {
  return untilMs ?? Infinity;
}

function unreadable(file: string, folder: string, { error, fix }: UnreadText, now: string): Problem {
  return {
    severity: "error",
    what: `The list of bans ${file} in ${folder} cannot be read (${error}).`,
    now,
    fix: fix ?? "Check that the broker may read the file.",
    where: { file },
  };
}
