import { BackendError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { IMPORTED } from "../core/imported.ts";
import { allow, deny } from "../core/reasons.ts";
import type {
  Authenticator,
  CertificateName,
  Credentials,
  Decision,
  Deny,
  Identity,
  LoginChain,
  Reason,
  ScramLogin,
} from "../core/types.ts";
import type { StageFigure, StageLedger } from "./figures.ts";
import { inTime } from "./in-time.ts";
import { isReservedName } from "../core/reserved-names.ts";
import { findUnfit } from "./sanity.ts";
import { createScramDesk, SCRAM } from "./scram-exchange.ts";

/** One stage of the chain. */
export interface Stage {
  readonly authenticator: Authenticator;
  /** "next": after a no a later stage may still say yes. */
  readonly onBadPassword: "deny" | "next";
  /** "ignore": when it fails the next one decides. Nobody is told a no then, unless somebody knows better. */
  readonly onError: "deny" | "ignore";
}

interface ChainInput {
  /** In the order they are asked. */
  readonly stages: readonly Stage[];
  /** Lower case; the stage "system-users" alone decides about them. */
  readonly reservedUsers: readonly string[];
  /** Longest that one stage may take. */
  readonly timeoutMs: number;
  /** Keyed digest, the same for the life of the process. */
  readonly digest: (text: string) => string;
  readonly log: Logger;
  readonly ledger: StageLedger;
}

/** What the stages before said, when it was not the end. */
interface Earlier {
  /** The first no of those that let a later stage try. */
  readonly refused: Deny | null;
  /** The first failure of those that let the next stage decide. */
  readonly failed: BackendError | null;
}

const NOTHING: Earlier = { refused: null, failed: null };

type Answer = Decision<Identity> | Promise<Decision<Identity>>;

const NAME = "login-chain";

const WORDS = { allow: "yes", deny: "no", ignore: "ignored" } as const;

/**
 * Makes one authenticator of many. The first yes ends it; a no ends it unless its stage lets the next one try, and then
 * the first no is the answer when nobody says yes. A stage that throws has not decided, and ends it undecided: a later
 * one might let in someone whom this one would have refused. One that may be left out on errors leaves it undecided
 * unless a later one decides. Answers at once when every stage asked does.
 */
export function createChain({ stages, reservedUsers, timeoutMs, digest, log, ledger }: ChainInput): LoginChain {
  const authenticate = (credentials: Credentials, signal: AbortSignal): Answer => {
    const deciding = stagesFor(credentials);
    return "verdict" in deciding ? deciding : walk(deciding, NOTHING, credentials, signal);
  };

  /** The stages that may decide about a client, or why none may. */
  const stagesFor = (credentials: Credentials): readonly Stage[] | Deny => {
    const { username } = credentials;
    const unfit = findUnfit(credentials);
    if (unfit !== null) return deny(NAME, unfit);
    if (username === null || !isReservedName(username, reservedUsers)) return barred(credentials) ?? stages;
    // Home Assistant would take another spelling for the reserved name: its user "Addons" must not become our "addons"
    if (!reservedUsers.includes(username)) return deny(NAME, reservedName(username));
    return stages.filter(({ authenticator }) => authenticator.name === "system-users");
  };

  /** Why a client must not come in whatever its password is; null: the stages decide. */
  const barred = (who: Pick<Identity, "clientId" | "username">): Deny | null => {
    if (who.username !== null && isReservedName(who.username, reservedUsers)) return null;
    for (const { authenticator } of stages) {
      const no = authenticator.bars?.(who) ?? null;
      if (no !== null) return no;
    }
    return null;
  };

  /** The same for who came in under another name than CONNECT said: by a certificate, or a client id. */
  const barredAs = (identity: Identity, { username }: Credentials): Deny | null => {
    if (identity.username === username || identity.username === null) return null;
    return isReservedName(identity.username, reservedUsers)
      ? deny(NAME, reservedName(identity.username))
      : barred(identity);
  };

  /** Asks the stages that are left. */
  const walk = (
    [stage, ...rest]: readonly Stage[],
    earlier: Earlier,
    credentials: Credentials,
    signal: AbortSignal,
  ): Answer => {
    if (stage === undefined) return nobodySaidYes(earlier, credentials, signal);
    const { authenticator, onBadPassword, onError } = stage;
    const { name } = authenticator;
    const { refused } = earlier;
    const startedAtMs = performance.now();
    const note = (figure: StageFigure): void => {
      ledger.add(name, "asked", 1);
      ledger.add(name, figure, 1);
      ledger.add(name, "totalMs", performance.now() - startedAtMs);
    };
    const goOn = (decision: Decision<Identity>): Answer => {
      trace(credentials, decision);
      note(WORDS[decision.verdict]);
      ledger.ended(name, null);
      switch (decision.verdict) {
        case "allow":
          // once more: somebody may have been disabled while the password was checked
          return barred(credentials) ?? barredAs(decision.value, credentials) ?? decision;
        case "deny":
          return onBadPassword === "deny"
            ? (refused ?? decision)
            : walk(rest, { ...earlier, refused: refused ?? decision }, credentials, signal);
        case "ignore":
          return walk(rest, earlier, credentials, signal);
      }
    };
    const fail = (error: unknown): Answer => {
      note("failed");
      // a client that went away is no fault of the stage
      if (!signal.aborted) ledger.ended(name, messageOf(error));
      if (onError === "deny" || !(error instanceof BackendError) || signal.aborted) throw error;
      log.debug({ by: name }, `login of ${credentials.clientId}: ${error.message}; the next source is asked`);
      return walk(rest, { ...earlier, failed: earlier.failed ?? error }, credentials, signal);
    };
    let answer: Answer;
    try {
      answer = inTime((signal) => authenticator.authenticate(credentials, signal), { name, timeoutMs, signal });
    } catch (error) {
      return fail(error);
    }
    return answer instanceof Promise ? answer.then(goOn, fail) : goOn(answer);
  };

  const nobodySaidYes = ({ refused, failed }: Earlier, credentials: Credentials, signal: AbortSignal): Answer => {
    if (refused !== null) return refused;
    // who failed might have known it
    if (failed !== null) throw failed;
    return nobodyKnows(credentials, signal);
  };

  const nobodyKnows = (credentials: Credentials, signal: AbortSignal): Answer => {
    const { username, certificate } = credentials;
    if (username === null || username === "") return deny(NAME, noUserName(username, certificate));
    const decision = deny(NAME, { kind: "unknown_user", sentence: nobodyIsCalled(username) });
    const slow = stages.find(({ authenticator }) => authenticator.pretend !== undefined)?.authenticator;
    if (slow === undefined) return decision;
    const pretended = inTime(async () => slow.pretend?.(credentials), { name: slow.name, timeoutMs, signal });
    // it may fail for want of room; the answer stands
    return Promise.allSettled([pretended]).then(() => decision);
  };

  const trace = ({ clientId, username }: Credentials, { verdict, by, reason }: Decision<Identity>): void => {
    log.debug({ clientId, username, by, verdict }, `login of ${clientId}: ${by} says ${verdict} (${reason.sentence})`);
  };

  /** The first yes, or the first no when nobody says yes: nothing is proven yet, so no stage ends the search. */
  const findScram = (credentials: Credentials): Decision<ScramLogin> => {
    const deciding = stagesFor(credentials);
    if ("verdict" in deciding) return deciding;
    const answers = deciding.map(({ authenticator }) => authenticator.scram?.(credentials));
    const found = answers.find((answer) => answer?.verdict === "allow");
    return found ?? answers.find((answer) => answer?.verdict === "deny") ?? deny(NAME, noScram(credentials.username));
  };
  const scram = createScramDesk({ find: findScram, digest });

  const sourceOf = ({ source }: Identity): Authenticator | null =>
    stages.find(({ authenticator }) => authenticator.name === source)?.authenticator ?? null;

  /** Nobody here vouched for it yet, so a stage that cannot say from memory may be the one that knows it. */
  const mayCome = (identity: Identity): Decision => {
    const knows = stages.find(({ authenticator: { recheck } }) => recheck === undefined || isKnown(recheck(identity)));
    return knows === undefined ? deny(NAME, isNobody(identity)) : allow(knows.authenticator.name, undefined);
  };

  return {
    name: NAME,
    authenticate,
    bars: barred,
    exchange: (method, credentials) => (method === SCRAM ? scram.begin(credentials) : null),
    recheck(identity) {
      const authenticator = sourceOf(identity);
      if (authenticator === null) return deny(NAME, sourceIsOff(identity));
      return barred(identity) ?? authenticator.recheck?.(identity) ?? allow(authenticator.name, undefined);
    },
    mayReturn(identity) {
      if (identity.source === IMPORTED) return mayCome(identity);
      const authenticator = sourceOf(identity);
      const asked = authenticator === null ? deny(NAME, sourceIsOff(identity)) : authenticator.recheck?.(identity);
      if (asked === undefined || (authenticator !== null && isKnown(asked))) return allow(identity.source, undefined);
      const knows = stages.find((stage) => isKnown(stage.authenticator.recheck?.(identity)));
      return knows === undefined ? asked : allow(knows.authenticator.name, undefined);
    },
  };
}

function nobodyIsCalled(username: string): string {
  return `nobody is called ${username} here`;
}

function isNobody({ username }: Identity): Reason {
  return username === null
    ? { kind: "no_credentials", sentence: "it has no user name, and here everybody needs one" }
    : { kind: "unknown_user", sentence: nobodyIsCalled(username) };
}

function sourceIsOff({ source }: Identity): Reason {
  return { kind: "not_allowed", sentence: `the login source ${source} is switched off` };
}

/** Whether an answer is about a user that there is, be its password another one. */
function isKnown(answer: Decision | undefined): boolean {
  return answer !== undefined && answer.reason.kind !== "unknown_user";
}

function reservedName(username: string): Reason {
  return {
    kind: "not_allowed",
    sentence: `the user name ${username} is reserved`,
    hint: "Use another user name in the device.",
  };
}

function noScram(username: string | null): Reason {
  return {
    kind: "unknown_user",
    sentence: `nobody who can use ${SCRAM} is called ${username} here`,
    hint: `Only logins in the options with a plain password can; other users log in with name and password.`,
  };
}

function noUserName(username: "" | null, certificate: CertificateName | null): Reason {
  const sentence = username === null ? "sent no user name" : "sent an empty user name";
  if (certificate !== null) {
    return {
      kind: "no_credentials",
      sentence: `${sentence}, and its certificate (${certificate.commonName || certificate.subject}) is no login here`,
      hint: "Add a login in the device, or grant a user of that name the login by certificate (grants) in auth.yaml.",
    };
  }
  return {
    kind: "no_credentials",
    sentence,
    hint: "This broker has no anonymous access; add a login in the device or a guest rule.",
  };
}
