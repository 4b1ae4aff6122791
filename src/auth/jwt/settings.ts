import type { JSONSchemaType } from "ajv";
import { TLS_SCHEMA, type TlsSettings } from "../tls.ts";
import { EVERY_ALGORITHM } from "./signature.ts";

/** A stage of type "jwt" as it is written. Exactly one of `secret`, `public_key` and `endpoint` says what tokens are signed with. */
export interface JwtSettings {
  /** For HS256, HS384 and HS512. */
  readonly secret?: string;
  /** The secret is written in base64. */
  readonly secret_base64_encoded?: boolean;
  /** In PEM, for RS and ES algorithms. */
  readonly public_key?: string;
  /** URL of a key set (JWKS), for RS and ES algorithms. */
  readonly endpoint?: string;
  /** How the endpoint is reached. */
  readonly tls?: TlsSettings;
  /** Seconds after which the key set is fetched again. */
  readonly refresh_interval?: number;
  /** Those that are accepted, of those that the key is for. */
  readonly algorithms?: readonly string[];
  /** Seconds that the signer's clock may be off. */
  readonly leeway?: number;
  /** The claim that is the user name. */
  readonly username_claim?: string;
  /** Claims that must be there, and what they must be; may hold ${username} and ${clientid}. */
  readonly verify_claims?: Readonly<Record<string, string>>;
  /** The claim with the rules for topics. */
  readonly acl_claim_name?: string;
}

const TEXT = { type: "string", minLength: 1, nullable: true } as const;

/** What fits `JwtSettings`. */
export const JWT_SCHEMA: JSONSchemaType<JwtSettings> = {
  type: "object",
  oneOf: [{ required: ["secret"] }, { required: ["public_key"] }, { required: ["endpoint"] }],
  dependencies: { secret_base64_encoded: ["secret"], refresh_interval: ["endpoint"], tls: ["endpoint"] },
  additionalProperties: false,
  properties: {
    secret: TEXT,
    secret_base64_encoded: { type: "boolean", nullable: true },
    public_key: TEXT,
    endpoint: { ...TEXT, pattern: "^https?://" },
    tls: TLS_SCHEMA,
    refresh_interval: { type: "integer", minimum: 10, maximum: 86_400, nullable: true },
    algorithms: {
      type: "array",
      minItems: 1,
      items: { type: "string", enum: EVERY_ALGORITHM },
      nullable: true,
    },
    leeway: { type: "integer", minimum: 0, maximum: 300, nullable: true },
    username_claim: TEXT,
    verify_claims: {
      type: "object",
      required: [],
      additionalProperties: { type: "string" },
      nullable: true,
    },
    acl_claim_name: TEXT,
  },
};
