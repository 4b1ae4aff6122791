import { allow, deny, ignore } from "../../core/reasons.ts";
import type { Reason } from "../../core/types.ts";
import { defineBackend } from "../define-backend.ts";

interface Settings {
  /** Whether a client that sent a user name is taken too, without a check. */
  readonly acceptsUserNames: boolean;
}

const NAME = "anonymous";

/** Clients without a login; the last stage of a chain. */
export const anonymous = defineBackend<Settings>({
  type: NAME,
  schema: {
    type: "object",
    required: ["acceptsUserNames"],
    additionalProperties: false,
    properties: { acceptsUserNames: { type: "boolean" } },
  },
  create({ acceptsUserNames }) {
    return {
      name: NAME,
      authenticate({ clientId, username }) {
        if (username !== null && !acceptsUserNames) return ignore(NAME, sentUserName(username));
        // the name is kept: rules for it apply, as in a mosquitto that allows anonymous clients and has no users
        return allow(NAME, { clientId, username, superuser: false, source: NAME, proof: null });
      },
      recheck({ username }) {
        if (username !== null && !acceptsUserNames) return deny(NAME, sentUserName(username));
        return allow(NAME, undefined);
      },
    };
  },
});

function sentUserName(username: string): Reason {
  return { kind: "unknown_user", sentence: `sent the user name ${username}, so it is not anonymous` };
}
