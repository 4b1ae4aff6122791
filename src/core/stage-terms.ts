/** On what terms a stage of the login chain is asked, as auth.yaml has them. */
export interface StageTerms {
  /** Unique; its name in logs, identities and `acl.sources`. */
  readonly id: string;
  /** Which clients it is asked about; all that is named must hold. */
  readonly when: StageCondition;
  /** What its failure means: nobody can say, or that the next stage decides. */
  readonly onError: "deny" | "ignore";
  /** What its no means; "ignore" for a source that cannot tell an unknown user from a wrong password. */
  readonly denyMeans: "deny" | "ignore";
  readonly superuser: "from_backend" | boolean;
  /** Longest that one question may take. */
  readonly timeoutMs: number;
  /** How long its answers count; null: it answers from memory and is asked each time. */
  readonly cache: CacheTerms | null;
}

/** null: any. */
export interface StageCondition {
  readonly listeners: readonly string[] | null;
  /** Globs; a client without a user name matches none. */
  readonly usernames: readonly string[] | null;
  readonly clientIds: readonly string[] | null;
  readonly hasCertificate: boolean | null;
}

export interface CacheTerms {
  /** How long a yes counts, and how long a no does. */
  readonly acceptedMs: number;
  readonly refusedMs: number;
  /** How long after a yes it may still serve while the source is silent; 0: never. */
  readonly staleMs: number;
}
