import { codeOf, messageOf } from "../../core/errors.ts";
import type { Problem } from "../../core/types.ts";
import type { ListenerSettings } from "../../settings/types.ts";

/** Says why a listener stays closed. */
export function cannotOpen({ port, host, origin }: ListenerSettings, error: unknown): Problem {
  return { severity: "error", where: origin, ...textFor(port, host, error) };
}

function textFor(port: number, host: string, error: unknown): Pick<Problem, "what" | "now" | "fix"> {
  const closed = "This listener stays closed; the others work.";
  switch (codeOf(error) ?? "") {
    case "EADDRINUSE":
      return {
        what: `Port ${port} is in use by another program, probably the app "Mosquitto broker".`,
        now: "This listener stays closed. Settings and data are safe.",
        fix: "Stop it first, or change the port under Network.",
      };
    case "EACCES":
      return {
        what: `Port ${port} may not be opened by this user.`,
        now: closed,
        fix: "Choose a port above 1023, or give the program the right to open it.",
      };
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return {
        what: `The address "${host}" of the listener on port ${port} is not on this machine.`,
        now: closed,
        fix: 'Use one of this machine\'s addresses, or "::" for all.',
      };
    default:
      return {
        what: `The listener on port ${port} could not be opened: ${messageOf(error)}.`,
        now: closed,
        fix: "Check its port, address and certificate.",
      };
  }
}
