/**
 * What the API of the panel says and hears, shared by server, panel and tests. Times are ISO 8601 in UTC, sizes are
 * bytes, intervals are seconds.
 */

/** A sentence for people, with what to do and where. */
export interface ReasonInfo {
  readonly kind: string;
  /** Plain words without a capital and full stop: "wrong password for user kitchen-plug". */
  readonly sentence: string;
  readonly hint?: string;
  readonly where?: PlaceInfo;
}

/** A place in a file of the user. */
export interface PlaceInfo {
  readonly file: string;
  readonly line?: number;
}

/** Part of a list; `next` is the cursor of what follows, null: this was the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly next: string | null;
}

/** Every answer that is no success. */
export interface ErrorBody {
  readonly error: {
    /** For programs: "not_found", "forbidden", "invalid", "conflict", "too_large", "unavailable". */
    readonly code: string;
    /** What is wrong. */
    readonly message: string;
    /** What to do. */
    readonly hint: string;
    /** Name of the member of the body that is wrong. */
    readonly field?: string;
    readonly where?: PlaceInfo;
  };
}

/** Messages in one direction. */
export interface Rate {
  /** In the last minute. */
  readonly perMin: number;
  /** Since the session began, or the broker started. */
  readonly total: number;
  readonly bytes: number;
}

/** One write that somebody made through the API. */
export interface AuditRecord {
  readonly at: string;
  /** Display name of the Home Assistant user, or "token". */
  readonly by: string;
  /** "disconnected kitchen-plug". */
  readonly what: string;
}
