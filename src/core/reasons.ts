import type { Decision, Ignore, Allow, Deny, Reason, ReasonKind } from "./types.ts";

interface Codes {
  /** CONNACK return code of MQTT 3.1 and 3.1.1; null: the connection is closed without one. */
  readonly connack: 1 | 2 | 3 | 4 | 5 | null;
  /** Reason code of MQTT 5 in CONNACK, DISCONNECT, SUBACK or PUBACK. */
  readonly v5: number;
}

/**
 * The codes a client hears for each kind of reason. Both password cases are 5 and 0x87, as mosquitto answers them,
 * so that nobody learns from outside which user names exist.
 */
const CODES: Readonly<Record<ReasonKind, Codes>> = {
  ok: { connack: null, v5: 0x00 },
  no_credentials: { connack: 5, v5: 0x87 },
  unknown_user: { connack: 5, v5: 0x87 },
  wrong_password: { connack: 5, v5: 0x87 },
  auth_unavailable: { connack: 3, v5: 0x88 },
  not_allowed: { connack: 5, v5: 0x87 },
  cert_missing: { connack: 5, v5: 0x87 },
  cert_rejected: { connack: 5, v5: 0x87 },
  protocol_refused: { connack: 1, v5: 0x84 },
  client_id_refused: { connack: 2, v5: 0x85 },
  tls_on_plain: { connack: null, v5: 0x81 },
  plain_on_tls: { connack: null, v5: 0x81 },
  http_on_mqtt: { connack: null, v5: 0x81 },
  silent: { connack: null, v5: 0x8d },
  malformed: { connack: null, v5: 0x81 },
  protocol_error: { connack: null, v5: 0x82 },
  taken_over: { connack: null, v5: 0x8e },
  keepalive: { connack: null, v5: 0x8d },
  oversize: { connack: null, v5: 0x95 },
  too_many_connections: { connack: 3, v5: 0x89 },
  connect_rate: { connack: 3, v5: 0x9f },
  flapping: { connack: 5, v5: 0x8a },
  banned: { connack: 5, v5: 0x8a },
  rate_limited: { connack: null, v5: 0x96 },
  memory_full: { connack: 3, v5: 0x97 },
  publish_denied: { connack: null, v5: 0x87 },
  subscribe_denied: { connack: null, v5: 0x87 },
  unsubscribe_denied: { connack: null, v5: 0x87 },
  receive_denied: { connack: null, v5: 0x87 },
  // what PUBACK and SUBACK have for "not a matter of your rights"
  rules_unavailable: { connack: 3, v5: 0x83 },
  rules_unasked: { connack: 3, v5: 0x83 },
  queue_dropped: { connack: null, v5: 0x97 },
  shutting_down: { connack: 3, v5: 0x8b },
};

/** Gives the MQTT codes for a kind of reason. */
export function codesOf(kind: ReasonKind): Codes {
  return CODES[kind];
}

const OK: Reason = { kind: "ok", sentence: "allowed" };

/** Says yes, with what was asked for. */
export function allow<T>(by: string, value: T, reason: Reason = OK): Allow<T> {
  return { verdict: "allow", by, reason, value };
}

/** Says no. */
export function deny(by: string, reason: Reason): Deny {
  return { verdict: "deny", by, reason };
}

/** Says no for a reason that is composed whenever it is read: where most denials are read by nobody. */
export function denyLazily(by: string, compose: () => Reason): Deny {
  return {
    verdict: "deny",
    by,
    get reason() {
      return compose();
    },
  };
}

/** Says "not mine, ask the next". */
export function ignore(by: string, reason: Reason): Ignore {
  return { verdict: "ignore", by, reason };
}

/** Whether a decision is a yes. `ignore` is not. */
export function isAllowed<T>(decision: Decision<T>): decision is Allow<T> {
  return decision.verdict === "allow";
}
