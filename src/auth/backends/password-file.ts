import { defineBackend } from "../define-backend.ts";
import { createStoredLogins, STORED_LOGINS, type StoredLogin } from "../stored-logins.ts";

interface Settings {
  /** The file as the user wrote it: "passwords". */
  readonly file: string;
  readonly entries: readonly StoredLogin[];
}

/** Users of a mosquitto password file that was read before. */
export const passwordFile = defineBackend<Settings>({
  type: "password-file",
  schema: {
    type: "object",
    required: ["file", "entries"],
    additionalProperties: false,
    properties: { file: { type: "string" }, entries: STORED_LOGINS },
  },
  create: ({ file, entries }, context) =>
    createStoredLogins({ name: "password-file", place: `the password file ${file}`, logins: entries }, context),
});
