import { sentence } from "./problem.ts";
import type { Problem } from "./types.ts";

/** A service that was asked and could not decide: no answer, or none that can be trusted. */
export class BackendError extends Error {
  override readonly name = "BackendError";
  /** The stage of the login chain that was asked: "home-assistant"; null below the chain. */
  readonly source: string | null;

  constructor(
    message: string,
    { cause, source = null }: { readonly cause?: unknown; readonly source?: string | null } = {},
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.source = source;
  }
}

/** Settings that a login source cannot use; the message quotes none of their values, which may be passwords. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  /** Where in the settings: "/host"; empty: they as a whole. */
  readonly path: string;
  /** The key at `path` that there is none of, and those there are; null: another fault. */
  readonly unknownKey: { readonly key: string; readonly known: readonly string[] } | null;

  constructor(message: string, path: string, unknownKey: SettingsError["unknownKey"] = null) {
    super(message);
    this.path = path;
    this.unknownKey = unknownKey;
  }
}

/** Nothing is left to run with this configuration; the program ends with exit code 78. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(sentence).join(" | "));
    this.problems = problems;
  }
}

/** The text of a caught value, for a log line or a `cause`. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error such as "ENOENT"; null for anything else. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
