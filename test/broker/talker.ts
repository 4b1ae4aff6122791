import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { generate, parser, type Packet } from "mqtt-packet";
import { expect, onTestFinished, vi } from "vitest";
import { connectPacket } from "./wire.ts";

type Version = 3 | 4 | 5;
type Connect = Extract<Packet, { cmd: "connect" }>;
type Publish = Extract<Packet, { cmd: "publish" }>;

const PATIENCE = { timeout: 5_000, interval: 2 };

/** A client that speaks packets and acknowledges nothing by itself. */
export interface Talker {
  readonly socket: Socket;
  /** Everything that came and was not taken yet. */
  readonly packets: Packet[];
  send(...packets: (Packet | Buffer)[]): void;
  take(): Packet[];
  /** The PUBLISH packets among what came. */
  messages(): Publish[];
  /** Waits for an answer of this kind. */
  answer<Kind extends Packet["cmd"]>(cmd: Kind): Promise<Extract<Packet, { cmd: Kind }>>;
  isClosed(): boolean;
  /** Asks for several signs of life, one after the other: what was under way by then has come. */
  settle(): Promise<void>;
  /** Breaks the connection. */
  drop(): Promise<void>;
}

/** Opens a connection and sends the CONNECT; what is answered is up to the caller. */
export async function greet(
  port: number,
  clientId: string,
  { version = 4, ...more }: { version?: Version } & Partial<Connect> = {},
): Promise<Talker> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: version });
  let pongs = 0;
  let isClosed = false;
  reader.on("packet", (packet: Packet) => {
    if (packet.cmd === "pingresp") pongs++;
    else packets.push(packet);
  });
  reader.on("error", () => socket.destroy());
  socket.on("data", (chunk) => reader.parse(chunk));
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isClosed = true;
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const encode = (packet: Packet | Buffer): Buffer =>
    Buffer.isBuffer(packet) ? packet : generate(packet, { protocolVersion: version });
  socket.write(encode(connectPacket(clientId, version, more)));
  return {
    socket,
    packets,
    send: (...sent) => void socket.write(Buffer.concat(sent.map(encode))),
    take: () => packets.splice(0),
    messages: () => packets.filter((packet) => packet.cmd === "publish"),
    answer: (cmd) => vi.waitFor(() => found(packets, cmd), PATIENCE),
    isClosed: () => isClosed,
    async settle() {
      for (let round = 0; round < 10; round++) {
        if (isClosed) return;
        const wanted = pongs + 1;
        socket.write(encode({ cmd: "pingreq" }));
        await vi.waitFor(() => expect(isClosed || pongs >= wanted).toBe(true), PATIENCE);
      }
    },
    async drop() {
      if (isClosed) return;
      socket.destroy();
      await once(socket, "close");
    },
  };
}

/** Connects; the CONNACK has come and is taken, and nothing of what came with it. */
export async function join(port: number, clientId: string, more: Parameters<typeof greet>[2] = {}): Promise<Talker> {
  const talker = await greet(port, clientId, more);
  talker.packets.splice(talker.packets.indexOf(await talker.answer("connack")), 1);
  return talker;
}

/** Subscribes; the SUBACK has come. */
export async function subscribed(talker: Talker, ...packets: Packet[]): Promise<Talker> {
  talker.send(...packets);
  await vi.waitFor(
    () => expect(talker.packets.filter(({ cmd }) => cmd === "suback")).toHaveLength(packets.length),
    PATIENCE,
  );
  talker.packets.splice(0, talker.packets.length, ...talker.messages());
  return talker;
}

function found<Kind extends Packet["cmd"]>(packets: readonly Packet[], cmd: Kind): Extract<Packet, { cmd: Kind }> {
  const isWanted = (packet: Packet): packet is Extract<Packet, { cmd: Kind }> => packet.cmd === cmd;
  const packet = packets.find(isWanted);
  if (packet === undefined) throw new Error(`no ${cmd} yet`);
  return packet;
}
