import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { onTestFinished } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import type { ClientInfo } from "../../../src/core/api/clients.ts";
import type { LiveFrame } from "../../../src/core/api/live.ts";
import type { ProblemInfo } from "../../../src/core/api/problems.ts";
import type { Overview } from "../../../src/core/api/system.ts";
import { freePort } from "../../helpers/free-port.ts";
import { panelFolder } from "../../helpers/panel-build.ts";

/** What the fake broker tells. */
export interface Told {
  readonly overview: Overview;
  readonly clients: readonly ClientInfo[];
  /** How many clients there are; missing: those. */
  readonly total?: number;
  readonly problems: readonly ProblemInfo[];
  /** Answers of other addresses: "clients/esp-1/events"; of writes "POST explain". */
  readonly others?: Readonly<Record<string, unknown>>;
  /** What whoever looks at messages as they come is shown. */
  readonly tail?: Extract<LiveFrame, { readonly t: "tail" }>;
}

export interface FakeApi {
  readonly port: number;
  /** Tells all who look something else from now on. */
  tell(told: Told): void;
  /** Writes that came in: "POST problems/p1/mute". */
  readonly writes: readonly string[];
  /** Ends the live connections and takes no new ones. */
  mute(): void;
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/** What the page of every device asks for. */
const USUAL: Readonly<Record<string, unknown>> = { listeners: [] };
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The API made of its types alone: for states of the page that a real broker reaches slowly or seldom. */
export async function startFakeApi(first: Told): Promise<FakeApi> {
  let told = first;
  let isMute = false;
  const writes: string[] = [];
  const looking = new Set<WebSocket>();

  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/").slice(1);
    if (!path.startsWith("api/v1/")) {
      const name = path === "" ? "index.html" : path;
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "", "content-security-policy": POLICY });
      response.end(readFileSync(join(panelFolder, name)));
      return;
    }
    const noun = path.slice("api/v1/".length).replace(/~([\w-]+)/g, (_, coded: string) => named(coded));
    if (request.method !== "GET") {
      const isOurs = request.headers["x-requested-with"] === "panel";
      writes.push(`${request.method ?? ""} ${noun}`);
      response.writeHead(isOurs ? 200 : 403, { "content-type": "application/json" });
      response.end(JSON.stringify(told.others?.[`${request.method ?? ""} ${noun}`] ?? {}));
      return;
    }
    const body = noun === "overview" ? told.overview : (told.others?.[noun] ?? USUAL[noun]);
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { error: { code: "not_found", message: `no ${noun} here.`, hint: "" } }));
  });
  const live = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (isMute) return void socket.destroy();
    live.handleUpgrade(request, socket, head, (opened) => {
      looking.add(opened);
      opened.on("close", () => looking.delete(opened));
      opened.on("message", () => framesOf(told).forEach((frame) => opened.send(JSON.stringify(frame))));
    });
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const end = (): void => {
    for (const socket of looking) socket.terminate();
  };
  onTestFinished(() => {
    end();
    server.close();
    server.closeAllConnections();
  });
  return {
    port,
    writes,
    tell(next) {
      told = next;
      for (const socket of looking) framesOf(told).forEach((frame) => socket.send(JSON.stringify(frame)));
    },
    mute() {
      isMute = true;
      end();
    },
  };
}

function named(coded: string): string {
  return Buffer.from(coded, "base64url").toString("utf8");
}

function framesOf({ overview, clients, total, problems, tail }: Told): readonly LiveFrame[] {
  return [
    { t: "snapshot", ch: "overview", seq: 1, data: overview },
    { t: "snapshot", ch: "clients", seq: 1, ...(total === undefined ? {} : { total }), data: clients },
    { t: "snapshot", ch: "problems", seq: 1, data: problems },
    ...(tail === undefined ? [] : [tail]),
  ];
}
