import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { isRawObject } from "../../src/core/raw-object.ts";
import { createControl } from "../../src/dynsec/control.ts";
import { parseDynsec } from "../../src/dynsec/parse-file.ts";
import type { Control, ControlAnswer, DynsecState, Requester } from "../../src/dynsec/types.ts";

/** Where the recorded exchanges and the files they started from are. */
export const FIXTURES = join(import.meta.dirname, "..", "fixtures", "dynsec");

/** A stored hash in the layout of 2.0: the password is "secret1". */
export const HASH =
  "$7$101$zTkAC8PDF9yohtHQ$EoilTLks8+tFCXHkD9bUhdBZFL0pE6Ib6Ephvvhe8f/Gha8oN23tZ6+eDzN5qGpmMxnMEC3hK+sz24xn6LHelQ==";

export const ADMIN: Requester = { clientId: "ctrl", username: "admin" };

/** A state under commands. */
export interface House {
  readonly state: DynsecState;
  readonly control: Control;
  /** Sends a payload as the administrator. */
  readonly send: (payload: string) => Promise<ControlAnswer>;
  /** Carries out commands that must all succeed; answers the data of the last. */
  readonly run: (...commands: readonly object[]) => Promise<unknown>;
  /** Carries out one command; answers its error, undefined for none. */
  readonly errorOf: (command: object) => Promise<unknown>;
}

/** Reads a file's text, which must be usable, and puts commands on it. Every password becomes `HASH`. */
export function openHouse(text: string): House {
  const { state } = parseDynsec(text, "dynamic-security.json");
  if (state === null) throw new Error("the file of the test is broken");
  const control = createControl({
    state: () => state,
    save: () => Promise.resolve(null),
    hash: () => Promise.resolve(HASH),
    connected: () => [],
    brokeDown: (_, error) => expect.unreachable(String(error)),
  });
  const send = (payload: string): Promise<ControlAnswer> => control.request(Buffer.from(payload), ADMIN);
  const responses = async (commands: readonly object[]): Promise<readonly unknown[]> =>
    responsesOf((await send(JSON.stringify({ commands }))).reply);
  return {
    state,
    control,
    send,
    async run(...commands) {
      const answers = await responses(commands);
      const failed = answers.filter((answer) => isRawObject(answer) && answer["error"] !== undefined);
      if (failed.length > 0) throw new Error(JSON.stringify(failed));
      const last = answers.at(-1);
      return isRawObject(last) ? last["data"] : undefined;
    },
    async errorOf(command) {
      const [answer] = await responses([command]);
      return isRawObject(answer) ? answer["error"] : undefined;
    },
  };
}

/** The elements of a reply. */
export function responsesOf(reply: string): readonly unknown[] {
  const value: unknown = JSON.parse(reply);
  const responses = isRawObject(value) ? value["responses"] : null;
  if (!Array.isArray(responses)) throw new Error(`no reply: ${reply}`);
  return responses;
}

/** The text of a fixture. */
export function fixture(name: string): string {
  return readFileSync(join(FIXTURES, name), "utf8");
}

/** A house with these members in its file. */
export function houseOf(file: object): House {
  return openHouse(JSON.stringify(file));
}

/** An access entry of a file or command: `acl("publishClientSend a/#", { allow: false })`. */
export function acl(entry: string, { allow = true, priority = 0 } = {}): object {
  const [acltype, topic] = entry.split(" ");
  return { acltype, topic, allow, priority };
}
