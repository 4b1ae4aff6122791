import type { Discarded } from "./trash.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import type { Qos } from "../../core/types.ts";

/** One line of the trash: a message that was put into it, or the id of one that was taken out. */
export type TrashLine = { readonly gone: string } | { readonly id: string; readonly message: Discarded };

/**
 * Writes a line:
 *
 *     {"id":"…","topic":"a/b","qos":1,"payload":"<base64>","properties":"","expiresAtMs":null,"deletedAtMs":…,"deletedBy":"Eve"}
 *     {"gone":"…"}
 */
export function writeTrashLine(line: TrashLine): string {
  if ("gone" in line) return JSON.stringify(line);
  const { id, message } = line;
  const [payload, properties] = [message.payload.toString("base64"), message.properties.toString("base64")];
  return JSON.stringify({ id, ...message, payload, properties });
}

/** Reads a line; null: it is none, and what it was nobody knows. */
export function readTrashLine(text: string): TrashLine | null {
  const line = parse(text);
  if (line === null) return null;
  const { gone, id, topic, qos, payload, properties, expiresAtMs, deletedAtMs, deletedBy } = line;
  if (typeof gone === "string") return { gone };
  if (typeof id !== "string" || typeof topic !== "string" || typeof deletedAtMs !== "number") return null;
  if (typeof payload !== "string" || typeof properties !== "string" || typeof deletedBy !== "string") return null;
  return {
    id,
    message: {
      topic,
      qos: qosOf(qos),
      payload: Buffer.from(payload, "base64"),
      properties: Buffer.from(properties, "base64"),
      expiresAtMs: typeof expiresAtMs === "number" ? expiresAtMs : null,
      deletedAtMs,
      deletedBy,
    },
  };
}

function parse(text: string): RawObject | null {
  try {
    const line: unknown = JSON.parse(text);
    return isRawObject(line) ? line : null;
  } catch {
    return null;
  }
}

function qosOf(value: unknown): Qos {
  return value === 1 || value === 2 ? value : 0;
}
