import { createDirectory } from "./directory.ts";
import { NO_MEMBERS } from "./members.ts";
import type { Client, DynsecState, Entry, Group, Role } from "./types.ts";

/** Makes a state without any entries, in which nothing is allowed. `file` is the name that reasons show. */
export function emptyState(file: string, extra = NO_MEMBERS): DynsecState {
  return {
    file,
    changeIndex: 0,
    defaultAccess: { publishClientSend: false, publishClientReceive: false, subscribe: false, unsubscribe: false },
    clients: createDirectory(),
    groups: createDirectory(),
    roles: createDirectory(),
    anonymousGroup: null,
    extra,
    accessRevision: 0,
  };
}

/** Makes a client that cannot log in: it has no password. */
export function createClient(name: string, extra = NO_MEMBERS): Client {
  return {
    ...newEntry(name, extra),
    password: null,
    clientId: null,
    clientIds: null,
    maxConnections: null,
    variables: new Map(),
    disabled: false,
    roles: [],
    groups: [],
  };
}

/** Makes a group that nobody is in. */
export function createGroup(name: string, extra = NO_MEMBERS): Group {
  return {
    ...newEntry(name, extra),
    roles: [],
    variables: new Map(),
    clients: createDirectory(),
  };
}

/** Makes a role that says nothing. */
export function createRole(name: string, extra = NO_MEMBERS): Role {
  return {
    ...newEntry(name, extra),
    allowWildcardSubs: true,
    acls: [],
    foreignAcls: [],
    maxPublishRate: null,
    rules: null,
    clients: new Set(),
    groups: new Set(),
  };
}

function newEntry(name: string, extra: Entry["extra"]): Entry {
  return { name, textName: null, textDescription: null, extra, written: null };
}
