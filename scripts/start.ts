import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * `npm start`: runs the app on this machine alone, with folders of its own in local/, and says how to talk to it.
 */
const root = join(import.meta.dirname, "..");
const local = join(root, "local");
const folders = { data: join(local, "data"), share: join(local, "share"), ssl: join(local, "ssl") };
const optionsFile = join(folders.data, "options.json");
const DEFAULT_PORTS = [1883, 1884, 8883, 8884] as const;

makeSamples();
const ports = await Promise.all(DEFAULT_PORTS.map(async (port) => ((await isFree(port)) ? port : 0)));
const child = spawn(process.execPath, [join(root, "addon", "main.ts")], {
  stdio: ["inherit", "pipe", "inherit"],
  env: {
    ...process.env,
    CULEX_DATA_DIR: folders.data,
    CULEX_SHARE_DIR: folders.share,
    CULEX_SSL_DIR: folders.ssl,
    CULEX_HOST: process.env["CULEX_HOST"] ?? "127.0.0.1",
    CULEX_PORTS: process.env["CULEX_PORTS"] ?? ports.join(","),
  },
});
// The terminal sends its signals to both; the child ends first and says goodbye.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
createInterface({ input: child.stdout }).on("line", (line) => {
  process.stdout.write(`${line}\n`);
  const addresses = line.match(/ ready: (.*) after \d+ ms$/)?.[1]?.split(" ");
  if (addresses !== undefined) process.stdout.write(hints(addresses));
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
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function hints(addresses: readonly string[]): string {
  const url = new URL(addresses.find((address) => address.startsWith("mqtt://")) ?? "mqtt://127.0.0.1:1883");
  const login = firstLogin();
  if (login === null) return "";
  const to = `-h ${url.hostname} -p ${url.port} -u ${shellWord(login.username)} -P ${shellWord(login.password)}`;
  return `
Listening    ${addresses.join("  ")}
Login        ${login.username} / ${login.password}
Folders      ${local} (data/options.json, share/mosquitto/*.conf, ssl/): save a file and it is in force
Try it       mosquitto_sub ${to} -t 'demo/#' -v
             mosquitto_pub ${to} -t demo/hello -m hi
Stop         Ctrl-C

`;
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

/** Quotes a word for a POSIX shell. */
function shellWord(word: string): string {
  return /^[\w.@%+=:,/-]+$/.test(word) && !word.startsWith("-") ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
