import { jsonExcess } from "../core/modest-json.ts";
import { isRawObject } from "../core/raw-object.ts";
import { utf8Text } from "../core/text.ts";
import { membersOf } from "./members.ts";
import type { Members } from "./members.ts";

/** One command of a request, before anything in it but its name is believed. */
export type Asked =
  | { readonly kind: "command"; readonly name: string; readonly members: Members; readonly correlation: string | null }
  /** Not a command, and the end of the request. */
  | { readonly kind: "fault"; readonly name: string; readonly error: string };

/** Bytes; a batch of 10,000 clients is about a million. */
const MAX_PAYLOAD = 2_000_000;

/** A command needs 6. */
const MAX_DEPTH = 32;

/**
 * Takes a request apart. Size and depth are looked at before it is parsed.
 *
 *     {"commands":[{"command":"createClient","username":"cam","correlationData":"1"}]}
 */
export function readEnvelope(payload: Uint8Array): readonly Asked[] {
  if (payload.length > MAX_PAYLOAD) return [faultOf(`Payload larger than ${MAX_PAYLOAD} bytes`)];
  if (jsonExcess(payload, { levels: MAX_DEPTH, values: Infinity }) !== null)
    return [faultOf(`Payload nested deeper than ${MAX_DEPTH} levels`)];
  const text = utf8Text(payload);
  if (text === null) return [faultOf("Payload not valid JSON")];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [faultOf("Payload not valid JSON")];
  }
  const commands = membersOf(value).get("commands");
  if (!Array.isArray(commands)) return [faultOf("Invalid/missing commands")];
  return untilFault(commands);
}

/** As Mosquitto 2.1 does it: what is no command at all ends the request, a command that fails does not. */
function untilFault(commands: readonly unknown[]): readonly Asked[] {
  const asked: Asked[] = [];
  for (const value of commands) {
    const one = readCommand(value);
    asked.push(one);
    if (one.kind === "fault") break;
  }
  return asked;
}

function readCommand(value: unknown): Asked {
  if (!isRawObject(value)) return faultOf("Command not an object");
  const members = membersOf(value);
  const name = members.text("command");
  if (name === null) return faultOf("Missing command");
  const correlation = members.get("correlationdata");
  if (correlation !== undefined && typeof correlation !== "string") {
    return { kind: "fault", name, error: "Invalid correlationData data type." };
  }
  return { kind: "command", name, members, correlation: correlation ?? null };
}

function faultOf(error: string): Asked {
  return { kind: "fault", name: "Unknown command", error };
}
