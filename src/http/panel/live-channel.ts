/** One thing that pages listen to: what it is now, and what has changed since the last look. */
export interface Channel {
  /** Looks at it. */
  look(): void;
  /** Grows by one with each change; 0 until the first look. */
  readonly seq: number;
  /** The frame with all of it. */
  whole(): string;
  /** The frame that leads from the picture before to this one. */
  change(): string;
}

/** A channel that is always told as a whole. */
export function wholeChannel(ch: string, picture: () => unknown): Channel {
  let seq = 0;
  let json = "";
  const frame = (): string => `{"t":"snapshot","ch":"${ch}","seq":${seq},"data":${json}}`;
  return {
    look() {
      const next = JSON.stringify(picture());
      if (next === json) return;
      json = next;
      seq++;
    },
    get seq() {
      return seq;
    },
    whole: frame,
    change: frame,
  };
}

/** A channel of a list, of which only what has changed is told; `countOf` says how many there are in all; null: those are all. */
export function listChannel<T>(
  ch: string,
  items: () => readonly T[],
  idOf: (item: T) => string,
  countOf?: () => number | null,
): Channel {
  let seq = 0;
  /** The member of a frame that says how many there are, where that can be more than are told. */
  let total = "";
  /** JSON of each item by its id, in their order. */
  let known = new Map<string, string>();
  let changed: readonly string[] = [];
  let gone: readonly string[] = [];
  return {
    look() {
      const next = new Map(items().map((item) => [idOf(item), JSON.stringify(item)]));
      changed = [...next].flatMap(([id, json]) => (known.get(id) === json ? [] : [json]));
      gone = [...known.keys()].filter((id) => !next.has(id));
      const nextTotal = countOf === undefined ? "" : `"total":${countOf() ?? next.size},`;
      if (seq > 0 && changed.length + gone.length === 0 && nextTotal === total) return;
      total = nextTotal;
      known = next;
      seq++;
    },
    get seq() {
      return seq;
    },
    whole: () => `{"t":"snapshot","ch":"${ch}","seq":${seq},${total}"data":[${[...known.values()].join()}]}`,
    change: () =>
      `{"t":"patch","ch":"${ch}","seq":${seq},${total}"data":{"changed":[${changed.join()}],"gone":${JSON.stringify(gone)}}}`,
  };
}
