import { ignore } from "../../core/reasons.ts";
import type { Credentials } from "../../core/types.ts";
import { defineBackend } from "../define-backend.ts";
import { createPlainComparer } from "../plain-password.ts";
import { createUserList } from "../user-list.ts";

interface Settings {
  readonly clients: readonly Client[];
}

interface Client {
  readonly clientid: string;
  readonly password: string;
}

const NAME = "clientid";

/**
 * Clients that are known by client id and password. The client id is the user name from then on: the one that CONNECT
 * has was not proven, and rules for users must not hold for whoever calls itself so.
 */
export const clientid = defineBackend<Settings>({
  type: NAME,
  schema: {
    type: "object",
    required: ["clients"],
    additionalProperties: false,
    properties: {
      clients: {
        type: "array",
        items: {
          type: "object",
          required: ["clientid", "password"],
          additionalProperties: false,
          properties: {
            clientid: { type: "string", minLength: 1 },
            password: { type: "string", minLength: 1 },
          },
        },
      },
    },
  },
  create({ clients }, { digest }) {
    const comparePlain = createPlainComparer();
    const users = new Map(
      clients.map(({ clientid, password }) => [
        clientid,
        { proof: digest(JSON.stringify([clientid, password])), matches: comparePlain(password), scram: null },
      ]),
    );
    if (users.size < clients.length) throw new Error("clientid/clients has a client id twice");
    const { authenticate, recheck } = createUserList({ name: NAME, place: "the client ids", users, decoy: null });
    const byClientId = (credentials: Credentials): Credentials => ({ ...credentials, username: credentials.clientId });
    return {
      name: NAME,
      authenticate: (credentials, signal) =>
        credentials.password === null
          ? // it wants to be known otherwise: by a certificate, or not at all
            ignore(NAME, { kind: "no_credentials", sentence: "sent no password" })
          : authenticate(byClientId(credentials), signal),
      ...(recheck === undefined ? {} : { recheck }),
    };
  },
});
