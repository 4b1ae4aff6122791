/** A mosquitto.db that cannot be read; nothing of it may be used. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";
  /** Where the part begins that is wrong, in bytes from the start of the file. */
  readonly offset: number;

  /** `what` is a clause for the user: "the file ends inside a message". */
  constructor(what: string, offset: number) {
    super(what);
    this.offset = offset;
  }
}

/** A file that is whole and yet not for us: another program's, or of a version this one does not know. */
export class ForeignFileError extends Error {
  override readonly name = "ForeignFileError";
  readonly kind: ForeignKind;

  constructor(kind: ForeignKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** "sqlite": of Mosquitto's SQLite plugin. "older" and "newer": another version of the format. */
export type ForeignKind = "sqlite" | "older" | "newer" | "unknown";
