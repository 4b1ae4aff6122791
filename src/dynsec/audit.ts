import type { Members } from "./members.ts";
import type { Requester } from "./types.ts";

/** Characters of a value; the rest says nothing that the file does not. */
const MAX_VALUE = 200;

/** Members that say nothing of what was changed. */
const LEFT_OUT: ReadonlySet<string> = new Set(["command", "correlationdata"]);

/** The line for the log of one change, as Mosquitto writes it: who, what, and with which values. */
export function auditLine({ clientId, username }: Requester, command: string, members: Members): string {
  const values = members
    .names()
    .filter((name) => !LEFT_OUT.has(name))
    .map((name) => `${name}=${name === "password" ? "*****" : valueOf(members.get(name))}`);
  return plain([`dynsec: ${clientId}/${username ?? ""}`, command, ...values].join(" | "));
}

function valueOf(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}...` : text;
}

/** One line stays one line, whatever is in the values. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]/g, "?");
}
