import type { ConfigProblem } from "./system.ts";

/** A file of a configuration as it travels. */
export interface MovedFile {
  /** Without a folder. */
  readonly name: string;
  /** Its text; missing: `base64` has its bytes. */
  readonly text?: string;
  readonly base64?: string;
}

/** What moves to another broker: passwords as hashes alone. */
export interface ExportedFiles {
  /** The form of this file. */
  readonly culex: 1;
  /** The version that wrote it. */
  readonly version: string;
  readonly at: string;
  readonly files: readonly MovedFile[];
  /** What is not among them, and why: sentences. */
  readonly left: readonly string[];
}

/** Files to take over, or the token of a report about them. A file that another Culex exported stands for those in it. */
export type ImportRequest = { readonly files: readonly MovedFile[] } | { readonly token: string };

/** How many there are, and the first of them. */
export interface ImportCount {
  readonly count: number;
  readonly sample: readonly string[];
}

/** What files would bring; nothing has changed yet. */
export interface ImportReport {
  readonly files: readonly ImportedFile[];
  /** Users and bridges by name, rules and options as they are written: those that are not here yet. */
  readonly users: ImportCount;
  readonly rules: ImportCount;
  readonly bridges: ImportCount;
  readonly options: ImportCount;
  /** Lines of conf files. */
  readonly lines: number;
  /** Lines that are carried out as they are written. */
  readonly carriedOut: number;
  /** Each line that is not, with the reason, and what else would be wrong; at most 500. */
  readonly problems: readonly ConfigProblem[];
  /** Takes them over, within ten minutes; null: there is nothing to do, or it cannot be done. */
  readonly token: string | null;
  /** Why there is no token. */
  readonly why?: string;
}

/** A file of an import. "same": it is here already; "kept": another of its name is here, and stays; "left": not taken. */
export interface ImportedFile {
  readonly name: string;
  readonly state: "new" | "same" | "kept" | "left";
  /** Where it goes; missing: nowhere. */
  readonly to?: string;
  /** A sentence about it. */
  readonly note?: string;
}

/** What an import has changed. */
export interface ImportDone {
  /** Files that were written, and options that were set. */
  readonly changed: readonly string[];
}
