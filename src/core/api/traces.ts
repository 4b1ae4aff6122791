/** What a trace looks at, and where it stops. */
export interface NewTrace {
  readonly kind: "client" | "user" | "ip" | "topic";
  /** A client id, a user name, an address or a topic filter. */
  readonly value: string;
  /** A name without a folder. Missing: one is made. */
  readonly file?: string;
  /** 1 to 1440. Missing: 60. */
  readonly minutes?: number;
  /** 1 to 100. Missing: 10. */
  readonly megabytes?: number;
  /** How much of payloads is written. Missing: "text". */
  readonly payload?: "text" | "hex" | "hidden";
}

/** A trace that runs. */
export interface TraceInfo {
  readonly kind: "client" | "user" | "ip" | "topic";
  readonly value: string;
  readonly file: string;
  /** What the file holds. */
  readonly bytes: number;
  /** When it ends by itself. */
  readonly until: string;
  readonly payload: "text" | "hex" | "hidden";
}

/** A file that a trace wrote; the trace may run still. */
export interface TraceFile {
  readonly file: string;
  readonly bytes: number;
  /** When something was written to it last. */
  readonly at: string;
}
