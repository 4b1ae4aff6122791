import { onTestFinished } from "vitest";
import { layOut, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { connect, type TestClient } from "../helpers/mqtt.ts";

/** What the API of the panel answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A broker with its panel, on this machine. */
export interface PanelHouse {
  readonly running: Running;
  readonly folders: Folders;
  get(path: string): Promise<ApiAnswer>;
  send(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<ApiAnswer>;
  /** Where pages hear what changes. */
  readonly liveUrl: string;
  /** Connects a client of the user "meter". */
  readonly client: (clientId: string) => Promise<TestClient>;
}

const LOGINS = { logins: [{ username: "meter", password: "meter-password" }] };

/** Starts it with these options and files; `folders` are those of one that ran before. */
export async function panelHouse(
  options: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string>> = {},
  folders: Folders = layOut({ "data/options.json": JSON.stringify({ ...LOGINS, ...options }), ...files }),
): Promise<PanelHouse> {
  const running = await startAddon(folders, null, { CULEX_PORTS: "0,0,,,,0,0" });
  onTestFinished(async () => {
    await running.stop();
  });
  const base = new URL("api/v1/", /http:\S+\//.exec(await running.line(/The panel is at /))?.[0]);
  const ask = async (path: string, init: RequestInit): Promise<ApiAnswer> => {
    const answer = await fetch(new URL(path, base), init);
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  };
  return {
    running,
    folders,
    liveUrl: new URL("live", base).href.replace("http", "ws"),
    get: (path) => ask(path, {}),
    send: (method, path, body = {}) =>
      ask(path, {
        method,
        headers: { "content-type": "application/json", "x-requested-with": "panel" },
        body: JSON.stringify(body),
      }),
    client: (clientId) =>
      connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
        clientId,
        username: "meter",
        password: "meter-password",
      }),
  };
}
