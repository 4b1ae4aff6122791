import { decoyFor } from "../decoy.ts";
import { defineBackend } from "../define-backend.ts";
import type { PasswordFileEntry } from "../password-file.ts";
import { createUserList } from "../user-list.ts";

interface Settings {
  /** The file as the user wrote it: "passwords". */
  readonly file: string;
  readonly entries: readonly PasswordFileEntry[];
}

/** Users of a mosquitto password file that was read before. */
export const passwordFile = defineBackend<Settings>({
  type: "password-file",
  schema: {
    type: "object",
    required: ["file", "entries"],
    additionalProperties: false,
    properties: {
      file: { type: "string" },
      entries: {
        type: "array",
        items: {
          type: "object",
          required: ["username", "hash"],
          additionalProperties: false,
          properties: { username: { type: "string" }, hash: { type: "string" } },
        },
      },
    },
  },
  create({ file, entries }, { digest, verify }) {
    const decoy = decoyFor(entries.map(({ hash }) => hash));
    return createUserList({
      name: "password-file",
      place: `the password file ${file}`,
      users: new Map(
        entries.map(({ username, hash }) => [
          username,
          // with the name in it, so that equal hashes do not show
          { proof: digest(JSON.stringify([username, hash])), matches: (sent) => verify(hash, sent), scram: null },
        ]),
      ),
      decoy: decoy === null ? null : (password) => verify(decoy, password),
    });
  },
});
