import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { Endpoint } from "./desk.ts";

/**
 * Carries out commands of dynamic security for somebody who is no client; gives what was wrong with the first that failed,
 * in Mosquitto's words, or null. Those before it are carried out, those after it are not.
 */
export type RunCommands = (commands: readonly RawObject[], by: string) => Promise<string | null>;

/** The client id that the log shows. */
const PANEL = "panel";

/** Makes the office: commands take the road of those that clients publish, and stand in the log as they do. */
export function createOffice(endpoint: Pick<Endpoint, "answer">): RunCommands {
  return async (commands, by) => {
    for (const command of commands) {
      const payload = Buffer.from(JSON.stringify({ commands: [command] }));
      const { reply, follow } = await endpoint.answer(payload, { clientId: PANEL, username: by });
      follow();
      const error = errorIn(reply);
      if (error !== null) return error;
    }
    return null;
  };
}

function errorIn(reply: string): string | null {
  const parsed: unknown = JSON.parse(reply);
  const responses = isRawObject(parsed) && Array.isArray(parsed["responses"]) ? parsed["responses"] : [];
  const [response]: readonly unknown[] = responses;
  const error = isRawObject(response) ? response["error"] : "no answer";
  return typeof error === "string" ? error : null;
}
