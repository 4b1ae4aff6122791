/** The words that every part of the broker speaks. Nothing here has behaviour. */

export type Qos = 0 | 1 | 2;

/** Protocol level in CONNECT: 3 is MQTT 3.1, 4 is MQTT 3.1.1, 5 is MQTT 5. */
export type ProtocolVersion = 3 | 4 | 5;

/** What a client presents at CONNECT. Nothing in it is trusted. */
export interface Credentials {
  readonly clientId: string;
  /** null: the client sent no user name. */
  readonly username: string | null;
  readonly password: Uint8Array | null;
  readonly certificate: CertificateName | null;
  /** Name of the listener that took the connection, for example "1883". */
  readonly listener: string;
  /** Remote IP address, IPv4 without the "::ffff:" of a dual-stack socket. */
  readonly address: string;
}

/** The verified client certificate of a TLS connection. */
export interface CertificateName {
  readonly commonName: string;
  /** The whole name as RFC 2253 writes it: "CN=meter,O=house". */
  readonly subject: string;
  readonly fingerprint: string;
}

/** Who a client was decided to be; fixed for the life of its connection. */
export interface Identity {
  readonly clientId: string;
  /** null: anonymous. */
  readonly username: string | null;
  /** Passes every rule, except that nobody but the broker publishes to $SYS. */
  readonly superuser: boolean;
  /** Name of the authenticator that vouched for it. */
  readonly source: string;
  /** Digest of the stored credential it was checked against; null when its source keeps none. */
  readonly proof: string | null;
  /** Name of the listener it came in through, which may have logins and rules of its own. Missing: not known yet. */
  readonly listener?: string;
  /** Remote IP address, for rules that ask for it. Missing: not known yet. */
  readonly address?: string;
  /** Rules that its login brought along: a token, a reply, a table. null: none. Missing: it is not known any more. */
  readonly rules?: readonly AccessRule[] | null;
  /** Rules of the sources that were asked about it at its login, in the order they count. Missing: nobody was asked. */
  readonly grants?: readonly Grant[];
  /** Groups or roles that its login named. */
  readonly groups?: readonly string[];
  /** Stands before every topic that it publishes to: "factory/". Missing or null: none. */
  readonly prefix?: string | null;
  /** That of its listener, before every topic that it names; it never sees it: "house/". Missing or "": none. */
  readonly mountPoint?: string;
  /** Then its login is over, and it must log in again. Missing or null: never. */
  readonly expiresAtMs?: number | null;
}

/** What one source of rules said about a client. */
export interface Grant {
  /** The id of its stage. */
  readonly source: string;
  readonly rules: readonly AccessRule[];
}

/** A place in a user's file. */
export interface Origin {
  /** As the user would name it: "acl.conf", "options.json". */
  readonly file: string;
  readonly line?: number;
  /** From 1; with a line only. */
  readonly column?: number;
}

/** What a client was refused or cut off for; core/reasons.ts maps each kind to its MQTT codes. */
export type ReasonKind =
  | "ok"
  | "no_credentials"
  | "unknown_user"
  | "wrong_password"
  | "auth_unavailable"
  | "not_allowed"
  | "cert_missing"
  | "cert_rejected"
  | "protocol_refused"
  | "client_id_refused"
  | "tls_on_plain"
  | "plain_on_tls"
  | "http_on_mqtt"
  | "silent"
  | "malformed"
  | "protocol_error"
  | "taken_over"
  | "keepalive"
  | "oversize"
  | "too_many_connections"
  | "connect_rate"
  | "banned"
  | "flapping"
  | "rate_limited"
  | "memory_full"
  | "publish_denied"
  | "subscribe_denied"
  | "unsubscribe_denied"
  | "receive_denied"
  | "rules_unavailable"
  | "rules_unasked"
  | "queue_dropped"
  | "shutting_down";

/** One reason for the log, the panel and the wire. */
export interface Reason {
  readonly kind: ReasonKind;
  /** Plain words without a capital and full stop: "wrong password for user kitchen-plug". */
  readonly sentence: string;
  /** What the owner can do about it. */
  readonly hint?: string;
  readonly where?: Origin;
}

/** Every question of access has one of three answers, who gave it, and why. */
export type Decision<T = undefined> = Allow<T> | Deny | Ignore;

export interface Allow<T = undefined> {
  readonly verdict: "allow";
  readonly by: string;
  readonly reason: Reason;
  readonly value: T;
}
export interface Deny {
  readonly verdict: "deny";
  readonly by: string;
  readonly reason: Reason;
}
/** Not mine: ask the next. */
export interface Ignore {
  readonly verdict: "ignore";
  readonly by: string;
  readonly reason: Reason;
}

export type Action = "publish" | "subscribe" | "receive" | "unsubscribe";

/** One line of a rule source. */
export interface AccessRule {
  readonly effect: "allow" | "deny";
  readonly who: Who;
  readonly actions: readonly Action[];
  /** A topic filter; with `placeholders` its %u and %c levels stand for user name and client id. */
  readonly filter: string;
  readonly placeholders: boolean;
  /**
   * How the filter is compared. Missing: as a filter. "exact": with the same text only, as EMQ's {eq, "#"}. "any": every
   * topic counts, those with "$" too.
   */
  readonly match?: "exact" | "any";
  /** The rule as its file has it, to quote it: "topic read home/#". */
  readonly text: string;
  readonly origin: Origin;
}

export type Who =
  | { readonly kind: "everyone" }
  | { readonly kind: "anonymous" }
  | { readonly kind: "user"; readonly name: string }
  | { readonly kind: "client"; readonly id: string }
  | { readonly kind: "listener"; readonly name: string }
  /** An address or a network: "10.0.0.0/8". */
  | { readonly kind: "network"; readonly network: string }
  /** A regular expression that is found anywhere in the text, unless it is anchored. */
  | { readonly kind: "pattern"; readonly of: "username" | "clientId" | "listener"; readonly pattern: string }
  /** All of them; true when there is none. */
  | { readonly kind: "all-of"; readonly who: readonly Who[] }
  /** At least one of them; false when there is none. */
  | { readonly kind: "any-of"; readonly who: readonly Who[] };

/** Rules picked and filled in for one session. Decides from memory, synchronously. */
export interface Access {
  /**
   * `topic` is a topic name for publish and receive; for subscribe and unsubscribe it is a topic filter as the client
   * wrote it, "$share/<group>/" included.
   */
  check(action: Action, topic: string): Decision;
  /** Every rule in the order it is tried, up to the one that decides. */
  explain(action: Action, topic: string): readonly RuleTrial[];
  /**
   * Finds out what `check` must know and does not know any more; it never fails. null: it knows. Missing: it always
   * does.
   */
  prepare?(action: AskedAction, topic: string): Promise<void> | null;
}

/** What a source may be asked about; `receive` goes with `subscribe`. */
export type AskedAction = Extract<Action, "publish" | "subscribe">;

/** What a source that cannot list its rules said about the topics of one client. */
export interface TopicAnswers {
  /** The last answer, as old as it may be; null: there is none. */
  of(action: AskedAction, topic: string): Decision | null;
  /** Asks where there is no answer that is fresh; it never fails. null: there is one. */
  renew(action: AskedAction, topic: string): Promise<void> | null;
  /** The filters that it may subscribe to. */
  granted(): Iterable<string>;
}

export interface RuleTrial {
  readonly rule: AccessRule;
  readonly matched: boolean;
  /** Plain words: "the filter home/# does not match". */
  readonly why: string;
}

export interface Policy {
  /** Some of its sources have to be asked topic by topic, so that an Access may have `prepare`. Missing: none has. */
  readonly asks?: boolean;
  for(identity: Identity): Access;
}

/** Answers who a client is. */
export interface Authenticator {
  /** As a stage of the chain is called in settings and logs: "logins", "home-assistant". */
  readonly name: string;
  /**
   * Unknown user is `ignore`, wrong password is `deny`.
   * @throws BackendError when it could not decide; that is neither a yes nor a no.
   */
  authenticate(credentials: Credentials, signal: AbortSignal): Decision<Identity> | Promise<Decision<Identity>>;
  /** Whether an identity it vouched for may stay, asked from memory after a reload. Missing: it may. */
  recheck?(identity: Identity): Decision;
  /**
   * Takes as long as a wrong password would, for a name that nobody knows, so that the time of an answer does not
   * tell which names exist. Missing: a wrong password takes no time worth hiding.
   */
  pretend?(credentials: Credentials): Promise<void>;
  /**
   * Why somebody must not come in, nor stay, whichever stage vouches for it: it is disabled, for example. Asked from
   * memory; null: there is no reason. Missing: there never is.
   */
  bars?(who: Pick<Identity, "clientId" | "username">): Deny | null;
  /**
   * What a login of that user would bring along, from memory; null: it does not know that user. Missing: only a login
   * tells.
   */
  brings?(username: string): Pick<Identity, "rules" | "prefix"> | null;
  /**
   * What SCRAM-SHA-256 needs to know of a user, from memory; `password` is not looked at. The yes holds only for who
   * proves to know the password. Missing: its users cannot log in this way.
   */
  scram?(credentials: Credentials): Decision<ScramLogin>;
  /**
   * The rules it has for a client, whoever vouched for it; asked at CONNECT. An empty list: it knows none for this one.
   * Missing: it is no source of rules, or cannot list them.
   * @throws BackendError when it could not decide.
   */
  rights?(identity: Identity, signal: AbortSignal): Promise<readonly AccessRule[]>;
  /** How long its rules count before they are asked for again. Missing: a minute. */
  readonly rightsMs?: number;
  /**
   * Whether a client may do one thing, for a source that cannot list its rules; `ignore` is "I have no rule for it".
   * Missing: it need not be asked.
   * @throws BackendError when it could not decide.
   */
  ask?(identity: Identity, action: AskedAction, topic: string, signal: AbortSignal): Promise<Decision>;
  /** The same as what was answered before, kept as long as the identity is; for a stage around such a source. */
  answers?(identity: Identity): TopicAnswers;
  /** Lets go of connections; nobody asks it any more. Missing: it holds none. */
  close?(): Promise<void>;
}

/** A user that may prove itself by SCRAM, and who it is then: the same as by password. */
export interface ScramLogin {
  readonly identity: Identity;
  readonly credential: ScramCredential;
}

/** What SCRAM-SHA-256 checks a user against (RFC 5802, RFC 7677). */
export interface ScramCredential {
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Computes for some milliseconds, off the event loop. */
  keys(): Promise<ScramKeys>;
}

export interface ScramKeys {
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Asks its stages in order; what the broker asks for each CONNECT. */
export interface LoginChain extends Authenticator {
  bars(who: Pick<Identity, "clientId" | "username">): Deny | null;
  recheck(identity: Identity): Decision;
  /**
   * Whether a client that is away may come back as who it was; its password may be another by then. A no is certain: its
   * source does not know the user any more, and neither does any other that can say so from memory.
   */
  mayReturn(identity: Identity): Decision;
  /**
   * Asks again for the rules that an identity brought along, when it is time to. Gives it with what is new, or null when
   * nothing is or nobody could say. Missing: nobody brings rules along that can be asked for again.
   */
  renew?(identity: Identity, signal: AbortSignal): Promise<Identity | null> | null;
  /** Begins an authentication in several steps; null when there is none of that name. */
  exchange(method: string, credentials: Credentials): Exchange | null;
}

/** An authentication in several steps, in which the password is never sent (MQTT 5, 4.12). */
export interface Exchange {
  /**
   * Takes what the client said, null when it has said nothing yet; one question at a time, and none after a decision.
   * @throws BackendError when it could not be decided.
   */
  answer(data: Uint8Array | null): ExchangeStep | Promise<ExchangeStep>;
}

/** What to say next; an `allow` has last words too. */
export type ExchangeStep =
  | { readonly verdict: "continue"; readonly data: Uint8Array }
  | Allow<{ readonly identity: Identity; readonly data: Uint8Array }>
  | Deny;

/** A fault in the user's files or environment. `sentence()` in core/problem.ts composes what is read. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** What is wrong, with the place and the user's own value quoted. */
  readonly what: string;
  /** What happens now. */
  readonly now: string;
  /** What to do. */
  readonly fix: string;
  readonly where?: Origin;
}
