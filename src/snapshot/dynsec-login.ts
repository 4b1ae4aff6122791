import type { BackendContext } from "../auth/backend.ts";
import { decoyFor } from "../auth/decoy.ts";
import { createUserList } from "../auth/user-list.ts";
import { deny } from "../core/reasons.ts";
import type { Authenticator } from "../core/types.ts";
import { loginRefusal } from "../dynsec/login.ts";
import type { DynsecState } from "../dynsec/types.ts";
import type { DynsecMoment } from "./types.ts";

/** The stage's name in settings, identities and logs. */
export const DYNSEC = "dynamic-security";

/**
 * Makes the login stage of dynamic security. Its users are looked up at each login, since commands change them. A
 * client without a password has none that is right; where a later stage may say yes, its password is that stage's
 * business and its rights are still those of the client.
 */
export function dynsecLogin(dynsec: DynsecMoment | null, { verify, digest }: BackendContext): Authenticator {
  const state = dynsec?.state ?? null;
  let decoy: string | null | undefined;
  const checkInVain = async (password: Uint8Array): Promise<boolean> => {
    decoy ??= decoyFor(firstHash(state));
    return decoy !== null && verify(decoy, password);
  };
  const list = createUserList({
    name: DYNSEC,
    place: dynsec?.file ?? DYNSEC,
    users: {
      get(username) {
        // which client id it may have is asked by bars()
        const client = state?.clients.get(username);
        if (client === undefined) return undefined;
        const hash = client.password?.hash ?? null;
        return {
          // with the name in it, so that equal hashes do not show
          proof: digest(JSON.stringify([username, hash])),
          // without one it takes as long, so that it does not show
          matches: hash === null ? checkInVain : (password) => verify(hash, password),
          scram: null,
        };
      },
    },
    decoy: checkInVain,
  });
  return {
    ...list,
    bars({ clientId, username }) {
      if (state === null || username === null) return null;
      const reason = loginRefusal(state, username, clientId);
      return reason === null ? null : deny(DYNSEC, reason);
    },
  };
}

function firstHash(state: DynsecState | null): readonly string[] {
  for (const { password } of state?.clients.sorted() ?? []) {
    if (password !== null && password.hash !== null) return [password.hash];
  }
  return [];
}
