import { isIPv6 } from "node:net";
import type { DeviceCredential, DeviceTopic, DeviceType, Paste, UserInfo } from "../../core/api/access.ts";
import { reservedNameOf } from "../../core/reserved-names.ts";
import type { RawObject } from "../../core/raw-object.ts";
import { listed } from "../../core/words.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import type { Accounts } from "./accounts.ts";
import { ApiError } from "./api-error.ts";
import { deviceBlock, deviceTopics, deviceUri } from "./device-blocks.ts";
import { textOf, unfitField } from "./fields.ts";
import { qrRows } from "./qr-rows.ts";
import { write, type Route } from "./route.ts";

export interface DeviceRoutesDeps {
  readonly current: () => Snapshot;
  readonly users: () => readonly UserInfo[];
  readonly accounts: Accounts;
  readonly reservedUsers: readonly string[];
  /** The real port of a listener; null: it is closed. */
  readonly portOf: (listener: string) => number | null;
}

const TYPES: readonly DeviceType[] = ["tasmota", "shelly", "esphome", "zigbee2mqtt", "frigate", "other"];

/** The one form that makes a login for a device. */
export function deviceRoutes(deps: DeviceRoutesDeps): readonly Route[] {
  const about = {
    summary: "Makes a login for a device, with what is pasted into it; the password is told once",
    takes: "NewDevice",
    answer: "DeviceCredential",
  };
  return [
    write("POST", "/devices", about, async ({ body, by }) => {
      const made = await addDevice(body, by, deps);
      const did = made.paste === undefined ? "made a login for" : "wrote lines for";
      return { body: made, did: `${did} the device ${made.username}` };
    }),
  ];
}

async function addDevice(body: RawObject, by: string, deps: DeviceRoutesDeps): Promise<DeviceCredential> {
  const type = TYPES.find((known) => known === body["type"]);
  if (type === undefined) throw unfitField("type", `Use ${listed(TYPES, "or")}.`);
  const scope = body["scope"];
  if (scope !== "suggested" && scope !== "everything") throw unfitField("scope", "Use suggested or everything.");
  const host = textOf(body, "host");
  if (!isIPv6(host) && !/^(?=.{1,253}$)[\w.-]+$/.test(host))
    throw unfitField("host", "Write a name or an address, without a port.");
  const username = freeName(textOf(body, "name"), deps);
  const topics: readonly DeviceTopic[] =
    scope === "suggested" ? deviceTopics(type, username) : [{ access: "readwrite", filter: "#" }];
  const { port, isTls } = doorOf(deps);
  const isDynsec = deps.accounts.home() === "dynsec";
  const role: RawObject = { command: "createRole", rolename: username, acls: topics.flatMap(aclsOf) };
  const { password, paste = [] } = await deps.accounts.add(
    { username, password: null, groups: [], roles: isDynsec ? [username] : [], before: isDynsec ? [role] : [] },
    by,
  );
  const all = [...paste, ...(isDynsec ? [] : ruleLines(username, topics, deps.current()))];
  const login = { username, password, host, port, isTls };
  const uri = deviceUri(login);
  return {
    username,
    password,
    host,
    port,
    uri,
    qr: await qrRows(uri),
    block: deviceBlock(type, login),
    topics,
    ...(all.length === 0 ? {} : { paste: all }),
  };
}

/** "Kitchen plug" becomes "kitchen-plug", and "kitchen-plug-2" when there is one. */
function freeName(wanted: string, { current, users, reservedUsers }: DeviceRoutesDeps): string {
  const name = wanted
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 48);
  if (name === "") throw unfitField("name", "Write a name with letters or digits.");
  const roles = current().dynsec?.state?.roles;
  const taken = new Set(users().map((user) => user.name));
  const isFree = (some: string): boolean =>
    !taken.has(some) && roles?.get(some) === undefined && reservedNameOf(some, reservedUsers) === null;
  let free = name;
  for (let count = 2; !isFree(free); count++) free = `${name}-${count}`;
  return free;
}

/** Where a device comes in: without TLS if it can, since most of them speak none. */
function doorOf({ current, portOf }: DeviceRoutesDeps): { readonly port: number; readonly isTls: boolean } {
  const doors = current().settings.listeners.flatMap(({ name, protocol, tls }) => {
    const port = portOf(name);
    return protocol === "mqtt" && port !== null ? [{ port, isTls: tls !== null }] : [];
  });
  const door = doors.find(({ isTls }) => !isTls) ?? doors[0];
  if (door !== undefined) return door;
  throw new ApiError("conflict", "No port for devices is open.", "Open one, and look at Listeners.");
}

function aclsOf({ access, filter }: DeviceTopic): readonly RawObject[] {
  const acl = (acltype: string): RawObject => ({ acltype, topic: filter, priority: -1, allow: true });
  const writes = access === "read" ? [] : [acl("publishClientSend")];
  const reads =
    access === "write"
      ? []
      : ["publishClientReceive", "subscribePattern", "unsubscribePattern"].map((type) => acl(type));
  return [...writes, ...reads];
}

/** The rules of an ACL file, which only its owner writes; none where there is no such file. */
function ruleLines(username: string, topics: readonly DeviceTopic[], { acl, settings }: Snapshot): readonly Paste[] {
  if (settings.aclFile === null) return [];
  const to = settings.aclFile.shown;
  if (acl?.value.order !== "first-match") {
    const rules = topics.map(({ access, filter }) => `topic ${access} ${filter}`);
    return [{ to, lines: [`user ${username}`, ...rules] }];
  }
  const verbs = { read: "subscribe", write: "publish", readwrite: "pubsub" } as const;
  const rules = topics.map(({ access, filter }) => `{allow, {user, "${username}"}, ${verbs[access]}, ["${filter}"]}.`);
  return [{ to, lines: rules }];
}
