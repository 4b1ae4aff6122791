import { open, type FileHandle } from "node:fs/promises";
import { utf8Text } from "../../core/text.ts";
import { writeAtomically } from "../../core/write-atomically.ts";

/** Where lines of text lie and are found again. */
export interface Shelf {
  /** Every line with the place where it lies; to be asked once, before anything else. */
  lines(): Promise<Iterable<Line>>;
  /** Puts lines behind the others, and gives their places when they are safe. */
  append(lines: readonly string[]): Promise<readonly Place[]>;
  read(place: Place): Promise<string>;
  /** Puts these in the place of all others. */
  replace(lines: readonly string[]): Promise<readonly Place[]>;
  close(): Promise<void>;
}

/** In bytes, without the line end. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

export interface Line extends Place {
  readonly text: string;
}

/** Lines in a file that only its owner may read. @throws the system's error when it cannot be read or written. */
export async function fileShelf(path: string): Promise<Shelf> {
  let file: FileHandle = await open(path, "a+", 0o600);
  let size = (await file.stat()).size;

  return {
    async lines() {
      const bytes = Buffer.alloc(size);
      await file.read(bytes, 0, size, 0);
      // a crash has cut the last line off: what comes next must not become part of it
      if (size > 0 && bytes.at(-1) !== 0x0a) {
        await file.appendFile("\n");
        size++;
      }
      return linesIn(bytes);
    },
    async append(lines) {
      const { places, ended, end } = layOut(lines, size);
      try {
        await file.appendFile(ended.join(""));
        await file.datasync();
      } catch (error) {
        // a full disk has taken a part of it: the places of what comes next would be wrong
        await file.truncate(size);
        throw error;
      }
      size = end;
      return places;
    },
    async read({ offset, length }) {
      const bytes = Buffer.alloc(length);
      await file.read(bytes, 0, length, offset);
      return bytes.toString("utf8");
    },
    async replace(lines) {
      const { places, ended, end } = layOut(lines, 0);
      await writeAtomically(path, ended);
      await file.close();
      file = await open(path, "a+", 0o600);
      size = end;
      return places;
    },
    close: () => file.close(),
  };
}

/** Lines in memory, for a broker that has no folder. */
export function memoryShelf(): Shelf {
  let lines = new Map<number, string>();
  let size = 0;
  const put = (added: readonly string[]): readonly Place[] => {
    const { places, end } = layOut(added, size);
    for (const [index, { offset }] of places.entries()) lines.set(offset, added[index] ?? "");
    size = end;
    return places;
  };
  return {
    lines: () => Promise.resolve([]),
    append: (added) => Promise.resolve(put(added)),
    read: ({ offset }) => Promise.resolve(lines.get(offset) ?? ""),
    replace(all) {
      lines = new Map();
      size = 0;
      return Promise.resolve(put(all));
    },
    close: () => Promise.resolve(),
  };
}

function layOut(lines: readonly string[], start: number) {
  let offset = start;
  const places = lines.map((line): Place => {
    const place = { offset, length: Buffer.byteLength(line) };
    offset += place.length + 1;
    return place;
  });
  return { places, ended: lines.map((line) => `${line}\n`), end: offset };
}

/** A line without an end was cut off by a crash, and is none. */
function* linesIn(bytes: Buffer): Generator<Line, void> {
  let offset = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, offset)) {
    const text = utf8Text(bytes.subarray(offset, end));
    if (text !== null) yield { offset, length: end - offset, text };
    offset = end + 1;
  }
}
