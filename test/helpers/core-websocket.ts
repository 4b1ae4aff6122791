import type { Server } from "node:http";
import { WebSocketServer, type RawData } from "ws";

/** A user as Home Assistant's list has it. */
export interface CoreUser {
  readonly id: string;
  readonly name: string;
  readonly is_owner: boolean;
  readonly is_active: boolean;
  readonly group_ids: readonly string[];
}

/** Makes a user; an administrator unless `group` says otherwise. */
export function coreUser(id: string, group = "system-admin"): CoreUser {
  return { id, name: id, is_owner: false, is_active: true, group_ids: [group] };
}

/** Answers on `/core/websocket` as the Supervisor does for an app with `homeassistant_api`, for one kind of question. */
export function serveCoreWebSocket(
  server: Server,
  {
    token,
    users,
    isUp,
  }: { readonly token: string; readonly users: () => readonly CoreUser[]; readonly isUp: () => boolean },
): void {
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (request.url !== "/core/websocket" || !isUp()) {
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const send = (message: unknown): void => opened.send(JSON.stringify(message));
      send({ type: "auth_required", ha_version: "2026.8.0" });
      let isIn = false;
      opened.on("message", (data: RawData) => {
        const message: unknown = JSON.parse(Buffer.isBuffer(data) ? data.toString("utf8") : "");
        const { type, access_token: shown, id } = Object(message);
        if (!isIn) {
          isIn = type === "auth" && shown === token;
          send({ type: isIn ? "auth_ok" : "auth_invalid" });
          if (!isIn) opened.close();
        } else if (type === "config/auth/list") send({ id, type: "result", success: true, result: users() });
        else send({ id, type: "result", success: false, error: { code: "unauthorized" } });
      });
    });
  });
}
