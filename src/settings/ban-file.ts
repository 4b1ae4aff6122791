import { networkFault } from "../core/network.ts";
import { placeOf } from "../core/problem.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { Origin, Problem } from "../core/types.ts";
import { listed } from "../core/words.ts";
import { parseYaml } from "./yaml-document.ts";

/** The usual name of the file. */
export const BAN_FILE = "bans.yaml";

/** Whom a ban can name: what an entry calls it. */
export const BANNED = ["client", "user", "address"] as const;

/** Somebody who may not connect. */
export interface Ban {
  readonly of: (typeof BANNED)[number];
  /** A client id, a user name, or an address or network. */
  readonly value: string;
  /** In the owner's words; null: none was given. */
  readonly reason: string | null;
  /** null: for ever. */
  readonly untilMs: number | null;
  /** Who wrote it, and when; missing: nobody says. */
  readonly by?: string;
  readonly atMs?: number;
  readonly origin: Origin;
}

export interface ParsedBans {
  /** null: the file has a fault, and a list with a hole would let somebody in. */
  readonly bans: readonly Ban[] | null;
  /** Of the whole file: what it means now is for the caller to say. */
  readonly problems: readonly Problem[];
}

const KEYS: readonly string[] = [...BANNED, "reason", "until", "by", "at"];
const SHAPE = 'Write a list of entries such as "- client: pump".';

/**
 * Parses a list of bans; `now` says what a fault means.
 *
 *     - client: pump
 *       reason: floods the garden topics
 *       until: 2026-12-24T12:00:00Z
 *       by: Ada
 *       at: 2026-12-23T09:30:00Z
 *     - user: guest
 *     - address: 192.168.7.0/24
 */
export function parseBans(text: string, file: string, now: string): ParsedBans {
  const { document, fault } = parseYaml(text);
  if (document === null) return { bans: null, problems: [problem({ file, ...fault.place }, fault.what, now)] };
  const { value, placeOf: placeIn } = document;
  if (value === null) return { bans: [], problems: [] };
  if (!Array.isArray(value)) return { bans: null, problems: [problem({ file, line: 1 }, "it is no list.", now)] };
  const bans: Ban[] = [];
  const problems: Problem[] = [];
  for (const [index, entry] of value.entries()) {
    const origin: Origin = { file, line: placeIn(`/${index}`).line };
    const ban = isRawObject(entry) ? parseBan(entry, origin) : "the entry has no names and values.";
    if (typeof ban === "string") problems.push(problem(origin, ban, now));
    else bans.push(ban);
  }
  return { bans: problems.length === 0 ? bans : null, problems };
}

/** Writes a list of bans as parseBans() reads it. */
export function formatBans(bans: readonly Ban[]): string {
  const entries = bans.map(({ of, value, reason, untilMs, by, atMs }) => {
    const lines = [`- ${of}: ${JSON.stringify(value)}`];
    if (reason !== null) lines.push(`  reason: ${JSON.stringify(reason)}`);
    if (untilMs !== null) lines.push(`  until: ${new Date(untilMs).toISOString()}`);
    if (by !== undefined) lines.push(`  by: ${JSON.stringify(by)}`);
    if (atMs !== undefined) lines.push(`  at: ${new Date(atMs).toISOString()}`);
    return `${lines.join("\n")}\n`;
  });
  return entries.join("");
}

/** Gives a sentence where an entry cannot be used. */
function parseBan(raw: RawObject, origin: Origin): Ban | string {
  const unknown = Object.keys(raw).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return `"${unknown}" is not known here (${KEYS.join(", ")}).`;
  const [of, second] = BANNED.filter((key) => key in raw);
  if (of === undefined || second !== undefined) return `an entry needs one of ${listed(BANNED, "or")}.`;
  const { [of]: value, reason = null, until = null, by = null, at = null } = raw;
  if (typeof value !== "string" || value === "") return `"${of}" is no text; put it in quotes.`;
  const fault = of === "address" ? networkFault(value) : null;
  if (fault !== null) return `"address: ${value}": ${fault}.`;
  if (reason !== null && typeof reason !== "string") return '"reason" is no text; put it in quotes.';
  if (by !== null && typeof by !== "string") return '"by" is no text; put it in quotes.';
  const untilMs = until === null ? null : momentOf(until);
  if (until !== null && untilMs === null) return noMoment("until", until);
  const atMs = at === null ? null : momentOf(at);
  if (at !== null && atMs === null) return noMoment("at", at);
  return { of, value, reason, untilMs, ...(by === null ? {} : { by }), ...(atMs === null ? {} : { atMs }), origin };
}

function noMoment(key: string, value: unknown): string {
  return `"${key}: ${JSON.stringify(value)}" is no moment such as 2026-12-24T12:00:00Z.`;
}

/** A day or a moment; without a zone it is that of this machine. */
const MOMENT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

function momentOf(value: unknown): number | null {
  if (typeof value !== "string" || !MOMENT.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

function problem(where: Origin, what: string, now: string): Problem {
  return { severity: "error", what: `${placeOf(where)}: ${what}`, now, fix: SHAPE, where };
}
