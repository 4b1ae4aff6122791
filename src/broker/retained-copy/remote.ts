import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { codeOf, messageOf } from "../../core/errors.ts";
import { MAX_ACK_BYTES, writeAck } from "../packets/acks.ts";
import { bodyOffset, readU16 } from "../packets/bytes.ts";
import { PacketType } from "../packets/codes.ts";
import { createFrameReader } from "../packets/frames.ts";
import { type ClientVersion, encodeConnect, encodeEmpty, type Login } from "./client-packets.ts";

/** Another broker, and who we are there. */
export interface RemoteAddress extends Login {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** Another broker that cannot be asked. The message is a clause for the user: "it does not answer". */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  /** "refused": it answers, and does not let us in. */
  readonly kind: "unreachable" | "refused";

  constructor(kind: "unreachable" | "refused", message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A connection to another broker, logged in. */
export interface Remote {
  readonly version: ClientVersion;
  /** Sends a packet and waits for one of this type. @throws RemoteError */
  ask(packet: Buffer, answer: number): Promise<Buffer>;
  /** Called with each PUBLISH; what it is answered with is none of the callee's business. */
  onPublish(take: (packet: Buffer) => void): void;
  close(): void;
}

const PATIENCE_MS = 10_000;

/**
 * Logs in at another broker.
 * @throws RemoteError
 */
export async function openRemote(address: RemoteAddress): Promise<Remote> {
  for (const version of [5, 4] as const) {
    const remote = await open(address, version);
    const connack = await remote.ask(encodeConnect(address, version), PacketType.connack);
    const code = connack[bodyOffset(connack, 0) + 1] ?? 0;
    if (code === 0) return remote;
    remote.close();
    // a broker without MQTT 5 says so in its own version or in ours
    if (version === 5 && (code === 0x01 || code === 0x84)) continue;
    throw new RemoteError("refused", `it refuses the login (code ${code})`);
  }
  throw new RemoteError("refused", "it speaks neither MQTT 5 nor 3.1.1");
}

async function open({ host, port, isTls }: RemoteAddress, version: ClientVersion): Promise<Remote> {
  const socket = isTls ? connectTls({ host, port, servername: host }) : connectPlain({ host, port });
  try {
    await once(socket, isTls ? "secureConnect" : "connect", { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    socket.destroy();
    throw new RemoteError("unreachable", `there is no connection (${reasonOf(error)})`);
  }
  return createRemote(socket, version);
}

function createRemote(socket: Socket, version: ClientVersion): Remote {
  interface Question {
    readonly answer: number;
    readonly resolve: (packet: Buffer) => void;
    readonly reject: (error: RemoteError) => void;
  }
  let question: Question | null = null;
  let take: (packet: Buffer) => void = () => undefined;
  let ended: RemoteError | null = null;

  const end = (why: string): void => {
    ended ??= new RemoteError("unreachable", why);
    socket.destroy();
    question?.reject(ended);
    question = null;
  };
  const receive = (packet: Buffer): void => {
    const type = (packet[0] ?? 0) >> 4;
    if (type === PacketType.publish) {
      take(packet);
      acknowledge(socket, packet, version);
    } else if (type === PacketType.pubrel) {
      sendAck(socket, PacketType.pubcomp, readU16(packet, bodyOffset(packet, 0)), version);
    } else if (type === PacketType.disconnect) {
      end("it ended the connection");
    } else if (type === question?.answer) {
      question.resolve(packet);
      question = null;
    }
  };
  const frames = createFrameReader({
    maxBytes: () => Infinity,
    frame(bytes, start, _body, frameEnd) {
      receive(bytes.subarray(start, frameEnd));
      return true;
    },
    fault: () => end("it does not speak MQTT"),
  });
  socket.on("data", frames.push);
  socket.on("error", (error) => end(`the connection broke (${reasonOf(error)})`));
  socket.on("close", () => end("it closed the connection"));

  return {
    version,
    ask: (packet, answer) =>
      new Promise((resolve, reject) => {
        if (ended !== null) {
          reject(ended);
          return;
        }
        const timer = setTimeout(() => end("it does not answer"), PATIENCE_MS);
        question = {
          answer,
          resolve(reply) {
            clearTimeout(timer);
            resolve(reply);
          },
          reject(error) {
            clearTimeout(timer);
            reject(error);
          },
        };
        socket.write(packet);
      }),
    onPublish(listener) {
      take = listener;
    },
    close() {
      ended ??= new RemoteError("unreachable", "the connection is closed");
      socket.end(encodeEmpty(PacketType.disconnect));
    },
  };
}

function acknowledge(socket: Socket, packet: Buffer, version: ClientVersion): void {
  const qos = ((packet[0] ?? 0) >> 1) & 3;
  if (qos === 0) return;
  const body = bodyOffset(packet, 0);
  const packetId = readU16(packet, body + 2 + readU16(packet, body));
  sendAck(socket, qos === 1 ? PacketType.puback : PacketType.pubrec, packetId, version);
}

function sendAck(socket: Socket, type: number, packetId: number, version: ClientVersion): void {
  const bytes = Buffer.alloc(MAX_ACK_BYTES);
  socket.write(bytes.subarray(0, writeAck(bytes, 0, type, packetId, 0, version)));
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return "no answer";
  return codeOf(error) ?? messageOf(error);
}
