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
