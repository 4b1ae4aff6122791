import { describe, expect, test } from "vitest";
import { array, assert, constantFrom, integer, nat, oneof, property } from "fast-check";
import { createFrameReader } from "../../../src/broker/packets/frames.ts";
import { packetSize, writeVarint } from "../../../src/broker/packets/bytes.ts";

interface Seen {
  readonly frames: string[];
  readonly faults: string[];
}

function reader(maxBytes: number, accept: (frame: string) => boolean = () => true) {
  const seen: Seen = { frames: [], faults: [] };
  const made = createFrameReader({
    maxBytes: () => maxBytes,
    frame(bytes, start, body, end) {
      const frame = `${bytes.toString("hex", start, body)}|${bytes.toString("hex", body, end)}`;
      seen.frames.push(frame);
      return accept(frame);
    },
    fault: (fault, size, limit) => void seen.faults.push(`${fault} ${size} of ${limit}`),
  });
  return { ...made, ...seen };
}

function packetOf(size: number): Buffer {
  const packet = Buffer.alloc(packetSize(size), 7);
  packet[0] = 0x30;
  writeVarint(packet, 1, size);
  return packet;
}

describe("cutting bytes into packets", () => {
  test("several packets of one chunk are given in place", () => {
    const frames = reader(100);
    frames.push(Buffer.from("c0003003000161d000", "hex"));
    expect(frames.frames).toEqual(["c000|", "3003|000161", "d000|"]);
  });

  test("however the bytes are cut, the packets are the same", () => {
    const sizes = array(oneof(nat(300), constantFrom(127, 128, 16_383, 16_384, 70_000)), { maxLength: 5 });
    assert(
      property(sizes, array(integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 40 }), (some, cuts) => {
        const packets = some.map(packetOf);
        const stream = Buffer.concat(packets);
        const frames = reader(1_000_000);
        let at = 0;
        for (let turn = 0; at < stream.length; turn++) {
          const next = at + (cuts[turn % cuts.length] ?? 1);
          frames.push(stream.subarray(at, next));
          at = next;
        }
        expect(frames.frames.map((frame) => frame.replace("|", ""))).toEqual(packets.map((one) => one.toString("hex")));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["the longest packet that is allowed", packetOf(98), 100, []],
    ["one byte more", packetOf(99), 100, ["oversize 101 of 100"]],
    ["five length bytes", Buffer.from("30ffffffff01", "hex"), 100, ["malformed 0 of 0"]],
  ])("%s", (_name, bytes, max, faults) => {
    const frames = reader(max);
    frames.push(bytes);
    expect(frames.faults).toEqual(faults);
  });

  test("a length that is too great is judged before its body comes", () => {
    const frames = reader(100);
    frames.push(Buffer.from("30", "hex"));
    frames.push(Buffer.from("ff", "hex"));
    expect(frames.faults).toEqual([]);
    frames.push(Buffer.from("7f", "hex"));
    expect(frames.faults).toEqual(["oversize 16386 of 100"]);
    frames.push(Buffer.from("c000", "hex"));
    expect(frames.frames).toEqual([]);
  });

  test("a reader that was stopped keeps what follows until it goes on", () => {
    const frames = reader(100, (frame) => frame !== "1000|");
    frames.push(Buffer.from("1000c000c0", "hex"));
    frames.push(Buffer.from("00d0", "hex"));
    expect(frames.frames).toEqual(["1000|"]);
    expect(frames.hasRest()).toBe(true);
    frames.resume();
    expect(frames.hasRest()).toBe(false);
    frames.push(Buffer.from("00", "hex"));
    expect(frames.frames).toEqual(["1000|", "c000|", "c000|", "d000|"]);
  });

  test("a packet sent byte by byte arrives whole", () => {
    const packet = packetOf(200_000);
    const frames = reader(1_000_000);
    for (const byte of packet) frames.push(Buffer.from([byte]));
    expect(frames.frames).toEqual([`${packet.toString("hex", 0, 4)}|${packet.toString("hex", 4)}`]);
  });
});
