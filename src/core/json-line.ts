import { messageOf } from "./errors.ts";

/**
 * Finds the line of the fault in a text that `JSON.parse` refused with a message; null when it cannot be found. The
 * message itself quotes what stands near the fault, which may be a password, and is not for a log.
 */
export function jsonFaultLine(source: string, message: string): number | null {
  // V8 says a position for most faults, none for an unexpected token
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return source.trimEnd().slice(0, Number(position)).split("\n").length;
  const lines = source.trimEnd().split("\n");
  if (message.startsWith("Unexpected end")) return lines.length;
  // from the line of the token on every beginning has that fault, before it the text merely ends too soon
  let low = 1;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hasBadToken(lines.slice(0, middle).join("\n"))) high = middle;
    else low = middle + 1;
  }
  return hasBadToken(lines.slice(0, low).join("\n")) ? low : null;
}

function hasBadToken(source: string): boolean {
  try {
    JSON.parse(source);
    return false;
  } catch (error) {
    return messageOf(error).startsWith("Unexpected token");
  }
}
