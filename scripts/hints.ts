/** How a person at this machine talks to the broker that `npm start` runs. */
interface Hints {
  /** As the broker says where it listens: "mqtt://127.0.0.1:1883". */
  readonly addresses: readonly string[];
  /** null: it has no panel. */
  readonly panel: string | null;
  readonly login: { readonly username: string; readonly password: string };
  readonly folder: string;
}

/** Finds the addresses in a line of the log, text or JSON; null: it is not the line that says "ready". */
export function addressesIn(line: string): readonly string[] | null {
  const list = /(?:^| )ready: (.*) after \d+ ms$/.exec(messageIn(line))?.[1];
  return list?.split(" ") ?? null;
}

/** Finds the address of the panel in a line of the log; null: it is another line. */
export function panelIn(line: string): string | null {
  return /The panel is at (\S+\/)/.exec(messageIn(line))?.[1] ?? null;
}

/** Composes what is printed below that line. */
export function hintsText({ addresses, panel, login, folder }: Hints): string {
  const url = new URL(addresses.find((address) => address.startsWith("mqtt://")) ?? "mqtt://127.0.0.1:1883");
  const words = ["-h", hostOf(url), "-p", url.port, "-u", login.username, "-P", login.password].map(shellWord);
  const to = words.join(" ");
  return `
Listening    ${addresses.join("  ")}
${panel === null ? "" : `Panel        ${panel}\n`}Login        ${login.username} / ${login.password}
Folders      ${folder} (data/options.json, share/mosquitto/*.conf, ssl/): save a file and it is in force
Try it       mosquitto_sub ${to} -t 'demo/#' -v
             mosquitto_pub ${to} -t demo/hello -m hi
Stop         Ctrl-C

`;
}

function messageIn(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const entry: unknown = JSON.parse(line);
    const hasMessage = typeof entry === "object" && entry !== null && "message" in entry;
    return hasMessage ? String(entry.message) : line;
  } catch {
    return line;
  }
}

/** A client takes an IPv6 address without brackets, and cannot connect to "every address". */
function hostOf({ hostname }: URL): string {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return host === "::" || host === "0.0.0.0" ? "localhost" : host;
}

/** Quotes a word for a POSIX shell. */
function shellWord(word: string): string {
  return /^[\w.@%+=:,/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
