import type { DenyAction } from "./types.ts";

/** A stage as auth.yaml has it; keys that are not here are its backend's. */
export interface RawStage {
  readonly id?: string;
  readonly type: string;
  readonly enabled?: boolean;
  readonly when?: {
    readonly listener?: string | readonly string[];
    readonly username?: string | readonly string[];
    readonly clientid?: string | readonly string[];
    readonly has_cert?: boolean;
  };
  readonly on_error?: "deny" | "ignore";
  readonly on_bad_password?: "deny" | "next";
  readonly deny_means?: "deny" | "ignore";
  readonly timeout?: number;
  readonly cache?: false | { readonly ttl?: number; readonly negative_ttl?: number; readonly stale_if_error?: number };
  readonly superuser?: boolean | "from_backend";
}

/** What auth.yaml says about the order of rules. */
export interface RawAcl {
  readonly sources?: readonly string[];
  readonly no_match?: "deny" | "allow";
  readonly deny_action?: DenyAction;
}

/** auth.yaml as ajv has checked it. */
export interface RawAuthFile {
  readonly stages: readonly RawStage[];
  readonly acl?: RawAcl;
}

const oneOrMore = {
  anyOf: [
    { type: "string", minLength: 1 },
    { type: "array", minItems: 1, items: { type: "string", minLength: 1 } },
  ],
} as const;

export const DAY_S = 86_400;

/** The schema of what any stage may have. */
const stageProperties = {
  id: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" },
  type: { type: "string", minLength: 1 },
  enabled: { type: "boolean" },
  when: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    properties: { listener: oneOrMore, username: oneOrMore, clientid: oneOrMore, has_cert: { type: "boolean" } },
  },
  on_error: { enum: ["deny", "ignore"] },
  on_bad_password: { enum: ["deny", "next"] },
  deny_means: { enum: ["deny", "ignore"] },
  timeout: { type: "number", minimum: 0.1, maximum: 30 },
  cache: {
    anyOf: [
      { const: false },
      {
        type: "object",
        additionalProperties: false,
        properties: {
          ttl: { type: "number", minimum: 0, maximum: 3600 },
          negative_ttl: { type: "number", minimum: 0, maximum: 300 },
          stale_if_error: { type: "number", minimum: 0, maximum: DAY_S },
        },
      },
    ],
  },
  superuser: { enum: [true, false, "from_backend"] },
} as const;

/** The keys that any stage may have; others are its backend's. */
export const STAGE_KEYS: readonly string[] = Object.keys(stageProperties);

/** The schema of the whole file. */
export const authSchema = {
  type: "object",
  required: ["stages"],
  additionalProperties: false,
  properties: {
    stages: {
      type: "array",
      items: { type: "object", required: ["type"], properties: stageProperties },
    },
    acl: {
      type: "object",
      additionalProperties: false,
      properties: {
        sources: { type: "array", minItems: 1, uniqueItems: true, items: { type: "string", minLength: 1 } },
        no_match: { enum: ["deny", "allow"] },
        deny_action: { enum: ["ignore", "disconnect"] },
      },
    },
  },
} as const;
