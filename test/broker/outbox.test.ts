import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { duplexPair, type Duplex } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test, vi } from "vitest";
import { createFlusher } from "../../src/broker/flusher.ts";
import { createOutbox, type Outbox } from "../../src/broker/outbox.ts";

interface Setup {
  readonly outbox: Outbox;
  readonly drains: number[];
  readonly overflows: number[];
  readonly sent: { readonly bytes: number };
}

function outboxOf(stream: Duplex, maxPacketSize = 1_000): Setup {
  const drains: number[] = [];
  const overflows: number[] = [];
  const sent = { bytes: 0 };
  const outbox = createOutbox(
    stream,
    {
      drained: () => void drains.push(outbox.bytesUnsent()),
      overflow: () => void overflows.push(outbox.bytesUnsent()),
      maxPacketSize: () => maxPacketSize,
      sent,
    },
    createFlusher(),
  );
  return { outbox, drains, overflows, sent };
}

/** Both ends of a TCP connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const far = connect({ port: typeof bound === "object" && bound !== null ? bound.port : 0, host: "127.0.0.1" });
  const near = await accepted;
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

function collect(stream: Duplex): () => Buffer {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

test("what one turn brings goes out as one write, in order", async () => {
  const [near, far] = duplexPair();
  const writes = vi.spyOn(near, "write");
  const received = collect(far);
  const { outbox } = outboxOf(near);
  for (const text of ["a", "bc", "d"]) outbox.write(Buffer.from(text));
  expect(outbox.bytesUnsent()).toBe(4);
  await vi.waitFor(() => expect(received().toString()).toBe("abcd"));
  expect(writes).toHaveBeenCalledTimes(1);
});

test.each([
  ["small pieces", 300, 40_000],
  ["large pieces", 100_000, 120],
  ["pieces of every size", 0, 3_000],
])("%s to a client that reads late arrive whole and in order", async (_name, size, count) => {
  const [near, far] = await socketPair();
  const { outbox, drains } = outboxOf(near);
  const sent: Buffer[] = [];
  const add = (n: number): void => {
    const piece = Buffer.alloc(size === 0 ? 1 + ((n * 7_919) % 20_000) : size);
    piece.fill(n % 251);
    sent.push(piece);
    outbox.write(piece);
  };
  for (let n = 0; n < count / 2; n++) add(n);
  await vi.waitFor(() => expect(near.writableNeedDrain).toBe(true));
  for (let n = count / 2; n < count; n++) add(n);
  const expected = Buffer.concat(sent);
  const received = collect(far);
  await vi.waitFor(() => expect(received().length).toBe(expected.length), { timeout: 10_000 });
  expect(received().equals(expected)).toBe(true);
  await vi.waitFor(() => expect(drains.at(-1)).toBe(0));
});

test("whoever waits for room hears of it, also when the last piece is too small to make the stream ask", async () => {
  const [near, far] = duplexPair({ writableHighWaterMark: 1_000 });
  const { outbox, drains } = outboxOf(near);
  outbox.write(Buffer.alloc(200_000));
  await vi.waitFor(() => expect(near.writableNeedDrain).toBe(true));
  outbox.write(Buffer.alloc(10));
  drains.length = 0;
  const received = collect(far);
  await vi.waitFor(() => expect(received()).toHaveLength(200_010));
  await vi.waitFor(() => expect(drains).not.toEqual([]));
});

test("a few bytes for a client that does not read keep no large buffer in memory", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: unknown = runInNewContext("gc");
  if (typeof collectGarbage !== "function") throw new Error("no garbage collector to call");
  const [near] = duplexPair({ writableHighWaterMark: 100 });
  const { outbox } = outboxOf(near);
  outbox.write(Buffer.alloc(200_000));
  await vi.waitFor(() => expect(near.writableNeedDrain).toBe(true));
  const large = Array.from({ length: 100 }, () => {
    const slab = Buffer.alloc(65_536);
    outbox.write(slab.subarray(0, 80));
    return new WeakRef(slab.buffer);
  });
  // What was just referred to weakly lives to the end of its turn.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(large.filter((slab) => slab.deref() !== undefined).length).toBeLessThan(5);
  expect(outbox.bytesUnsent()).toBeGreaterThanOrEqual(8_000);
});

test.each([
  [1_000, 33_000_000, 1],
  [40_000_000, 33_000_000, 0],
])("with packets of at most %i bytes, %i that nobody reads overflow %i times", async (maxPacketSize, bytes, times) => {
  const [near] = duplexPair();
  const { outbox, overflows } = outboxOf(near, maxPacketSize);
  outbox.write(Buffer.alloc(100_000));
  await vi.waitFor(() => expect(near.writableNeedDrain).toBe(true));
  for (let sent = 0; sent < bytes; sent += 100_000) outbox.write(Buffer.alloc(100_000));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(overflows).toHaveLength(times);
});

test("the end sends what is left and takes nothing more", async () => {
  const [near, far] = duplexPair();
  const received = collect(far);
  const ended = once(far, "end");
  const { outbox } = outboxOf(near);
  outbox.write(Buffer.from("last"));
  outbox.end();
  outbox.write(Buffer.from("never"));
  outbox.end();
  await ended;
  expect(received().toString()).toBe("last");
});
