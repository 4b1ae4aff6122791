import { describe, expect, onTestFinished, test } from "vitest";
import { createChain, type Stage } from "../../src/auth/chain.ts";
import { createStageLedger } from "../../src/auth/figures.ts";
import { BackendError } from "../../src/core/errors.ts";
import { IMPORTED } from "../../src/core/imported.ts";
import { allow, deny, ignore } from "../../src/core/reasons.ts";
import type { Authenticator, Credentials, Decision, Identity, LoginChain } from "../../src/core/types.ts";
import { scramClient } from "../helpers/scram-client.ts";
import { client, recordingLogger } from "./context.ts";

type Word = "allow" | "deny" | "ignore" | "throw" | "fault";

const RESERVED = ["homeassistant", "addons"];
const { signal } = new AbortController();

/** A stage that always says the same, and writes down that it was asked. */
function stage(
  name: string,
  word: Word,
  options: { readonly later?: boolean; readonly next?: boolean; readonly asked?: string[] } = {},
): Stage {
  const answer = (credentials: Credentials): Decision<Identity> => {
    const { clientId, username } = credentials;
    options.asked?.push(name);
    switch (word) {
      case "allow":
        return allow(name, { clientId, username, superuser: false, source: name, proof: null });
      case "deny":
        return deny(name, { kind: "wrong_password", sentence: `${name} says no` });
      case "ignore":
        return ignore(name, { kind: "unknown_user", sentence: `${name} does not know` });
      case "throw":
        throw new BackendError("cannot be reached");
      case "fault":
        throw new TypeError("x is not a function");
    }
  };
  const authenticator: Authenticator =
    options.later === true
      ? { name, authenticate: async (credentials) => answer(credentials) }
      : { name, authenticate: answer };
  return { authenticator, onBadPassword: options.next === true ? "next" : "deny", onError: "deny" };
}

function chainOf(stages: readonly Stage[], reservedUsers: readonly string[] = RESERVED, timeoutMs = 5000): LoginChain {
  return createChain({
    stages,
    reservedUsers,
    timeoutMs,
    digest: (text) => text,
    log: recordingLogger().log,
    ledger: createStageLedger(),
  });
}

/** "logins=ignore home-assistant=deny? anonymous=allow": in order, with ? for stages that let the next one try. */
function stagesOf(text: string, later: boolean, asked: string[]): readonly Stage[] {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const [, name = "", verdict = "", next = ""] = /^([a-z-]+)=([a-z]+)(\??)$/.exec(word) ?? [];
      return stage(name, isWord(verdict) ? verdict : "fault", { later, next: next === "?", asked });
    });
}

function isWord(text: string): text is Word {
  return ["allow", "deny", "ignore", "throw", "fault"].includes(text);
}

describe("the order of the stages", () => {
  const CASES: readonly (readonly [string, string, readonly string[]])[] = [
    ["a=allow b=allow", "allow by a", ["a"]],
    ["a=ignore b=allow", "allow by b", ["a", "b"]],
    ["a=ignore b=ignore c=allow", "allow by c", ["a", "b", "c"]],
    ["a=deny b=allow", "deny by a", ["a"]],
    ["a=ignore b=deny c=allow", "deny by b", ["a", "b"]],
    ["a=deny? b=allow", "allow by b", ["a", "b"]],
    ["a=deny? b=ignore", "deny by a", ["a", "b"]],
    ["a=deny? b=deny? c=ignore", "deny by a", ["a", "b", "c"]],
    ["a=deny? b=deny c=allow", "deny by a", ["a", "b"]],
    ["a=ignore b=deny? c=deny", "deny by b", ["a", "b", "c"]],
    ["a=deny?", "deny by a", ["a"]],
    ["a=ignore", "deny by login-chain", ["a"]],
    ["", "deny by login-chain", []],
    ["a=throw b=allow", "a: cannot be reached", ["a"]],
    ["a=fault b=allow", "a: x is not a function", ["a"]],
    ["a=ignore b=throw c=allow", "b: cannot be reached", ["a", "b"]],
    ["a=deny? b=throw c=allow", "b: cannot be reached", ["a", "b"]],
    ["a=allow b=throw", "allow by a", ["a"]],
  ];

  test.each(CASES)("at once: %s -> %s", (text, expected, order) => {
    const asked: string[] = [];
    const chain = chainOf(stagesOf(text, false, asked));
    expect(atOnce(() => chain.authenticate(client("klaus", "secret"), signal))).toBe(expected);
    expect(asked).toEqual(order);
  });

  test.each(CASES)("later: %s -> %s", async (text, expected, order) => {
    const asked: string[] = [];
    const chain = chainOf(stagesOf(text, true, asked));
    const answer = async (): Promise<Decision<Identity>> => chain.authenticate(client("klaus", "secret"), signal);
    expect(await answer().then(shown, shownError)).toBe(expected);
    expect(asked).toEqual(order);
  });

  test("a stage that answers later makes the whole answer later, before and after others", async () => {
    const stages = [stage("a", "ignore"), stage("b", "ignore", { later: true }), stage("c", "allow")];
    const answer = chainOf(stages).authenticate(client("klaus"), signal);
    expect(answer).toBeInstanceOf(Promise);
    expect(shown(await answer)).toBe("allow by c");
  });

  function atOnce(ask: () => ReturnType<LoginChain["authenticate"]>): string {
    try {
      const answer = ask();
      return answer instanceof Promise ? "a promise" : shown(answer);
    } catch (error) {
      return shownError(error);
    }
  }

  function shown({ verdict, by }: Decision<Identity>): string {
    return `${verdict} by ${by}`;
  }

  function shownError(error: unknown): string {
    return error instanceof BackendError ? error.message : "not a BackendError";
  }
});

describe("when nobody knows the client", () => {
  const hint = "This broker has no anonymous access; add a login in the device or a guest rule.";

  test.each([
    ["klaus", { kind: "unknown_user", sentence: "nobody is called klaus here" }],
    [null, { kind: "no_credentials", sentence: "sent no user name", hint }],
    ["", { kind: "no_credentials", sentence: "sent an empty user name", hint }],
  ])("the user name %j is refused with a reason of its own", (username, reason) => {
    const chain = chainOf([stage("logins", "ignore")]);
    expect(chain.authenticate(client(username, "secret"), signal)).toEqual({
      verdict: "deny",
      by: "login-chain",
      reason,
    });
  });

  test.each([
    ["ann", "sent no user name, and its certificate (ann) is no login here"],
    ["", "sent no user name, and its certificate (O=House) is no login here"],
  ])("a certificate in the name %j is told apart from none", (commonName, sentence) => {
    const chain = chainOf([stage("users", "ignore")]);
    const certificate = { commonName, subject: "O=House", fingerprint: "AB:CD" };
    expect(chain.authenticate({ ...client(null), certificate }, signal)).toMatchObject({
      verdict: "deny",
      reason: {
        kind: "no_credentials",
        sentence,
        hint: "Add a login in the device, or grant a user of that name the login by certificate (grants) in auth.yaml.",
      },
    });
  });

  test("the answer takes the time that a wrong password would", async () => {
    const gate = Promise.withResolvers<void>();
    const asked: string[] = [];
    const logins = withPretend(stage("logins", "ignore"), async ({ username }) => {
      asked.push(`${username}`);
      await gate.promise;
    });
    const chain = chainOf([stage("other", "ignore"), logins]);
    const answer = chain.authenticate(client("klaus", "secret"), signal);
    expect(answer).toBeInstanceOf(Promise);
    await expect(Promise.race([answer, Promise.resolve("still pretending")])).resolves.toBe("still pretending");
    gate.resolve();
    await expect(answer).resolves.toMatchObject({ verdict: "deny", reason: { kind: "unknown_user" } });
    expect(asked).toEqual(["klaus"]);
  });

  test.each([
    ["fails", (): Promise<void> => Promise.reject(new BackendError("no room"))],
    ["has no end", (): Promise<void> => new Promise(() => {})],
  ])("the answer stands when that %s", async (_name, pretend) => {
    const chain = chainOf([withPretend(stage("logins", "ignore"), pretend)], RESERVED, 10);
    await expect(chain.authenticate(client("klaus", "secret"), signal)).resolves.toMatchObject({
      verdict: "deny",
      reason: { kind: "unknown_user" },
    });
  });

  test.each([
    ["a user who is let in", "allow", "klaus"],
    ["a wrong password", "deny", "klaus"],
    ["a client without a user name", "ignore", null],
  ] as const)("nothing is pretended for %s", (_name, word, username) => {
    const pretend = (): never => expect.unreachable("pretended");
    const chain = chainOf([withPretend(stage("logins", word), pretend)]);
    expect(chain.authenticate(client(username, "secret"), signal)).not.toBeInstanceOf(Promise);
  });

  function withPretend({ authenticator, onBadPassword }: Stage, pretend: (who: Credentials) => Promise<void>): Stage {
    return { authenticator: { ...authenticator, pretend }, onBadPassword, onError: "deny" };
  }
});

describe("reserved names", () => {
  const everyone = (asked: string[], system: Word): readonly Stage[] => [
    stage("logins", "allow", { asked }),
    stage("system-users", system, { asked, next: true }),
    stage("home-assistant", "allow", { asked }),
    stage("anonymous", "allow", { asked }),
  ];

  test.each([
    ["allow", { verdict: "allow", by: "system-users" }],
    ["deny", { verdict: "deny", by: "system-users", reason: { kind: "wrong_password" } }],
    ["ignore", { verdict: "deny", by: "login-chain", reason: { kind: "unknown_user" } }],
  ] as const)("are decided by the system users alone, at once: %s", (system, expected) => {
    for (const username of RESERVED) {
      const asked: string[] = [];
      const chain = chainOf(everyone(asked, system));
      expect(chain.authenticate(client(username, "secret"), signal)).toMatchObject(expected);
      expect(asked).toEqual(["system-users"]);
    }
  });

  test("belong to nobody when there are no system users", () => {
    const asked: string[] = [];
    const chain = chainOf([stage("logins", "allow", { asked }), stage("anonymous", "allow", { asked })]);
    expect(chain.authenticate(client("addons", "secret"), signal)).toMatchObject({
      verdict: "deny",
      by: "login-chain",
      reason: { sentence: "nobody is called addons here" },
    });
    expect(asked).toEqual([]);
  });

  test.each([["Addons"], [" homeassistant "], ["HOMEASSISTANT"], ["ａddons"], ["homeaßistant"], ["addons "]])(
    "in another spelling are refused without asking anyone: %j",
    (username) => {
      const asked: string[] = [];
      expect(chainOf(everyone(asked, "allow")).authenticate(client(username, "secret"), signal)).toEqual({
        verdict: "deny",
        by: "login-chain",
        reason: {
          kind: "not_allowed",
          sentence: `the user name ${username} is reserved`,
          hint: "Use another user name in the device.",
        },
      });
      expect(asked).toEqual([]);
    },
  );

  test("are names like any other where none are reserved", () => {
    const chain = chainOf([stage("logins", "allow")], []);
    for (const username of ["homeassistant", "Addons"]) {
      expect(chain.authenticate(client(username, "secret"), signal)).toMatchObject({ verdict: "allow", by: "logins" });
    }
  });

  test("the system users ignore other names, and the chain goes on", () => {
    const asked: string[] = [];
    const chain = chainOf([stage("system-users", "ignore", { asked }), stage("logins", "allow", { asked })]);
    expect(chain.authenticate(client("klaus", "secret"), signal)).toMatchObject({ verdict: "allow", by: "logins" });
    expect(asked).toEqual(["system-users", "logins"]);
  });
});

describe("clients that no stage should see", () => {
  test.each([
    [{ clientId: "a\0b" }, "client_id_refused", "the client id cannot be used because it holds a control character"],
    [{ username: "a\nb" }, "unknown_user", "the user name cannot be used because it holds a control character"],
    [{ username: "addons\0" }, "unknown_user", "the user name cannot be used because it holds a control character"],
    [{ password: Buffer.alloc(4097) }, "wrong_password", "the password is longer than 4096 bytes"],
  ])("are refused before any is asked: %j", (unfit, kind, sentence) => {
    const asked: string[] = [];
    const chain = chainOf([stage("system-users", "allow", { asked }), stage("anonymous", "allow", { asked })]);
    expect(chain.authenticate({ ...client("klaus", "secret"), ...unfit }, signal)).toEqual({
      verdict: "deny",
      by: "login-chain",
      reason: { kind, sentence },
    });
    expect(asked).toEqual([]);
  });
});

describe("a stage that does not answer", () => {
  const silent = (seen: (signal: AbortSignal) => void): Stage => ({
    authenticator: {
      name: "home-assistant",
      authenticate(_credentials, signal) {
        seen(signal);
        return new Promise(() => {});
      },
    },
    onBadPassword: "next",
    onError: "deny",
  });

  test("leaves the client undecided after the time it has, and is told to stop", async () => {
    const seen = Promise.withResolvers<AbortSignal>();
    const asked: string[] = [];
    const chain = chainOf([silent(seen.resolve), stage("anonymous", "allow", { asked })], RESERVED, 10);
    await expect(chain.authenticate(client("klaus"), signal)).rejects.toThrow("home-assistant: no answer within 10 ms");
    expect((await seen.promise).aborted).toBe(true);
    expect(asked).toEqual([]);
  });

  test("is given up when the client is gone", async () => {
    const seen = Promise.withResolvers<AbortSignal>();
    const leaving = new AbortController();
    const answer = chainOf([silent(seen.resolve)]).authenticate(client("klaus"), leaving.signal);
    leaving.abort(new Error("the connection was closed"));
    await expect(answer).rejects.toThrow("home-assistant: the connection was closed");
    expect((await seen.promise).aborted).toBe(true);
  });

  test("and says no when it is too late changes nothing and crashes nothing", async () => {
    const crashes: unknown[] = [];
    const remember = (error: unknown): void => void crashes.push(error);
    process.on("unhandledRejection", remember);
    onTestFinished(() => void process.off("unhandledRejection", remember));
    const gate = Promise.withResolvers<never>();
    const late: Stage = {
      authenticator: { name: "late", authenticate: () => gate.promise },
      onBadPassword: "deny",
      onError: "deny",
    };
    await expect(chainOf([late], RESERVED, 10).authenticate(client("klaus"), signal)).rejects.toThrow(BackendError);
    gate.reject(new Error("too late"));
    await new Promise(setImmediate);
    expect(crashes).toEqual([]);
  });
});

describe("after a reload", () => {
  const identity = (source: string): Identity => ({
    clientId: "plug-1",
    username: "klaus",
    superuser: false,
    source,
    proof: "p1",
  });
  const checking = (name: string, verdict: "allow" | "deny"): Stage => ({
    authenticator: {
      ...stage(name, "allow").authenticator,
      recheck: ({ proof }) =>
        verdict === "allow"
          ? allow(name, undefined)
          : deny(name, { kind: "wrong_password", sentence: `${name} refuses ${proof}` }),
    },
    onBadPassword: "deny",
    onError: "deny",
  });

  test("the stage that let a client in decides whether it stays", () => {
    const chain = chainOf([
      checking("logins", "deny"),
      checking("password-file", "allow"),
      stage("anonymous", "allow"),
    ]);
    expect(chain.recheck(identity("logins"))).toEqual({
      verdict: "deny",
      by: "logins",
      reason: { kind: "wrong_password", sentence: "logins refuses p1" },
    });
    expect(chain.recheck(identity("password-file"))).toMatchObject({ verdict: "allow", by: "password-file" });
    expect(chain.recheck(identity("anonymous"))).toMatchObject({ verdict: "allow", by: "anonymous" });
  });

  test("a client whose login source is gone has to go too", () => {
    expect(chainOf([checking("logins", "allow")]).recheck(identity("anonymous"))).toEqual({
      verdict: "deny",
      by: "login-chain",
      reason: { kind: "not_allowed", sentence: "the login source anonymous is switched off" },
    });
  });
});

describe("a client that is away", () => {
  const identity = (source: string): Identity => ({
    clientId: "plug-1",
    username: "klaus",
    superuser: false,
    source,
    proof: null,
  });
  /** "logins=unknown home-assistant=silent": what each stage says of klaus; a silent one has no recheck. */
  function mayReturn(text: string, who = identity("logins")): string {
    const stages = text.split(" ").map((word): Stage => {
      const [name = "", says = ""] = word.split("=");
      const plain = stage(name, "allow").authenticator;
      if (says === "silent") return { authenticator: plain, onBadPassword: "deny", onError: "deny" };
      const kind = says === "changed" ? "wrong_password" : "unknown_user";
      const answer = says === "known" ? allow(name, undefined) : deny(name, { kind, sentence: `${name}: ${says}` });
      return { authenticator: { ...plain, recheck: () => answer }, onBadPassword: "deny", onError: "deny" };
    });
    const decision = chainOf(stages).mayReturn(who);
    return `${decision.verdict} by ${decision.by}: ${decision.reason.sentence}`;
  }

  test.each([
    ["logins=known", "allow by logins: allowed"],
    ["logins=changed", "allow by logins: allowed"],
    ["logins=unknown", "deny by logins: logins: unknown"],
    ["logins=silent", "allow by logins: allowed"],
    // it was moved, and finds its session when it logs in there
    ["logins=unknown password-file=changed", "allow by password-file: allowed"],
    ["logins=unknown password-file=unknown", "deny by logins: logins: unknown"],
    // who cannot say from memory is no witness: else no user would ever be gone
    ["logins=unknown home-assistant=silent", "deny by logins: logins: unknown"],
    ["home-assistant=silent", "deny by login-chain: the login source logins is switched off"],
    ["password-file=known", "allow by password-file: allowed"],
  ])("of the logins, where %s: %s", (stages, answer) => {
    expect(mayReturn(stages)).toBe(answer);
  });

  test.each([
    ["logins=known", "allow by logins: allowed"],
    ["logins=unknown password-file=changed", "allow by password-file: allowed"],
    ["logins=unknown home-assistant=silent", "allow by home-assistant: allowed"],
    ["logins=unknown password-file=unknown", "deny by login-chain: nobody is called klaus here"],
  ])("that was imported, where %s: %s", (stages, answer) => {
    expect(mayReturn(stages, identity(IMPORTED))).toBe(answer);
  });

  test("that was imported without a user name, where everybody needs one, is refused", () => {
    const answer = mayReturn("logins=unknown", { ...identity(IMPORTED), username: null });
    expect(answer).toBe("deny by login-chain: it has no user name, and here everybody needs one");
  });
});

test("each answer can be followed in the log, without the password", () => {
  const { log, entries } = recordingLogger();
  const stages = [stage("logins", "ignore"), stage("password-file", "deny")];
  const chain = createChain({
    stages,
    reservedUsers: [],
    timeoutMs: 5000,
    digest: (text) => text,
    log,
    ledger: createStageLedger(),
  });
  expect(chain.authenticate(client("klaus", "hunter2"), signal)).toMatchObject({ verdict: "deny" });
  expect(entries.map(({ type, message }) => `${type}: ${message}`)).toEqual([
    "debug: login of plug-1: logins says ignore (logins does not know)",
    "debug: login of plug-1: password-file says deny (password-file says no)",
  ]);
  expect(JSON.stringify(entries)).not.toContain("hunter2");
});

describe("somebody who is barred", () => {
  const bar = (name: string): Stage => ({
    authenticator: {
      name: "list",
      authenticate: () => ignore("list", { kind: "unknown_user", sentence: "list does not know" }),
      bars: ({ username }) =>
        username === name ? deny("list", { kind: "not_allowed", sentence: `the client ${name} is disabled` }) : null,
    },
    onBadPassword: "next",
    onError: "deny",
  });

  test("is refused whichever stage knows the password, and by SCRAM too", async () => {
    const asked: string[] = [];
    const chain = chainOf([bar("klaus"), stage("logins", "allow", { asked })]);
    expect(chain.authenticate(client("klaus", "secret"), signal)).toMatchObject({ verdict: "deny", by: "list" });
    expect(chain.authenticate(client("emma", "secret"), signal)).toMatchObject({ verdict: "allow", by: "logins" });
    expect(asked).toEqual(["logins"]);
    const device = scramClient("klaus", "secret");
    const exchange = chain.exchange("SCRAM-SHA-256", client("klaus"));
    const step = await exchange?.answer(device.first);
    const challenge = step?.verdict === "continue" ? step.data : Buffer.of();
    const reason = { sentence: "the client klaus is disabled" };
    expect(await exchange?.answer(device.final(challenge))).toMatchObject({ verdict: "deny", by: "list", reason });
  });

  test("does not come in when it was barred while its password was checked, nor stays", async () => {
    let name = "";
    const stages = [bar("klaus"), stage("logins", "allow", { later: true })];
    const late: Stage = {
      authenticator: { ...bar("").authenticator, bars: (who) => bar(name).authenticator.bars?.(who) ?? null },
      onBadPassword: "next",
      onError: "deny",
    };
    const chain = chainOf([late, ...stages.slice(1)]);
    const answer = chain.authenticate(client("klaus", "secret"), signal);
    name = "klaus";
    expect(await answer).toMatchObject({ verdict: "deny", reason: { sentence: "the client klaus is disabled" } });
    const identity = { clientId: "a", username: "klaus", superuser: false, source: "logins", proof: null };
    expect(chain.recheck(identity)).toMatchObject({
      verdict: "deny",
      reason: { sentence: "the client klaus is disabled" },
    });
    expect(chain.recheck({ ...identity, username: "emma" })).toMatchObject({ verdict: "allow" });
  });

  test("is never a system user", () => {
    const chain = chainOf([stage("system-users", "allow"), bar("addons")]);
    expect(chain.authenticate(client("addons", "secret"), signal)).toMatchObject({ verdict: "allow" });
  });
});

describe("a stage that may be left out when it fails", () => {
  const leftOut = (): Stage => ({ ...stage("db", "throw"), onError: "ignore" });

  test.each<[string, readonly Word[], string]>([
    ["a later yes counts", ["allow"], "allow"],
    ["a later no counts", ["deny"], "deny"],
    ["a later failure that may not be left out is the end", ["throw"], "undecided"],
    ["when nobody decides, nothing is decided", ["ignore"], "undecided"],
  ])("%s", async (_, words, expected) => {
    const chain = createChain({
      stages: [leftOut(), ...words.map((word, index) => stage(`later-${index}`, word))],
      reservedUsers: [],
      timeoutMs: 5000,
      digest: (text) => text,
      log: recordingLogger().log,
      ledger: createStageLedger(),
    });
    const answer = async (): Promise<string> => (await chain.authenticate(client("ann", "x"), signal)).verdict;
    const verdict = await answer().catch((error: unknown) => (error instanceof BackendError ? "undecided" : "fault"));
    expect(verdict).toBe(expected);
  });
});

test("counts what each stage was asked and said", async () => {
  const ledger = createStageLedger();
  const chain = createChain({
    stages: [stage("first", "ignore"), stage("second", "allow")],
    reservedUsers: [],
    timeoutMs: 5000,
    digest: (text) => text,
    log: recordingLogger().log,
    ledger,
  });
  await chain.authenticate(client("ann", "x"), signal);
  expect(ledger.read().get("first")).toMatchObject({ asked: 1, ignored: 1, yes: 0, failed: 0 });
  expect(ledger.read().get("second")).toMatchObject({ asked: 1, ignored: 0, yes: 1, failed: 0 });
});
