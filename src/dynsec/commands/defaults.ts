import { membersOf } from "../members.ts";
import type { Members } from "../members.ts";
import { change, CommandError, question } from "./command.ts";
import type { Command } from "./command.ts";

const KINDS = ["publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"] as const;

/** The commands about everything as a whole, by name. */
export const DEFAULT_COMMANDS = {
  setDefaultACLAccess: change(({ state }, members) => {
    if (!Array.isArray(members.get("acls"))) throw new CommandError("Missing/invalid actions array");
    let access = state.defaultAccess;
    for (const value of members.list("acls")) {
      const entry = membersOf(value);
      const word = entry.text("acltype")?.toLowerCase();
      const kind = KINDS.find((one) => one.toLowerCase() === word);
      const allow = allowOf(entry);
      // what makes no sense is passed over, as Mosquitto does
      if (kind !== undefined && allow !== null) access = { ...access, [kind]: allow };
    }
    state.defaultAccess = access;
  }),
  getDefaultACLAccess: question(({ state }) => ({
    acls: KINDS.map((acltype) => ({ acltype, allow: state.defaultAccess[acltype] })),
  })),
  getDetails: question(({ state }) => ({
    clientCount: state.clients.size,
    groupCount: state.groups.size,
    roleCount: state.roles.size,
    changeIndex: state.changeIndex,
  })),
} as const satisfies Record<string, Command>;

/** mosquitto_ctrl 2.0.11 sends `"access":"allow"`, which its own broker passes over. */
function allowOf(entry: Members): boolean | null {
  const allow = entry.get("allow");
  if (typeof allow === "boolean") return allow;
  const access = entry.get("access");
  if (access === "allow") return true;
  return access === "deny" ? false : null;
}
