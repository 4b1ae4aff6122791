import { WebSocket } from "ws";
import { BackendError, messageOf } from "../src/core/errors.ts";
import { isRawObject, type RawObject } from "../src/core/raw-object.ts";

/** Asks Home Assistant who its administrators are; gives their ids. @throws BackendError when it does not say. */
export type AskAdmins = () => Promise<ReadonlySet<string>>;

const TIMEOUT_MS = 5000;
const MAX_REPLY_BYTES = 1024 * 1024;

/**
 * Asks through the Supervisor, which lets an app with `homeassistant_api` talk to Home Assistant's WebSocket:
 * `{"type":"auth_required"}`, `{"type":"auth","access_token":...}`, `{"type":"auth_ok"}`, then one question.
 */
export function createAskAdmins({ url, token }: { readonly url: string; readonly token: string }): AskAdmins {
  const address = `${url.replace(/^http/, "ws").replace(/\/+$/, "")}/core/websocket`;
  return () =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(address, { handshakeTimeout: TIMEOUT_MS, maxPayload: MAX_REPLY_BYTES });
      const fail = (why: string, cause?: unknown): void => {
        clearTimeout(timer);
        socket.terminate();
        reject(new BackendError(`home assistant: list of users: ${why}`, { cause }));
      };
      const timer = setTimeout(() => fail(`no answer within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
      socket.on("error", (error) => fail(messageOf(error), error));
      socket.on("close", () => fail("closed"));
      socket.on("message", (data: Buffer) => {
        const message = parsed(data);
        switch (message["type"]) {
          case "auth_required":
            return socket.send(JSON.stringify({ type: "auth", access_token: token }));
          case "auth_ok":
            return socket.send(JSON.stringify({ id: 1, type: "config/auth/list" }));
          case "result": {
            const { success, result } = message;
            if (success !== true || !Array.isArray(result)) return fail("refused");
            clearTimeout(timer);
            socket.close();
            return resolve(new Set(result.flatMap(adminId)));
          }
          default:
            return fail("unexpected answer");
        }
      });
    });
}

function parsed(data: Buffer): RawObject {
  try {
    const message: unknown = JSON.parse(data.toString("utf8"));
    return isRawObject(message) ? message : {};
  } catch {
    return {};
  }
}

/** `{"id":"...","is_owner":false,"is_active":true,"group_ids":["system-admin"]}` */
function adminId(user: unknown): readonly string[] {
  if (!isRawObject(user)) return [];
  const { id, is_active: isActive, is_owner: isOwner, group_ids: groups } = user;
  const isAdmin = isOwner === true || (Array.isArray(groups) && groups.includes("system-admin"));
  return typeof id === "string" && isActive === true && isAdmin ? [id] : [];
}
