import type { Random } from "./random.ts";

/** Bytes at which parsers go wrong more often than at others. */
const INTERESTING: readonly [number, ...number[]] = [
  0x00, 0x01, 0x02, 0x7f, 0x80, 0xff, 0x23, 0x2b, 0x2f, 0x24, 0xc0, 0xed,
];

type Mutation = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  function flipBit(bytes, _other, random) {
    const at = random.below(bytes.length);
    return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  },
  (bytes, _other, random) => withByte(bytes, random.below(bytes.length), random.below(256)),
  (bytes, _other, random) => withByte(bytes, random.below(bytes.length), random.pick(INTERESTING)),
  function insert(bytes, _other, random) {
    const at = random.below(bytes.length + 1);
    const added = Buffer.alloc(1 + random.below(8), random.pick(INTERESTING));
    return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
  },
  function remove(bytes, _other, random) {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
  },
  function repeat(bytes, _other, random) {
    const at = random.below(bytes.length);
    const end = at + 1 + random.below(bytes.length - at);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  (bytes, _other, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  function splice(bytes, other, random) {
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];

/**
 * A packet with up to three mutations. Mostly its length is made right afterwards, as otherwise little would come past
 * the framing; then the packets behind it are read as packets too.
 */
export function mutate(packet: Buffer, other: Buffer, random: Random): Buffer {
  const isFramed = random.chance(0.85);
  let first = packet[0] ?? 0;
  let bytes = isFramed ? packet.subarray(headerLength(packet)) : packet;
  for (let count = 1 + random.below(3); count > 0; count--) {
    if (isFramed && random.chance(0.1)) first ^= 1 << random.below(8);
    else if (bytes.length > 0) bytes = random.pick(MUTATIONS)(bytes, other, random);
  }
  return isFramed ? Buffer.concat([Buffer.from([first, ...remainingLength(bytes.length)]), bytes]) : bytes;
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  return changed;
}

function headerLength(packet: Buffer): number {
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80) at++;
  return at + 1;
}

function remainingLength(length: number): readonly number[] {
  return length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
}
