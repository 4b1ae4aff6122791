import type { IncomingHttpHeaders } from "node:http";
import { BackendError } from "../src/core/errors.ts";
import type { Logger } from "../src/core/logger.ts";
import { utf8Text } from "../src/core/text.ts";
import type { Visit, Visitors } from "../src/core/visit.ts";
import type { AskAdmins } from "./core-users.ts";

/** The Supervisor's address in its network, and the only one that ingress comes from. */
export const INGRESS_PEER = "172.30.32.2";

/** Rights that are taken away in Home Assistant are gone here by then. */
const TRUSTED_MS = 30_000;
/** Somebody who was no administrator may have become one; nobody can make us ask more often. */
const ASK_AGAIN_MS = 3000;

/**
 * Lets in the administrators of Home Assistant who come through its ingress. It tells who somebody is and not what he
 * may do, so Home Assistant is asked for its administrators; as long as it does not say, nobody is one.
 */
export function ingressVisitors(deps: {
  readonly askAdmins: AskAdmins;
  readonly peer: string;
  readonly log: Logger;
  readonly now: () => number;
}): Visitors {
  const { askAdmins, log, now } = deps;
  let known: { readonly ids: ReadonlySet<string>; readonly atMs: number } | null = null;
  let asking: Promise<ReadonlySet<string>> | null = null;
  let isFailing = false;

  const ask = (): Promise<ReadonlySet<string>> => {
    asking ??= askAdmins()
      .then((ids) => {
        known = { ids, atMs: now() };
        isFailing = false;
        return ids;
      })
      .finally(() => {
        asking = null;
      });
    return asking;
  };

  const isAdmin = async (id: string): Promise<boolean> => {
    const ageMs = known === null ? Infinity : now() - known.atMs;
    const isKnown = known?.ids.has(id) === true;
    if (isKnown ? ageMs < TRUSTED_MS : ageMs < ASK_AGAIN_MS) return isKnown;
    return (await ask()).has(id);
  };

  return async ({ peer, headers }) => {
    if (peer !== deps.peer) return NOT_INGRESS;
    const id = textOf(headers["x-remote-user-id"]);
    if (id === "") return NOT_INGRESS;
    const name = nameIn(headers, id);
    try {
      return (await isAdmin(id)) ? { kind: "admin", name } : { ...NO_ADMIN, name };
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      if (!isFailing) log.warn({ err: error.message }, silenceLine(error));
      isFailing = true;
      return { ...UNKNOWN, name };
    }
  };
}

const NOT_INGRESS: Visit = {
  kind: "refused",
  status: 403,
  message: "This page is shown by Home Assistant.",
  hint: "Open it from the sidebar there.",
};

const NO_ADMIN: Visit = {
  kind: "refused",
  status: 403,
  message: "You need administrator rights in Home Assistant for this page.",
  hint: "Ask an administrator of this Home Assistant.",
};

const UNKNOWN: Visit = {
  kind: "refused",
  status: 503,
  message: "Home Assistant did not say whether you are an administrator.",
  hint: "Try again in some seconds.",
};

function nameIn(headers: IncomingHttpHeaders, id: string): string {
  const name = textOf(headers["x-remote-user-display-name"]) || textOf(headers["x-remote-user-name"]) || id;
  return name.slice(0, 80);
}

/** Home Assistant sends these as UTF-8, and a header is read as Latin-1. */
function textOf(header: string | readonly string[] | undefined): string {
  if (typeof header !== "string") return "";
  // oxlint-disable-next-line no-control-regex -- they have no place in a name, and none in a line of the log
  return (utf8Text(Buffer.from(header, "latin1")) ?? header).replaceAll(/[\x00-\x1f\x7f]/g, " ").trim();
}

function silenceLine(error: BackendError): string {
  return `Home Assistant does not say who its administrators are (${error.message}). Nobody can open the panel. This ends by itself when it answers; if it does not, restart Home Assistant.`;
}
