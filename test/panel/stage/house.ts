import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { freePort } from "../../helpers/free-port.ts";

/** A stand-in for Home Assistant: its page with the panel in a frame, and the way of a request through ingress. */
export interface House {
  /** Address of the page with the frame. */
  readonly url: string;
  readonly token: string;
  /** Gives the panel another address, as a new installation of the app does. */
  renew(token: string): void;
}

export interface Someone {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
}

export const ADMIN: Someone = { id: "0123456789abcdef0123456789abcdef", name: "klaus", displayName: "Kläus Müller" };

interface App {
  /** Port of the panel's listener. */
  readonly port: number;
}

/** What Home Assistant and its Supervisor refuse in an address, however often it is encoded. */
const FILTER =
  /proc\/self\/environ|<.*script.*>|\.\.\/|[a-z]=\/[^/]\/|union.*select\(|union all select|concat\(|[\t\r\n]/i;
const PREFIX = "/api/hassio_ingress/";

/** Starts the house on a free port, for the length of a test. */
export async function startHouse(app: App, someone: Someone = ADMIN): Promise<House> {
  const port = await freePort();
  let token = "Vq9_first-token";

  const server = createServer((incoming, outgoing) => {
    const path = pathOf(incoming, token);
    if (path === null) return page(incoming, outgoing, token);
    if (path === "refused") return void outgoing.writeHead(400).end();
    const forwarded = request({ port: app.port, method: incoming.method, path, headers: headersOf(incoming) });
    forwarded.on("response", (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.writeHead(502).end("502: Bad Gateway"));
    incoming.pipe(forwarded);
  });
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = pathOf(incoming, token);
    if (path === null || path === "refused") return void socket.destroy();
    const behind = connect(app.port, "127.0.0.1");
    const lines = Object.entries(headersOf(incoming)).map(([name, value]) => `${name}: ${String(value)}`);
    behind.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1");
    behind.write(head);
    socket.pipe(behind).pipe(socket);
    for (const end of [socket, behind]) end.on("error", () => [socket, behind].map((either) => either.destroy()));
  });

  const headersOf = (incoming: IncomingMessage): Record<string, string | string[]> => {
    const own = Object.entries(incoming.headersDistinct).filter(([name]) => !name.startsWith("x-remote-"));
    const headers = Object.fromEntries(own.map(([name, values = []]) => [name, values.join(", ")]));
    return {
      ...headers,
      "x-ingress-path": `${PREFIX}${token}`,
      "x-hass-source": "core.ingress",
      "x-remote-user-id": someone.id,
      "x-remote-user-name": someone.name,
      // Bytes of UTF-8 stand in the header as they are.
      "x-remote-user-display-name": Buffer.from(someone.displayName, "utf8").toString("latin1"),
    };
  };

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${port}/app/culex`,
    get token() {
      return token;
    },
    renew(next) {
      token = next;
    },
  };
}

/** Path behind the token, decoded and written anew as on the way through ingress: `%2F` arrives as "/". */
function pathOf({ url = "/" }: IncomingMessage, token: string): string | null {
  const base = `${PREFIX}${token}/`;
  if (!url.startsWith(base)) return null;
  const [path = "", query] = url.slice(base.length - 1).split("?", 2);
  if (FILTER.test(unquoted(url))) return "refused";
  const rewritten = encodeURI(decodeURIComponent(path)).replaceAll("?", "%3F").replaceAll("#", "%23");
  return query === undefined ? rewritten : `${rewritten}?${query}`;
}

function unquoted(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    return decoded === text ? text : unquoted(decoded);
  } catch {
    return text;
  }
}

function page(incoming: IncomingMessage, outgoing: ServerResponse, token: string): void {
  if (!(incoming.url ?? "").startsWith("/app/culex")) return void outgoing.writeHead(404).end();
  outgoing.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Home</title>
<link rel="icon" href="data:,"><style>
html, body { margin: 0; height: 100%; } iframe { border: 0; width: 100%; height: 100%; display: block; }
</style></head><body><home-assistant></home-assistant>
<iframe title="Culex" src="${PREFIX}${token}/"></iframe>
<script>(${inThePage.toString()})(${JSON.stringify({ light: LIGHT, dark: DARK })})</script></body></html>`);
}

/** The stand-in's own script: Home Assistant's theme, language and messages. */
function inThePage(themes: { readonly light: object; readonly dark: object }): void {
  const element = document.querySelector("home-assistant");
  const frame = document.querySelector("iframe");
  if (element === null || frame === null) return;
  const hass = { language: "en", themes: { darkMode: false } };
  const properties = { narrow: false, route: { prefix: "/app/culex", path: location.pathname.slice(10) } };
  const sent: unknown[] = [];
  let isListening = false;
  const tell = (): void => {
    if (isListening) frame.contentWindow?.postMessage({ type: "home-assistant/properties", ...properties }, "*");
  };
  const wear = (isDark: boolean): void => {
    hass.themes = { darkMode: isDark };
    for (const [name, value] of Object.entries(isDark ? themes.dark : themes.light))
      document.documentElement.style.setProperty(`--${name}`, String(value));
  };
  wear(false);
  Object.assign(element, { hass });
  Object.assign(window, {
    house: {
      sent,
      setDark: wear,
      setLanguage: (language: string) => (hass.language = language),
      setNarrow(narrow: boolean) {
        properties.narrow = narrow;
        tell();
      },
      open(path: string) {
        properties.route = { prefix: "/app/culex", path };
        tell();
      },
    },
  });
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow) return;
    sent.push(event.data);
    if (event.data.type !== "home-assistant/subscribe-properties") return;
    isListening = true;
    tell();
  });
}

/** Colours that Home Assistant has when nobody chose others. */
const LIGHT = {
  "primary-background-color": "#fafafa",
  "card-background-color": "#ffffff",
  "primary-text-color": "#141414",
  "secondary-text-color": "#5e5e5e",
  "divider-color": "rgba(0, 0, 0, 0.12)",
  "primary-color": "#009ac7",
  "error-color": "#db4437",
  "warning-color": "#ffa600",
  "success-color": "#43a047",
  "info-color": "#039be5",
  "ha-font-family-body": "Roboto, Noto, sans-serif",
};

const DARK = {
  ...LIGHT,
  "primary-background-color": "#111111",
  "card-background-color": "#1c1c1c",
  "primary-text-color": "#e1e1e1",
  "secondary-text-color": "#9b9b9b",
  "divider-color": "rgba(225, 225, 225, 0.12)",
};
