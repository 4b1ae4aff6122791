import { Duplex } from "node:stream";
import { Aedes, type Client } from "aedes";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { hardenBroker, hardenClient } from "./seam.ts";
import type { Link } from "./types.ts";

export interface FrontDoorDeps {
  readonly log: Logger;
  /**
   * Decides a CONNECT. `done(true)` lets aedes register the client and acknowledge; a refusal answers by itself and
   * never calls it.
   */
  readonly decide: (link: Link, done: (allowed: boolean) => void) => void;
}

/** aedes: takes a CONNECT through its hooks, registers the client, and acknowledges. */
export interface FrontDoor {
  admit(link: Link): void;
  /** The connection has ended. */
  leave(link: Link): void;
  close(): Promise<void>;
}

const CONNACK = 2;

/** Starts aedes. Messages never pass through it: the data plane takes over at the CONNACK. */
export async function openFrontDoor({ log, decide }: FrontDoorDeps): Promise<FrontDoor> {
  const sides = new Map<Link, Duplex>();
  const linkOf = new WeakMap<object, Link>();
  const aedes = new Aedes({
    // The link answers in time whatever happens; aedes' own clock would only cut it short.
    connectTimeout: 120_000,
    maxClientsIdLength: 65_535,
    authenticate(client: Client, _username, _password, done) {
      const link = linkOf.get(client.conn);
      if (link === undefined) {
        done(null, false);
        return;
      }
      // aedes would take the process down with a hook that throws.
      try {
        decide(link, (allowed) => done(null, allowed));
      } catch (error) {
        log.error({}, `A login broke down: ${messageOf(error)}`);
        link.refuse({ kind: "auth_unavailable", sentence: "the login could not be checked" });
      }
    },
  });
  hardenBroker(aedes);
  // Without a listener the process would end.
  aedes.addListener("error", (error: unknown) => {
    log.error({}, `The engine reports a fault: ${messageOf(error)}`);
  });
  await aedes.listen();

  return {
    admit(link) {
      const side = new Duplex({
        read: () => undefined,
        write(chunk: Buffer, _encoding, done) {
          if ((chunk[0] ?? 0) >> 4 === CONNACK) link.begin();
          done();
        },
        destroy(error, done) {
          sides.delete(link);
          link.close({ kind: "taken_over", sentence: "replaced by a new connection" });
          done(error);
        },
      });
      // An error here is aedes closing the connection, which `destroy` has seen.
      side.on("error", () => undefined);
      sides.set(link, side);
      linkOf.set(side, link);
      hardenClient(aedes.handle(side));
      side.push(plainConnect(link.client().clientId));
    },
    leave(link) {
      sides.get(link)?.destroy();
    },
    close: () => new Promise((resolve) => aedes.close(() => resolve())),
  };
}

/**
 * The CONNECT as aedes gets it: who it is, and nothing that aedes would act on after the CONNACK. MQTT 3.1.1, clean
 * session, no keep alive, no will, no credentials: `10 .. 00 04 M Q T T 04 02 00 00 <client id>`.
 */
function plainConnect(clientId: string): Buffer {
  const name = Buffer.from(clientId, "utf8");
  const body = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, name.length >> 8, name.length & 0xff]);
  return Buffer.concat([Buffer.from([0x10]), remainingLength(body.length + name.length), body, name]);
}

function remainingLength(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest & 0x7f;
    rest >>= 7;
    bytes.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return Buffer.from(bytes);
}
