import { parseDynsec } from "./parse-file.ts";
import { storedPassword } from "./passwords.ts";
import type { DynsecState } from "./types.ts";

/**
 * The clients, groups and roles of a first start: those of Mosquitto 2.1, without its demonstration client, which may
 * use every topic. `hash` is that of the administrator's password.
 */
export function firstDynsec(hash: string, file: string): DynsecState {
  const { state } = parseDynsec(JSON.stringify(content(hash)), file);
  if (state === null) throw new Error("the first file of dynamic security cannot be parsed");
  return state;
}

const EVERY_KIND = ["publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern"] as const;
const READING = ["publishClientReceive", "subscribePattern"] as const;

function content(hash: string): object {
  return {
    defaultACLAccess: { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true },
    clients: [
      {
        username: "admin",
        textname: "Admin user",
        ...storedPassword(hash).members,
        roles: [{ rolename: "super-admin" }, { rolename: "sys-observe" }, { rolename: "topic-observe" }],
      },
    ],
    groups: [{ groupname: "unauthenticated", textname: "Unauthenticated group", roles: [], clients: [] }],
    anonymousGroup: "unauthenticated",
    roles: [
      role("client", "Reads and writes every topic", EVERY_KIND, "#"),
      role("broker-admin", "Asks about the broker", EVERY_KIND, "$CONTROL/broker/#"),
      role("dynsec-admin", "Changes dynamic security", EVERY_KIND, "$CONTROL/dynamic-security/#"),
      role("super-admin", "Asks and changes everything", EVERY_KIND, "$CONTROL/#"),
      role("sys-notify", "Lets a bridge report its state", ["publishClientSend"], "$SYS/broker/connection/%c/state"),
      role("sys-observe", "Reads the state of the broker", READING, "$SYS/#"),
      role("topic-observe", "Reads every topic", [...READING, "unsubscribePattern"], "#"),
    ],
  };
}

function role(rolename: string, textdescription: string, types: readonly string[], topic: string): object {
  const acls = types.map((acltype) => ({ acltype, topic, priority: 0, allow: true }));
  return { rolename, textdescription, allowwildcardsubs: true, acls };
}
