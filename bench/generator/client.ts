import type { Target } from "../target.ts";
import { createPacketReader } from "./packet-reader.ts";
import { encodeConnect, encodeSubscribe, PINGREQ, type Qos, Type } from "./packets.ts";
import { openWire, type ReadBuffer } from "./wire.ts";

/** Takes what a client receives; called for every packet, so it does not allocate. */
export interface ClientHandler {
  /** A PUBLISH; `body` is where the topic begins, `flags` are the lower four bits of the first byte. */
  publish(bytes: Buffer, body: number, flags: number): void;
  /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
  ack(type: number, packetId: number): void;
  /** Everything that was read at once has been handed over. */
  read(): void;
}

/** An MQTT 3.1.1 client that sends ready packets. */
export interface Client {
  write(bytes: Buffer): void;
  subscribe(filters: readonly string[], qos: Qos): Promise<void>;
  /** Resolves when the broker has taken everything that was written before. */
  ping(): Promise<void>;
  /** Reads no more. */
  freeze(): void;
  close(): void;
}

type AwaitedType = typeof Type.connack | typeof Type.suback | typeof Type.pingresp;

interface Waiting {
  readonly type: AwaitedType;
  readonly done: (bytes: Buffer) => void;
  readonly failed: (error: Error) => void;
}

const REFUSED = 0x80;

/** Connects and logs in. */
export async function connectClient(
  target: Target,
  clientId: string,
  buffer: ReadBuffer,
  handler: ClientHandler,
  lost: (why: string) => void,
): Promise<Client> {
  let waiting: Waiting[] = [];
  let isIn = false;

  const answer = (type: AwaitedType): Promise<Buffer> =>
    new Promise((done, failed) => waiting.push({ type, done, failed }));

  const settle = (type: number, body: Buffer): void => {
    const first = waiting.find((one) => one.type === type);
    waiting = waiting.filter((one) => one !== first);
    first?.done(body);
  };

  const read = createPacketReader((bytes, start, body, end) => {
    const first = bytes[start] ?? 0;
    const type = first >> 4;
    if (type === Type.publish) handler.publish(bytes, body, first & 15);
    else if (type <= Type.pubcomp && type >= Type.puback) {
      handler.ack(type, ((bytes[body] ?? 0) << 8) | (bytes[body + 1] ?? 0));
    } else settle(type, Buffer.from(bytes.subarray(body, end)));
  });

  const wire = await openWire(target, buffer, {
    bytes(chunk) {
      read(chunk);
      if (isIn) handler.read();
    },
    lost(why) {
      for (const { failed } of waiting) failed(new Error(`${clientId}: ${why}`));
      lost(why);
    },
  });

  wire.write(encodeConnect(clientId, target.username, target.password));
  const connack = await answer(Type.connack);
  if (connack[1] !== 0) throw new Error(`${clientId}: login refused with code ${connack[1] ?? -1}`);

  isIn = true;
  return {
    write: (bytes) => wire.write(bytes),
    async subscribe(filters, qos) {
      wire.write(encodeSubscribe(1, filters, qos));
      const suback = await answer(Type.suback);
      if (suback.subarray(2).includes(REFUSED)) throw new Error(`${clientId}: a subscription was refused`);
    },
    async ping() {
      wire.write(PINGREQ);
      await answer(Type.pingresp);
    },
    freeze: () => wire.freeze(),
    close: () => wire.destroy(),
  };
}
