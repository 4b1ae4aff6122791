import type { JSONSchemaType } from "ajv";
import type { Permission, Role } from "./permissions.ts";

/** A stage of type "users" as it is written. */
export interface UsersSettings {
  readonly users: readonly WrittenUser[];
  readonly roles?: readonly Role[];
  /** What of a client's certificate is its user name. Missing: "cn". */
  readonly peer_cert_as_username?: "cn" | "dn";
}

/** A user as it is written. */
export interface WrittenUser {
  readonly username: string;
  /** In plain text; or else as a hash. */
  readonly password?: string;
  /** As `culex passwd` makes it. */
  readonly password_hash?: string;
  /** How it may log in: any of these will do. Missing: by password. */
  readonly grants?: readonly ("password" | "certificate")[];
  readonly roles?: readonly string[];
  readonly permissions?: readonly Permission[];
  /** Stands before every topic that it publishes to: "factory1/". Its permissions are about the whole. */
  readonly publish_prefix?: string;
}

const PERMISSIONS = {
  type: "array",
  items: {
    type: "object",
    required: ["resource", "operation"],
    additionalProperties: false,
    properties: {
      resource: { type: "string" },
      operation: { type: "string", enum: ["read", "write", "readWrite"] },
    },
  },
} as const;

/** What fits `UsersSettings`. */
export const USERS_SCHEMA: JSONSchemaType<UsersSettings> = {
  type: "object",
  required: ["users"],
  additionalProperties: false,
  properties: {
    users: {
      type: "array",
      items: {
        type: "object",
        required: ["username"],
        additionalProperties: false,
        not: { required: ["password", "password_hash"] },
        properties: {
          username: { type: "string", minLength: 1 },
          password: { type: "string", minLength: 1, nullable: true },
          password_hash: { type: "string", minLength: 1, nullable: true },
          grants: {
            type: "array",
            minItems: 1,
            items: { type: "string", enum: ["password", "certificate"] },
            nullable: true,
          },
          roles: { type: "array", items: { type: "string" }, nullable: true },
          permissions: { ...PERMISSIONS, nullable: true },
          publish_prefix: { type: "string", minLength: 1, nullable: true },
        },
      },
    },
    roles: {
      type: "array",
      nullable: true,
      items: {
        type: "object",
        required: ["name", "permissions"],
        additionalProperties: false,
        properties: { name: { type: "string" }, permissions: PERMISSIONS },
      },
    },
    peer_cert_as_username: { type: "string", enum: ["cn", "dn"], nullable: true },
  },
};
