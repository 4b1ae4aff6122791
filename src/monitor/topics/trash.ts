import { randomBytes } from "node:crypto";
import type { TrashInfo } from "../../core/api/topics.ts";
import type { RetainedContent, RetainedFacts } from "../../core/retained.ts";
import { createPauses } from "../pauses.ts";
import { timeOf } from "./topic-info.ts";
import { readTrashLine, writeTrashLine } from "./trash-line.ts";
import type { Place, Shelf } from "./trash-shelf.ts";

/** A retained message that was deleted. */
export interface Discarded extends RetainedContent, Pick<RetainedFacts, "topic" | "qos" | "expiresAtMs"> {
  readonly deletedAtMs: number;
  readonly deletedBy: string;
}

/** Retained messages that were deleted here, for 30 days. */
export interface Trash {
  /** The newest first. */
  list(): Promise<readonly TrashInfo[]>;
  /** Gives their ids when they are safe. @throws the system's error; then nothing may be deleted. */
  put(messages: readonly Discarded[]): Promise<readonly string[]>;
  /** null: it is not there any more. */
  get(id: string): Promise<Discarded | null>;
  forget(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What the trash can hold; what was deleted first goes first. */
export const TRASH_MESSAGES = 50_000;
export const TRASH_BYTES = 32 * 1024 * 1024;

const KEPT_MS = 30 * 86_400_000;
/** Bytes of lines without meaning that may lie around besides. */
const SPARE_BYTES = 65_536;

interface Entry extends Place, Pick<Discarded, "topic" | "deletedAtMs" | "deletedBy"> {
  readonly bytes: number;
}

/** Makes the trash; its shelf is opened when it is needed for the first time. */
export function createTrash(openShelf: () => Promise<Shelf>, now: () => number): Trash {
  /** The oldest first. */
  const entries = new Map<string, Entry>();
  let liveBytes = 0;
  let allBytes = 0;
  let opened: Promise<Shelf> | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const add = (id: string, { topic, payload, deletedAtMs, deletedBy }: Discarded, place: Place): void => {
    entries.set(id, { ...place, topic, bytes: payload.length, deletedAtMs, deletedBy });
    liveBytes += place.length + 1;
  };
  const drop = (id: string): void => {
    liveBytes -= (entries.get(id)?.length ?? -1) + 1;
    entries.delete(id);
  };
  const dropOld = (): void => {
    const oldestMs = now() - KEPT_MS;
    for (const [id, { deletedAtMs }] of entries) {
      const isFull = entries.size > TRASH_MESSAGES || liveBytes > TRASH_BYTES;
      if (deletedAtMs >= oldestMs && !isFull) return;
      drop(id);
    }
  };
  const tidy = async (shelf: Shelf): Promise<void> => {
    dropOld();
    if (allBytes - liveBytes <= Math.max(SPARE_BYTES, liveBytes)) return;
    const kept = [...entries];
    const lines: string[] = [];
    for (const [, entry] of kept) lines.push(await shelf.read(entry));
    const places = await shelf.replace(lines);
    for (const [index, [id, entry]] of kept.entries()) entries.set(id, { ...entry, ...places[index] });
    allBytes = liveBytes;
  };
  /** What was done is safe, and it is not known how far the tidying came: all is read anew when it is needed. */
  const startAnew = async (shelf: Shelf): Promise<void> => {
    opened = null;
    entries.clear();
    liveBytes = 0;
    allBytes = 0;
    await shelf.close().catch(() => undefined);
  };
  const open = async (): Promise<Shelf> => {
    const shelf = await openShelf();
    const pauses = createPauses();
    for (const { text, ...place } of await shelf.lines()) {
      allBytes += place.length + 1;
      const line = readTrashLine(text);
      if (line !== null && "gone" in line) drop(line.gone);
      else if (line !== null) add(line.id, line.message, place);
      if (pauses.isDue()) await pauses.rest();
    }
    return shelf;
  };
  /** One after the other: places change when the shelf is tidied. */
  const inTurn = <T>(act: (shelf: Shelf) => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      opened ??= open().catch((error: unknown) => {
        opened = null;
        throw error;
      });
      const shelf = await opened;
      const result = await act(shelf);
      await tidy(shelf).catch(() => startAnew(shelf));
      return result;
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    list: () =>
      inTurn(() => {
        dropOld();
        const infos = [...entries].map(([id, { topic, bytes, deletedAtMs, deletedBy }]) => ({
          id,
          topic,
          bytes,
          deletedAt: timeOf(deletedAtMs),
          deletedBy,
          until: timeOf(deletedAtMs + KEPT_MS),
        }));
        return Promise.resolve(infos.toReversed());
      }),
    put: (messages) =>
      inTurn(async (shelf) => {
        if (messages.length === 0) return [];
        const ids = messages.map(() => randomBytes(9).toString("base64url"));
        const lines = messages.map((message, index) => writeTrashLine({ id: ids[index] ?? "", message }));
        const places = await shelf.append(lines);
        for (const [index, message] of messages.entries()) {
          const [id, place] = [ids[index], places[index]];
          if (id === undefined || place === undefined) continue;
          add(id, message, place);
          allBytes += place.length + 1;
        }
        return ids;
      }),
    get: (id) =>
      inTurn(async (shelf) => {
        const entry = entries.get(id);
        if (entry === undefined) return null;
        const line = readTrashLine(await shelf.read(entry));
        return line === null || "gone" in line ? null : line.message;
      }),
    forget: (ids) =>
      inTurn(async (shelf) => {
        const known = ids.filter((id) => entries.has(id));
        if (known.length === 0) return;
        const places = await shelf.append(known.map((id) => writeTrashLine({ gone: id })));
        for (const { length } of places) allBytes += length + 1;
        for (const id of known) drop(id);
      }),
    close: async () => {
      await last;
      if (opened !== null) await (await opened).close();
    },
  };
}
