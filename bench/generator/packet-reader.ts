/** Takes one whole packet: its first byte is at `start`, its body is `[body, end)`. */
export type TakePacket = (bytes: Buffer, start: number, body: number, end: number) => void;

/** Cuts what was read into packets; gives the function to feed it. */
export function createPacketReader(take: TakePacket): (chunk: Buffer) => void {
  let rest: Buffer | null = null;
  return (chunk) => {
    const bytes: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    const { length } = bytes;
    let start = 0;
    while (start + 2 <= length) {
      let at = start + 1;
      let byte = bytes[at++] ?? 0;
      let size = byte & 0x7f;
      for (let shift = 7; byte >= 0x80 && at < length; shift += 7) {
        byte = bytes[at++] ?? 0;
        size |= (byte & 0x7f) << shift;
      }
      if (byte >= 0x80 || at + size > length) break;
      take(bytes, start, at, at + size);
      start = at + size;
    }
    // The chunk's memory is read into again.
    rest = start === length ? null : Buffer.from(bytes.subarray(start));
  };
}
