import { defineBackend } from "../define-backend.ts";
import { createStoredLogins, STORED_LOGINS, type StoredLogin } from "../stored-logins.ts";

interface Settings {
  /** Of two entries with one name the last counts, as in the official add-on. */
  readonly logins: readonly StoredLogin[];
}

/** Users listed in the options. */
export const logins = defineBackend<Settings>({
  type: "logins",
  schema: {
    type: "object",
    required: ["logins"],
    additionalProperties: false,
    properties: { logins: STORED_LOGINS },
  },
  create: ({ logins }, context) => createStoredLogins({ name: "logins", place: "the logins", logins }, context),
});
