import { isRawObject } from "../core/raw-object.ts";
import type { RawObject } from "../core/raw-object.ts";

/** The members of a parsed object by name, whatever the case of its letters: "textName" is "textname". */
export interface Members {
  /** undefined: there is none of that name. Of two that differ in case only the first counts. */
  get(name: string): unknown;
  /** null: there is none, or it is no string. */
  text(name: string): string | null;
  /** What is not there or no number is `fallback`; a fraction is cut off. */
  integer(name: string, fallback: number): number;
  /** What is not there or no boolean is `fallback`. */
  flag(name: string, fallback: boolean): boolean;
  /** What is no list counts as an empty one. */
  list(name: string): readonly unknown[];
  /** The names, in lower case. */
  names(): readonly string[];
  /** The members whose names are not among `known` (lower case), as they were. */
  except(known: ReadonlySet<string>): RawObject;
}

/** No unknown members: most entries have none, and share this. */
export const NO_MEMBERS: RawObject = Object.freeze({});

/** Priorities beyond this are brought back to it. */
const MAX_PRIORITY = 100_000;

/** Reads an object without regard to the case of its names; anything else has no members. */
export function membersOf(value: unknown): Members {
  const members = new Map<string, unknown>();
  const entries = isRawObject(value) ? Object.entries(value) : [];
  for (const [name, member] of entries) {
    const key = name.toLowerCase();
    if (!members.has(key)) members.set(key, member);
  }
  const get = (name: string): unknown => members.get(name);
  return {
    get,
    text(name) {
      const member = get(name);
      return typeof member === "string" ? member : null;
    },
    integer(name, fallback) {
      const member = get(name);
      return typeof member === "number" ? Math.trunc(member) : fallback;
    },
    flag(name, fallback) {
      const member = get(name);
      return typeof member === "boolean" ? member : fallback;
    },
    list(name) {
      const member = get(name);
      return Array.isArray(member) ? member : [];
    },
    names: () => [...members.keys()],
    except(known) {
      const others = entries.filter(([name]) => !known.has(name.toLowerCase()));
      return others.length === 0 ? NO_MEMBERS : Object.fromEntries(others);
    },
  };
}

/** Reads the priority of a role, group or access entry. */
export function priorityOf(members: Members, fallback: number): number {
  return Math.max(-MAX_PRIORITY, Math.min(MAX_PRIORITY, members.integer("priority", fallback)));
}
