import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { addressesIn, hintsText, panelIn } from "./hints.ts";

/**
 * `npm start`: runs the app on this machine alone, with folders of its own in local/, and says how to talk to it.
 * `npm run dev`: with --watch, starts it again at each save of its source.
 */
const isWatching = process.argv.includes("--watch");
const root = join(import.meta.dirname, "..");
const local = join(root, "local");
const folders = { data: join(local, "data"), share: join(local, "share"), ssl: join(local, "ssl") };
const optionsFile = join(folders.data, "options.json");
const host = process.env["CULEX_HOST"] ?? "127.0.0.1";
/** MQTT, WebSocket, both with TLS, none for publishing over HTTP, and the panel. */
const DEFAULT_PORTS = [1883, 1884, 8883, 8884, null, 8099] as const;

makeSamples();
const ports = await Promise.all(
  DEFAULT_PORTS.map(async (port) => (port === null ? "" : (await isFree(port)) ? port : 0)),
);
const watch = isWatching ? ["--watch", "--watch-preserve-output"] : [];
const child = spawn(process.execPath, [...watch, join(root, "addon", "main.ts")], {
  stdio: ["inherit", "pipe", "inherit"],
  env: {
    ...process.env,
    CULEX_DATA_DIR: folders.data,
    CULEX_SHARE_DIR: folders.share,
    CULEX_SSL_DIR: folders.ssl,
    CULEX_HOST: host,
    CULEX_PORTS: process.env["CULEX_PORTS"] ?? ports.join(","),
  },
});
// The terminal sends its signals to both; the child ends first and says goodbye. A watching node takes the broker along
// at SIGTERM, and would leave it behind at SIGHUP.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => child.kill(isWatching ? "SIGTERM" : signal));
}
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
let panel: string | null = null;
createInterface({ input: child.stdout }).on("line", (line) => {
  process.stdout.write(`${line}\n`);
  panel = panelIn(line) ?? panel;
  const addresses = addressesIn(line);
  const login = addresses === null ? null : firstLogin();
  if (addresses === null || login === null) return;
  process.stdout.write(hintsText({ addresses, panel, login, folder: local }));
});

function makeSamples(): void {
  for (const folder of [folders.data, join(folders.share, "mosquitto"), folders.ssl])
    mkdirSync(folder, { recursive: true });
  if (existsSync(optionsFile)) return;
  const password = randomBytes(12).toString("hex");
  const options = {
    logins: [{ username: "demo", password }],
    anonymous: false,
    customize: { active: true, folder: "mosquitto" },
    certfile: "fullchain.pem",
    keyfile: "privkey.pem",
    require_certificate: false,
  };
  writeFileSync(optionsFile, `${JSON.stringify(options, null, 2)}\n`, { mode: 0o600 });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

function firstLogin(): { readonly username: string; readonly password: string } | null {
  try {
    const options: unknown = JSON.parse(readFileSync(optionsFile, "utf8"));
    if (typeof options !== "object" || options === null || !("logins" in options) || !Array.isArray(options.logins))
      return null;
    const login: unknown = options.logins[0];
    if (typeof login !== "object" || login === null || !("username" in login) || !("password" in login)) return null;
    const { username, password } = login;
    return typeof username === "string" && typeof password === "string" ? { username, password } : null;
  } catch {
    return null;
  }
}
