import { allow, deny } from "../../src/core/reasons.ts";
import type { Action, Credentials, Decision, Identity, LoginChain, Problem } from "../../src/core/types.ts";
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
  readonly limits?: { readonly maxConnections?: number; readonly maxPublishRate?: number };
  readonly maxPacketSize?: number;
  readonly messageSizeLimit?: number | null;
  readonly maxKeepaliveS?: number | null;
}

/** One moment of configuration for tests of the edges: plain functions decide. */
export function snapshotOf(parts: SnapshotParts = {}): Snapshot {
  const { generation = 1, authenticate, recheck, may = () => true } = parts;
  return {
    generation,
    settings: {
      listeners: [],
      listenerAccess: new Map(),
      auth: [],
      passwordFile: null,
      dynamicSecurity: null,
      controlApi: false,
      aclFile: null,
      anonymous: null,
      limits: {
        maxPacketSize: parts.maxPacketSize ?? 2_000_000,
        messageSizeLimit: parts.messageSizeLimit ?? null,
        maxKeepaliveS: parts.maxKeepaliveS ?? null,
      },
      bridges: [],
      store: null,
      log: { types: new Set(), destinations: [], timePrefix: "", connectionMessages: true },
      sysIntervalS: 10,
    },
    listeners: [],
    bridges: [],
    logins: {
      name: "test",
      authenticate: authenticate ?? ((credentials) => allow("test", identityOf(credentials))),
      recheck: recheck ?? (() => allow("test", undefined)),
      mayReturn: parts.mayReturn ?? (() => allow("test", undefined)),
      exchange: parts.exchange ?? (() => null),
    },
    policy: {
      for: (identity) => ({
        check: (action, topic) => (may(action, topic, identity) ? allow("rules", undefined) : refusal(action, topic)),
        explain: () => [],
      }),
    },
    limitsOf: () => ({ maxConnections: null, maxPublishRate: null, ...parts.limits }),
    dynsec: null,
    acl: null,
    passwordFile: null,
    listenerFiles: new Map(),
    problems: parts.problems ?? [],
    builtAtMs: 0,
  };
}

export function identityOf({ clientId, username }: Credentials): Identity {
  return { clientId, username, superuser: false, source: "test", proof: null };
}

function refusal(action: Action, topic: string): Decision {
  return deny("rules", { kind: `${action}_denied`, sentence: `no rule allows ${topic}` });
}
