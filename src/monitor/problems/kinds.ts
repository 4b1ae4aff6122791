import type { ActionLabel, ProblemInfo } from "../../core/api/problems.ts";
import type { ReasonKind } from "../../core/types.ts";

/** What the card of a kind of reason is like. */
export interface Kind {
  readonly severity: ProblemInfo["severity"];
  /** It closes itself when it has not happened for so long. */
  readonly quietMs: number;
  readonly action: ActionLabel | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** null: nothing that somebody must look at. */
const KINDS: Readonly<Record<ReasonKind, Kind | null>> = {
  ok: null,
  silent: null,
  shutting_down: null,
  // what it leads to has a card of its own
  taken_over: null,
  // answered anew in a moment
  rules_unasked: null,
  no_credentials: { severity: "warning", quietMs: DAY_MS, action: "add_login" },
  unknown_user: { severity: "warning", quietMs: DAY_MS, action: "create_user" },
  wrong_password: { severity: "warning", quietMs: DAY_MS, action: "new_password" },
  auth_unavailable: { severity: "error", quietMs: HOUR_MS, action: "show_backends" },
  not_allowed: { severity: "warning", quietMs: DAY_MS, action: "show_config" },
  cert_missing: { severity: "warning", quietMs: DAY_MS, action: "show_certificates" },
  cert_rejected: { severity: "warning", quietMs: DAY_MS, action: "show_certificates" },
  protocol_refused: { severity: "warning", quietMs: DAY_MS, action: null },
  client_id_refused: { severity: "warning", quietMs: DAY_MS, action: null },
  tls_on_plain: { severity: "warning", quietMs: HOUR_MS, action: "show_listeners" },
  plain_on_tls: { severity: "warning", quietMs: HOUR_MS, action: "show_listeners" },
  http_on_mqtt: { severity: "info", quietMs: HOUR_MS, action: "show_listeners" },
  malformed: { severity: "warning", quietMs: HOUR_MS, action: "show_device" },
  protocol_error: { severity: "warning", quietMs: HOUR_MS, action: "show_device" },
  keepalive: { severity: "info", quietMs: HOUR_MS, action: "show_device" },
  oversize: { severity: "warning", quietMs: DAY_MS, action: "show_limits" },
  too_many_connections: { severity: "warning", quietMs: HOUR_MS, action: "show_limits" },
  connect_rate: { severity: "warning", quietMs: HOUR_MS, action: "show_limits" },
  banned: { severity: "info", quietMs: DAY_MS, action: "unblock" },
  flapping: { severity: "warning", quietMs: HOUR_MS, action: "show_limits" },
  rate_limited: { severity: "warning", quietMs: 10 * MINUTE_MS, action: "show_limits" },
  memory_full: { severity: "error", quietMs: HOUR_MS, action: "show_limits" },
  publish_denied: { severity: "warning", quietMs: DAY_MS, action: "explain" },
  subscribe_denied: { severity: "warning", quietMs: DAY_MS, action: "explain" },
  unsubscribe_denied: { severity: "warning", quietMs: DAY_MS, action: "explain" },
  receive_denied: { severity: "info", quietMs: DAY_MS, action: "explain" },
  rules_unavailable: { severity: "error", quietMs: HOUR_MS, action: "show_backends" },
  queue_dropped: { severity: "warning", quietMs: HOUR_MS, action: "show_session" },
};

/** Devices that take each other's place; the card goes within two minutes after it is over. */
export const LOOP: Kind = { severity: "warning", quietMs: 90_000, action: "show_device" };

/** What the card of a reason is like; null: it has none. */
export function kindOf(reason: ReasonKind): Kind | null {
  return KINDS[reason];
}

/** What an action is about. */
interface Target {
  readonly clientId: string;
  readonly user: string | null;
  readonly denied?: ProblemInfo["denied"];
}

/** Where the panel goes to mend it. */
export function actionFor(label: ActionLabel, { clientId, user, denied }: Target): ProblemInfo["action"] {
  const ofUser = user === null ? {} : { user };
  switch (label) {
    case "add_login":
    case "create_user":
      return { label, route: routeOf(["access", "users"], { new: user ?? "" }) };
    case "new_password":
      return { label, route: routeOf(["access", "users"], ofUser) };
    case "show_role":
      return { label, route: routeOf(["access", "roles"], ofUser) };
    case "show_backends":
      return { label, route: routeOf(["access", "backends"]) };
    case "explain":
      // a limit of its roles, or an entry about giving a subscription back: the tester has no question for them
      if (denied === undefined) return actionFor("show_role", { clientId, user });
      return { label, route: routeOf(["access", "test"], { ...ofUser, client: clientId, ...denied }) };
    case "show_certificates":
      return { label, route: routeOf(["system", "certificates"]) };
    case "show_listeners":
      return { label, route: routeOf(["system", "listeners"]) };
    case "show_limits":
    case "show_config":
      return { label, route: routeOf(["system", "config"]) };
    case "show_bridge":
      return { label, route: routeOf(["bridges"]) };
    case "unblock":
    case "show_session":
    case "show_device":
      return { label, route: routeOf(clientId === "" ? ["devices"] : ["devices", clientId]) };
  }
}

function routeOf(path: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
}
