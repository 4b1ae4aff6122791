import type { Wire, WireHandler } from "./wire.ts";

const UPGRADE = [
  "GET /mqtt HTTP/1.1",
  "Host: bench",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Protocol: mqtt",
].join("\r\n");

const BINARY_FRAME = 0x82;
const MASKED = 0x80;
const CLOSE = 8;

/** Speaks WebSocket (RFC 6455) on a wire, just as much of it as a broker's answers need. */
export async function overWebSocket(handler: WireHandler, open: (inner: WireHandler) => Promise<Wire>): Promise<Wire> {
  const upgraded = Promise.withResolvers<undefined>();
  let isUpgraded = false;
  let rest: Buffer = Buffer.alloc(0);
  const lost = (why: string): void => {
    upgraded.reject(new Error(why));
    handler.lost(why);
  };

  const inner = await open({
    bytes(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      if (!isUpgraded) {
        const end = bytes.indexOf("\r\n\r\n");
        if (end >= 0) {
          const status = bytes.toString("latin1", 0, bytes.indexOf("\r\n"));
          if (!status.startsWith("HTTP/1.1 101")) return lost(`no upgrade: ${status}`);
          isUpgraded = true;
          at = end + 4;
          upgraded.resolve(undefined);
        }
      }
      if (isUpgraded) at = readFrames(bytes, at, handler, lost);
      rest = Buffer.from(bytes.subarray(at));
    },
    lost,
  });
  inner.write(Buffer.from(`${UPGRADE}\r\n\r\n`, "latin1"));
  await upgraded.promise;
  return { ...inner, write: (bytes) => inner.write(masked(bytes)) };
}

/** Hands over the payload of every whole frame; gives the offset of what is left. */
function readFrames(bytes: Buffer, from: number, handler: WireHandler, lost: (why: string) => void): number {
  let at = from;
  while (at + 2 <= bytes.length) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (at + head > bytes.length) return at;
    const size = short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? bytes.readUInt32BE(at + 6) : short;
    const end = at + head + size;
    if (end > bytes.length) return at;
    if (((bytes[at] ?? 0) & 15) === CLOSE) lost("closed by the broker");
    else handler.bytes(bytes.subarray(at + head, end));
    at = end;
  }
  return at;
}

/** One frame, masked with zeros: the broker unmasks as always, and nothing has to be computed here. */
function masked(bytes: Buffer): Buffer {
  const { length } = bytes;
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  head[0] = BINARY_FRAME;
  if (length < 126) head[1] = MASKED | length;
  else if (length < 65_536) {
    head[1] = MASKED | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = MASKED | 127;
    head.writeUInt32BE(length, 6);
  }
  return Buffer.concat([head, bytes]);
}
