import { allow, deny } from "../../src/core/reasons.ts";
import type { Action, Credentials, Decision, Identity, LoginChain, Problem } from "../../src/core/types.ts";
import type { Ban } from "../../src/settings/ban-file.ts";
import { limitsFrom, NO_LIMITS_SAID } from "../../src/settings/limits.ts";
import { ALL_CLIENTS, type Limits, type ListenerLimits } from "../../src/settings/types.ts";
import { compileBans } from "../../src/snapshot/bans.ts";
import type { Snapshot } from "../../src/snapshot/types.ts";

export interface SnapshotParts {
  readonly generation?: number;
  /** Who a client is; everybody is let in under the name it gives when missing. */
  readonly authenticate?: (
    credentials: Credentials,
    signal: AbortSignal,
  ) => Decision<Identity> | Promise<Decision<Identity>>;
  readonly recheck?: (identity: Identity) => Decision;
  /** Whether a client that is away may come back; every one may when missing. */
  readonly mayReturn?: (identity: Identity) => Decision;
  readonly problems?: readonly Problem[];
  /** Authentication in several steps; none when missing. */
  readonly exchange?: LoginChain["exchange"];
  /** What a client may do; everything when missing. */
  readonly may?: (action: Action, topic: string, identity: Identity) => boolean;
  /** Of each client; none when missing. */
  readonly clientLimits?: { readonly maxConnections?: number; readonly maxPublishRate?: number };
  /** Who may not connect; nobody when missing. */
  readonly bans?: readonly Ban[];
  readonly areBansUnknown?: boolean;
  /** The defaults, and packets of 2,000,000 bytes, when missing. */
  readonly limits?: Partial<Limits>;
  /** What the listener "1883" says of them; nothing when missing. */
  readonly listenerLimits?: Partial<ListenerLimits>;
}

/** One moment of configuration for tests of the edges: plain functions decide. */
export function snapshotOf(parts: SnapshotParts = {}): Snapshot {
  const { generation = 1, authenticate, recheck, may = () => true } = parts;
  return {
    generation,
    settings: {
      listeners: [{ ...LISTENER, limits: parts.listenerLimits ?? {} }],
      listenerAccess: new Map(),
      auth: [],
      passwordFile: null,
      dynamicSecurity: null,
      controlApi: false,
      checksRetainSource: false,
      aclFile: null,
      anonymous: null,
      aclTerms: { sources: null, noMatch: null },
      limits: { ...limitsFrom(NO_LIMITS_SAID), maxPacketSize: 2_000_000, ...parts.limits },
      http: null,
      panel: null,
      sensors: null,
      metrics: null,
      bridges: [],
      banFile: null,
      store: null,
      log: { types: new Set(), destinations: [], timePrefix: "", connectionMessages: true },
      sysIntervalS: 10,
    },
    listeners: [],
    http: null,
    bridges: [],
    logins: {
      name: "test",
      authenticate: authenticate ?? ((credentials) => allow("test", identityOf(credentials))),
      bars: () => null,
      recheck: recheck ?? (() => allow("test", undefined)),
      mayReturn: parts.mayReturn ?? (() => allow("test", undefined)),
      exchange: parts.exchange ?? (() => null),
    },
    loginStages: [],
    keptStages: [],
    policy: {
      for: (identity) => ({
        check: (action, topic) => (may(action, topic, identity) ? allow("rules", undefined) : refusal(action, topic)),
        explain: () => [],
      }),
    },
    limitsOf: () => ({ maxConnections: null, maxPublishRate: null, ...parts.clientLimits }),
    dynsec: null,
    bans: { loaded: null, isUnknown: parts.areBansUnknown ?? false, of: compileBans(parts.bans ?? []) },
    acl: null,
    passwordFile: null,
    listenerFiles: new Map(),
    isRefused: false,
    problems: parts.problems ?? [],
    builtAtMs: 0,
  };
}

const LISTENER = {
  terms: ALL_CLIENTS,
  name: "1883",
  protocol: "mqtt",
  host: "127.0.0.1",
  port: 0,
  tls: null,
  proxy: null,
  maxConnections: null,
  origin: { file: "test.conf" },
} as const;

export function identityOf({ clientId, username }: Credentials): Identity {
  return { clientId, username, superuser: false, source: "test", proof: null };
}

function refusal(action: Action, topic: string): Decision {
  return deny("rules", { kind: `${action}_denied`, sentence: `no rule allows ${topic}` });
}
