import type { Socket } from "node:net";
import { takeOne, tokenBucket, type TokenBucket } from "../rates/token-bucket.ts";

export interface GateDeps {
  /** Connections each second, asked each time; Infinity: as many as come. */
  readonly perSecond: () => number;
  /** So many wait that this one is turned away. */
  readonly refused: (socket: Socket) => void;
}

/** Lets the connections of one port in at a rate. What is faster waits for its turn, as it would at a busy server. */
export interface Gate {
  /** Calls `enter` now or later, unless the connection is gone by then. */
  pass(socket: Socket, enter: (socket: Socket) => void): void;
  /** Lets go of those that wait. */
  close(): void;
}

/** Longest queue before the gate: as many as EMQ lets the system hold. */
export const MAX_WAITING = 1_024;

/** Makes the gate of one port. */
export function createGate({ perSecond, refused }: GateDeps): Gate {
  let waiting: { readonly socket: Socket; readonly enter: (socket: Socket) => void }[] = [];
  let bucket: TokenBucket | null = null;
  let rate = Infinity;
  let timer: NodeJS.Timeout | null = null;

  const mayEnter = (): boolean => {
    const wanted = perSecond();
    if (wanted !== rate) bucket = tokenBucket(wanted, Date.now());
    rate = wanted;
    return bucket === null || takeOne(bucket, Date.now());
  };

  const letIn = (): void => {
    timer = null;
    // who has given up costs no turn
    waiting = waiting.filter(({ socket }) => !socket.destroyed);
    let entered = 0;
    while (entered < waiting.length && mayEnter()) entered++;
    for (const { socket, enter } of waiting.splice(0, entered)) enter(socket);
    wait();
  };

  const wait = (): void => {
    // the rate may be raised meanwhile
    if (waiting.length > 0) timer ??= setTimeout(letIn, Math.min(1_000, Math.ceil(1_000 / rate)));
  };

  return {
    pass(socket, enter) {
      if (socket.destroyed) return;
      if (waiting.length === 0 && mayEnter()) enter(socket);
      else if (waiting.length >= MAX_WAITING) refused(socket);
      else {
        waiting.push({ socket, enter });
        wait();
      }
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      waiting = [];
    },
  };
}
