import { codeOf, messageOf } from "../core/errors.ts";
import type { Fault } from "./types.ts";

const UNREACHABLE = "Check the address and whether that broker runs.";

/** The remote broker heard the CONNECT, or was never told of it, and hung up. */
export const NO_ANSWER: Fault = {
  kind: "network",
  sentence: "was cut off by that broker without an answer to its CONNECT",
  fix: "Look into its log. A port with TLS needs bridge_cafile; a broker that knows no bridges, try_private false.",
};

/** This broker has as many sessions as it may have. */
export const NO_ROOM: Fault = {
  kind: "network",
  sentence: "found no room for its session in this broker",
  fix: "There are as many sessions as the limits allow.",
};

/** Nothing came back in that time. */
export function silent(seconds: number): Fault {
  return { kind: "network", sentence: `did not answer within ${seconds} s`, fix: UNREACHABLE };
}

/** There is no connection; null: that host ended it while it began. */
export function cannotConnect(error: unknown): Fault {
  const fix = FIXES.get(codeOf(error) ?? "") ?? UNREACHABLE;
  return { kind: "network", sentence: `cannot connect: ${wordsFor(error)}`, fix };
}

/** There was a connection. */
export function broken(why: string): Fault {
  return { kind: "network", sentence: `lost its connection (${why})`, fix: "" };
}

/** Says in words what the system says in a code. */
export function wordsFor(error: unknown): string {
  return error === null ? "that host cut the connection" : (WORDS.get(codeOf(error) ?? "") ?? messageOf(error));
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "there is no host of that name"],
  ["EAI_AGAIN", "the host name cannot be looked up now"],
  ["EHOSTUNREACH", "there is no way to that host"],
  ["ETIMEDOUT", "that host does not answer"],
  ["ECONNRESET", "that host cut the connection"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is for another host name"],
  ["CERT_HAS_EXPIRED", "the certificate has expired"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "that port does not speak TLS"],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", "that port does not speak TLS"],
]);

const CERTIFICATE = "Check bridge_cafile, and the name in the address line.";
const FIXES: ReadonlyMap<string, string> = new Map(
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  ].map((code) => [code, CERTIFICATE]),
);

/** What came is no packet, or none that belongs there. */
export function unreadable(error: unknown): Fault {
  const sentence = `got something that is no MQTT (${messageOf(error)})`;
  return { kind: "network", sentence, fix: "Check the port: it may speak TLS or another protocol." };
}

/** A packet came that this broker would not take either. */
export function tooLarge(limit: number): Fault {
  const sentence = `got a packet of more than ${limit} bytes`;
  return { kind: "network", sentence, fix: "Raise max_packet_size, or do not bring in that topic." };
}
