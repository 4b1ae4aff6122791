import type { Plugin, PluginLines } from "./plugin.ts";
import { TIMEOUT_MS } from "./plugin.ts";

interface Entry {
  readonly name: string;
  readonly password: string;
}

/** Users with passwords: `auth.user.1.username = admin`, `auth.user.1.password = public`. */
export const usernames: Plugin = {
  prefix: "auth.user",
  type: "users",
  keys: ["*.username", "*.password"],
  unused: [],
  isList: true,
  make(lines) {
    const users = entriesOf(lines, "username").map(({ name, password }) => ({ username: name, password }));
    return { settings: { users }, origins: {}, hasRules: false, timeoutMs: TIMEOUT_MS };
  },
};

/** Client ids with passwords: `auth.client.1.clientid = meter`, or in EMQ 2.0 `auth.client.meter = passwd`. */
export const clientIds: Plugin = {
  prefix: "auth.client",
  type: "clientid",
  keys: ["*.clientid", "*.password", "**"],
  unused: [],
  isList: true,
  make(lines) {
    const clients = entriesOf(lines, "clientid").map(({ name, password }) => ({ clientid: name, password }));
    return { settings: { clients }, origins: {}, hasRules: false, timeoutMs: TIMEOUT_MS };
  },
};

/** Pairs of lines with the same word between. One that is not whole lets nobody in, and the others count. */
function entriesOf(lines: PluginLines, noun: "username" | "clientid"): readonly Entry[] {
  const { all, text } = lines;
  const entries = new Map<string, Entry>();
  const leaveOut = (key: string, what: string, fix: string): void => lines.note(key, what, "It lets nobody in.", fix);
  for (const [key, line] of all) {
    const { number, word } = /^(?<number>[^.]+)\.(?<word>username|clientid|password)$/.exec(key)?.groups ?? {};
    if (number === undefined || (word !== noun && word !== "password")) {
      // the older form has the client id in its name; one with a number may be a misspelt line of the newer
      if (noun === "clientid" && line.value !== "" && !/^(?:\d+|\$N)\./.test(key))
        add(key, { name: key, password: line.value });
      else
        leaveOut(
          key,
          `"${line.name}" is not understood.`,
          `Write "${prefixOf(line.name)}.1.${noun}" and "${prefixOf(line.name)}.1.password".`,
        );
      continue;
    }
    const [name, password] = [text(`${number}.${noun}`), text(`${number}.password`)];
    if (name === null || password === null) {
      const missing = line.name.replace(/\w+$/, name === null ? noun : "password");
      leaveOut(key, `"${line.name}" is without a "${missing}" that has a value.`, `Add "${missing} = ...".`);
    } else if (word === noun) add(key, { name, password });
  }
  return [...entries.values()];

  function add(key: string, entry: Entry): void {
    if (!entries.has(entry.name)) entries.set(entry.name, entry);
    else leaveOut(key, `there is another entry for "${entry.name}".`, "Remove one of the two.");
  }
}

function prefixOf(name: string): string {
  return name.split(".").slice(0, 2).join(".");
}
