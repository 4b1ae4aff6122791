import type { Logger } from "../core/logger.ts";
import type { Identity, Reason } from "../core/types.ts";
import type { Control, Effects } from "../dynsec/types.ts";
import type { Endpoint } from "./desk.ts";

export interface DynsecDeps {
  readonly control: Control;
  /** Brings sessions in line with rights that changed, and ends their connections. */
  readonly expel: (concerns: (identity: Identity) => boolean, reason: Reason) => void;
  readonly log: Logger;
}

export interface DynsecEndpoints {
  /** What administrators ask. */
  readonly commands: Endpoint;
  readonly byTopic: ReadonlyMap<string, Endpoint>;
}

/** The topics of dynamic security, and what answers there. */
export function dynsecEndpoints({ control, expel, log }: DynsecDeps): DynsecEndpoints {
  const commands: Endpoint = {
    audience: "subscribers",
    async answer(payload, from) {
      const { reply, effects, audit } = await control.request(payload, from);
      for (const line of audit) log.log("information", from, line);
      return { reply, follow: () => carryOut(effects, expel) };
    },
  };
  const byTopic = new Map<string, Endpoint>([
    [DYNSEC_TOPIC, commands],
    [
      `${DYNSEC_TOPIC}/me`,
      {
        audience: "asker",
        async answer(payload, from) {
          const { reply } = await control.requestSelf(payload, from);
          return { reply, follow: () => undefined };
        },
      },
    ],
  ]);
  return { commands, byTopic };
}

/** Where commands of dynamic security are published. */
export const DYNSEC_TOPIC = "$CONTROL/dynamic-security/v1";

/** Ends the connections that Mosquitto ends: whoever's rights changed has to log in anew. */
function carryOut({ users, anonymous }: Effects, expel: DynsecDeps["expel"]): void {
  for (const what of ["login", "rights"] as const) {
    const concerned = ({ username }: Identity): boolean => username !== null && users.get(username) === what;
    if ([...users.values()].includes(what)) expel(concerned, REASONS[what]);
  }
  if (anonymous) expel(({ username }) => username === null, REASONS.rights);
}

const REASONS: Readonly<Record<"login" | "rights", Reason>> = {
  login: { kind: "not_allowed", sentence: "its user was changed by a command of dynamic security" },
  rights: { kind: "not_allowed", sentence: "its rights were changed by a command of dynamic security" },
};
