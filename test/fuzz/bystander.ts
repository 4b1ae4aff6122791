import { once } from "node:events";
import { connect } from "node:net";

/** A client that does nothing wrong; it must never notice what others send. */
export interface Bystander {
  /** Throws when the broker has closed its connection or does not answer in time. */
  check(): Promise<void>;
  close(): void;
}

const CONNECT = Buffer.from("10150004 4d515454 04020000 0009 62797374616e646572".replaceAll(" ", ""), "hex");
const CONNACK = "20020000";
/** QoS 1, topic "quiet", to nobody: what is answered has gone through parser, rules and router. */
const PUBLISH = Buffer.from("320a0005 7175696574 0001 78".replaceAll(" ", ""), "hex");
const PUBACK = "40020001";
const PATIENCE_MS = 10_000;

/** Connects the client. */
export async function connectBystander(port: number): Promise<Bystander> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined);
  let received = "";
  socket.on("data", (chunk) => (received += chunk.toString("hex")));
  await once(socket, "connect");

  const ask = (request: Buffer, answer: string): Promise<void> => {
    received = "";
    socket.write(request);
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => fail(`no answer within ${PATIENCE_MS} ms`), PATIENCE_MS);
      const leave = (): void => {
        clearTimeout(patience);
        socket.off("data", look).off("close", lost);
      };
      const fail = (what: string): void => {
        leave();
        reject(new Error(`a client that did nothing wrong noticed: ${what}`));
      };
      const lost = (): void => fail("its connection was closed");
      const look = (): void => {
        if (received.length < answer.length) return;
        if (received !== answer) return fail(`it was answered ${received} instead of ${answer}`);
        leave();
        resolve();
      };
      socket.on("data", look).on("close", lost);
      if (socket.destroyed) lost();
    });
  };

  await ask(CONNECT, CONNACK);
  return { check: () => ask(PUBLISH, PUBACK), close: () => void socket.destroy() };
}
