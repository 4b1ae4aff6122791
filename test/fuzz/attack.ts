import { connect } from "node:net";
import { mutate } from "./mutations.ts";
import type { Random } from "./random.ts";
import { ANSWERED, CLIENT_ID, RECORDINGS } from "./recordings.ts";

const MAX_PACKETS = 30;
/** Long enough for the answer of a busy broker. */
const SILENCE_MS = 500;
/** A broker that neither answers nor closes within this time hangs. */
const PATIENCE_MS = 10_000;

/** Packets of one session, most of them mutated, the last one not. */
export function mutatedSession(random: Random, clientId: string): readonly Buffer[] {
  const { connect, packets, last } = random.pick(RECORDINGS);
  // the client id has as many letters in the recording
  const greeting = Buffer.from(connect);
  greeting.write(clientId, greeting.indexOf(CLIENT_ID), "latin1");
  const session = [random.chance(0.1) ? mutate(greeting, random.pick(packets), random) : greeting];
  for (let count = 1 + random.below(MAX_PACKETS); count > 0; count--) {
    const packet = random.pick(packets);
    session.push(random.chance(0.7) ? mutate(packet, random.pick(packets), random) : packet);
  }
  session.push(last);
  return session;
}

/**
 * Sends a session, some in two pieces, and waits until the broker closes, has answered the last packet, or is silent
 * for a moment: then it is left, one way or the other. "stuck": the broker did not close its side.
 */
export function attack(port: number, session: readonly Buffer[], random: Random): Promise<"closed" | "left" | "stuck"> {
  const bytes = Buffer.concat(session);
  const isCut = random.chance(0.2);
  const isRude = random.chance(0.5);
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const patience = setTimeout(() => end("stuck"), PATIENCE_MS);
    let isOver = false;
    const end = (how: "closed" | "left" | "stuck"): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(patience);
      if (how !== "closed" && !isRude) socket.end();
      else socket.destroy();
      // Half closed, it is the broker's turn; it must take it.
      if (how === "left" && !isRude) {
        const turn = setTimeout(() => resolve("stuck"), PATIENCE_MS);
        socket.once("close", () => {
          clearTimeout(turn);
          resolve(how);
        });
      } else resolve(how);
    };
    socket.on("error", () => undefined);
    socket.on("close", () => end("closed"));
    // The answer to the last packet, unless a packet before it has swallowed that.
    socket.on("data", (chunk) => {
      if (ANSWERED.test(chunk.toString("hex"))) end("left");
    });
    socket.on("connect", () => {
      const at = isCut ? random.below(bytes.length) : bytes.length;
      socket.write(bytes.subarray(0, at));
      if (at < bytes.length) setImmediate(() => socket.write(bytes.subarray(at)));
      // A packet that was cut short waits for more: nothing is wrong with silence then.
      setTimeout(() => end("left"), SILENCE_MS).unref();
    });
  });
}
