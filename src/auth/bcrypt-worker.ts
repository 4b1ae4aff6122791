import { parentPort } from "node:worker_threads";
import { compareSync } from "bcryptjs";

/** One question to the worker; it answers each with true or false, in order. */
export interface BcryptQuestion {
  readonly password: string;
  readonly hash: string;
}

const port = parentPort;
port?.on("message", ({ password, hash }: BcryptQuestion) => {
  port.postMessage(compareSync(password, hash));
});
