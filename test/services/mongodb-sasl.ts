import { createScramDesk } from "../../src/auth/scram-exchange.ts";
import { scramCredential } from "../../src/auth/scram-credential.ts";
import { allow, ignore } from "../../src/core/reasons.ts";
import type { RawObject } from "../../src/core/raw-object.ts";
import { client } from "../auth/context.ts";

interface Sasl {
  answer(command: RawObject): Promise<RawObject>;
  /** Whether the client has proven who it is. */
  isDone(): boolean;
}

/** The SCRAM-SHA-256 of one connection, as the commands saslStart and saslContinue carry it. */
export function createSasl({ username, password }: { readonly username: string; readonly password: string }): Sasl {
  const digest = (text: string): string => Buffer.from(text.padEnd(32, "-")).toString("base64url");
  const desk = createScramDesk({
    digest,
    find: (credentials) =>
      credentials.username === username
        ? allow("mongodb", {
            identity: { clientId: "", username, superuser: false, source: "mongodb", proof: null },
            credential: scramCredential(username, password, digest),
          })
        : ignore("mongodb", { kind: "unknown_user", sentence: "nobody of that name" }),
  });
  const exchange = desk.begin(client(null));
  let isDone = false;
  return {
    isDone: () => isDone,
    async answer({ payload }) {
      const step = await exchange.answer(payload instanceof Uint8Array ? payload : null);
      if (step.verdict !== "continue" && step.verdict !== "allow") {
        return { ok: 0, code: 18, errmsg: "Authentication failed." };
      }
      isDone = step.verdict === "allow";
      const data = step.verdict === "allow" ? step.value.data : step.data;
      return { conversationId: 1, done: isDone, payload: Buffer.from(data), ok: 1 };
    },
  };
}
