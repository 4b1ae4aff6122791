import { describe, expect, onTestFinished, test } from "vitest";
import { createStageKeeper } from "../../src/auth/stage-keeper.ts";
import { BackendError } from "../../src/core/errors.ts";
import { allow, deny } from "../../src/core/reasons.ts";
import type { StageTerms } from "../../src/core/stage-terms.ts";
import type { Authenticator, Credentials, Decision, Identity } from "../../src/core/types.ts";
import { client, recordingLogger } from "./context.ts";

const { signal } = new AbortController();

const ANY = { listeners: null, usernames: null, clientIds: null, hasCertificate: null };
const TERMS: StageTerms = {
  id: "house",
  when: ANY,
  onError: "deny",
  denyMeans: "deny",
  superuser: "from_backend",
  timeoutMs: 5000,
  cache: { acceptedMs: 60_000, refusedMs: 5000, staleMs: 600_000 },
};

type Word = "yes" | "no" | "silent" | "hang";

/** A source that says one word to everybody, and counts how often it was asked. */
function source(terms: Partial<StageTerms> = {}) {
  const { log, entries } = recordingLogger();
  const keeper = createStageKeeper(log);
  onTestFinished(() => keeper.stop());
  const state: { word: Word; asked: number; rights: number; expiresAtMs: number | null; closed: number } = {
    word: "yes",
    asked: 0,
    rights: 0,
    expiresAtMs: null,
    closed: 0,
  };
  const answer = async ({ clientId, username }: Credentials): Promise<Decision<Identity>> => {
    state.asked += 1;
    switch (state.word) {
      case "yes": {
        const { expiresAtMs } = state;
        return allow("db", { clientId, username, superuser: true, source: "db", proof: null, expiresAtMs });
      }
      case "no":
        return deny("db", { kind: "wrong_password", sentence: "wrong password" });
      case "silent":
        throw new BackendError("connection refused");
      case "hang":
        return new Promise(() => undefined);
    }
  };
  const inner: Authenticator = {
    name: "db",
    authenticate: answer,
    async rights() {
      state.rights += 1;
      if (state.word === "silent") throw new BackendError("connection refused");
      return [];
    },
    async close() {
      state.closed += 1;
    },
  };
  const stage = keeper.take({ ...TERMS, ...terms }, "key", () => inner);
  const lines = (): string[] => entries.map(({ type, message }) => `${type}: ${message}`);
  return { stage, state, keeper, lines };
}

const SILENT =
  "warning: The login source house does not answer (connection refused). Logins it accepted in the last 10 minutes still work; " +
  "others are told to try again (server unavailable). This ends by itself when it answers.";

test("answers under its id, whatever its backend is called", async () => {
  const { stage } = source();
  expect(stage.name).toBe("house");
  expect(await stage.authenticate(client("ann", "x"), signal)).toMatchObject({
    verdict: "allow",
    by: "house",
    value: { source: "house", superuser: true, rules: null },
  });
});

describe("a source that is asked over a network", () => {
  test("is asked once about a login that a thousand connections send at a time, and not again for a while", async () => {
    const { stage, state, keeper } = source();
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async () => stage.authenticate(client("ann", "x"), signal)),
    );
    expect(answers.filter(({ verdict }) => verdict === "allow")).toHaveLength(1000);
    await stage.authenticate(client("ann", "x"), signal);
    expect(state.asked).toBe(1);
    expect(keeper.ledger.read().get("house")).toMatchObject({ questions: 1, failedQuestions: 0 });
  });

  test.each<[string, Credentials]>([
    ["password", client("ann", "y")],
    ["missing password", client("ann", null)],
    ["user", client("bob", "x")],
    ["client id", { ...client("ann", "x"), clientId: "other" }],
    ["address", { ...client("ann", "x"), address: "192.0.2.8" }],
    ["listener", { ...client("ann", "x"), listener: "8883" }],
  ])("is asked again about another %s", async (_, credentials) => {
    const { stage, state } = source();
    await stage.authenticate(client("ann", "x"), signal);
    await stage.authenticate(credentials, signal);
    expect(state.asked).toBe(2);
  });

  test("is asked each time, but once for all who wait, when nothing is to be remembered", async () => {
    const { stage, state } = source({ cache: { acceptedMs: 0, refusedMs: 0, staleMs: 0 } });
    await Promise.all([1, 2].map(async () => stage.authenticate(client("ann", "x"), signal)));
    expect(state.asked).toBe(1);
    await stage.authenticate(client("ann", "x"), signal);
    expect(state.asked).toBe(2);
  });

  test("keeps a no for a while", async () => {
    const { stage, state } = source();
    state.word = "no";
    for (const _ of [1, 2, 3]) {
      expect(await stage.authenticate(client("ann", "x"), signal)).toMatchObject({ verdict: "deny", by: "house" });
    }
    expect(state.asked).toBe(1);
  });

  test("is undecided when it fails, remembers nothing of it, and recovers by itself", async () => {
    const { stage, state, lines } = source();
    state.word = "silent";
    await expect(stage.authenticate(client("ann", "x"), signal)).rejects.toThrow(
      expect.objectContaining({ message: "house: connection refused", source: "house" }),
    );
    state.word = "yes";
    expect(await stage.authenticate(client("ann", "x"), signal)).toMatchObject({ verdict: "allow" });
    expect(lines()).toEqual([
      SILENT.replace("(connection refused)", "(house: connection refused)"),
      "notice: The login source house answers again.",
    ]);
  });

  test("is undecided when it takes too long", async () => {
    const { stage, state } = source({ timeoutMs: 20 });
    state.word = "hang";
    await expect(stage.authenticate(client("ann", "x"), signal)).rejects.toThrow(
      expect.objectContaining({ message: "house: no answer within 20 ms", source: "house" }),
    );
  });

  test("lets its last yes serve while it is silent, and no other login", async () => {
    const { stage, state, keeper } = source({ cache: { acceptedMs: 0, refusedMs: 0, staleMs: 600_000 } });
    await stage.authenticate(client("ann", "x"), signal);
    state.word = "silent";
    expect(await stage.authenticate(client("ann", "x"), signal)).toMatchObject({ verdict: "allow" });
    await expect(stage.authenticate(client("ann", "guess"), signal)).rejects.toThrow(BackendError);
    expect(keeper.ledger.read().get("house")).toMatchObject({ questions: 3, failedQuestions: 2, stale: 1 });
  });

  test("lets no yes serve where that is switched off", async () => {
    const { stage, state } = source({ cache: { acceptedMs: 0, refusedMs: 0, staleMs: 0 } });
    await stage.authenticate(client("ann", "x"), signal);
    state.word = "silent";
    await expect(stage.authenticate(client("ann", "x"), signal)).rejects.toThrow(BackendError);
  });

  test("is left alone after five failures, and those who ask hear so at once", async () => {
    const { stage, state, keeper } = source();
    state.word = "silent";
    for (let number = 0; number < 100; number++) {
      await expect(stage.authenticate(client(`user-${number}`, "x"), signal)).rejects.toThrow(BackendError);
    }
    expect(state.asked).toBe(5);
    expect(keeper.ledger.read().get("house")).toMatchObject({ questions: 5, failedQuestions: 5, open: 95 });
  });

  test("forgets a yes when it is over by itself", async () => {
    const { stage, state } = source();
    state.expiresAtMs = Date.now() - 1;
    await stage.authenticate(client("ann", "x"), signal);
    await stage.authenticate(client("ann", "x"), signal);
    expect(state.asked).toBe(2);
  });

  test("gives rules once for a while, and the last ones while it is silent", async () => {
    const { stage, state } = source({ cache: { acceptedMs: 0, refusedMs: 0, staleMs: 600_000 } });
    const identity: Identity = { clientId: "plug-1", username: "ann", superuser: false, source: "house", proof: null };
    expect(await stage.rights?.(identity, signal)).toEqual([]);
    state.word = "silent";
    expect(await stage.rights?.(identity, signal)).toEqual([]);
    await expect(stage.rights?.({ ...identity, username: "bob" }, signal)).rejects.toThrow(BackendError);
    expect(state.rights).toBe(3);
  });
});

describe("terms", () => {
  test.each<[string, Partial<StageTerms["when"]>, Partial<Credentials>, boolean]>([
    ["a listener", { listeners: ["8883"] }, { listener: "8883" }, true],
    ["another listener", { listeners: ["8883"] }, { listener: "1883" }, false],
    ["a user name", { usernames: ["guest-*", "ann"] }, { username: "ann" }, true],
    ["another user name", { usernames: ["guest-*"] }, { username: "ann" }, false],
    ["no user name", { usernames: ["*"] }, { username: null }, false],
    ["a client id", { clientIds: ["plug-*"] }, { clientId: "plug-1" }, true],
    ["another client id", { clientIds: ["plug-*"] }, { clientId: "lamp-1" }, false],
    ["no certificate", { hasCertificate: true }, {}, false],
    ["no certificate, as wanted", { hasCertificate: false }, {}, true],
    ["a part of it only", { usernames: ["ann"], listeners: ["8883"] }, { username: "ann", listener: "1883" }, false],
  ])("when: %s", async (_, when, credentials, isAsked) => {
    const { stage, state } = source({ when: { ...ANY, ...when } });
    const decision = await stage.authenticate({ ...client("ann", "x"), ...credentials }, signal);
    expect(decision.verdict).toBe(isAsked ? "allow" : "ignore");
    expect(state.asked).toBe(isAsked ? 1 : 0);
  });

  test("deny_means: ignore leaves a no to the next", async () => {
    const { stage, state } = source({ denyMeans: "ignore" });
    state.word = "no";
    expect(await stage.authenticate(client("ann", "x"), signal)).toMatchObject({ verdict: "ignore", by: "house" });
  });

  test.each<[StageTerms["superuser"], boolean]>([
    ["from_backend", true],
    [true, true],
    [false, false],
  ])("superuser: %j makes it %j of a backend that says yes", async (superuser, expected) => {
    const { stage } = source({ superuser });
    expect(await stage.authenticate(client("ann", "x"), signal)).toMatchObject({ value: { superuser: expected } });
  });

  test("who has rights that its stage gives no more has to log in anew", async () => {
    const { stage } = source({ superuser: false });
    const identity = {
      clientId: "plug-1",
      username: "ann",
      superuser: true,
      source: "house",
      proof: null,
      rules: null,
    };
    expect(stage.recheck?.(identity)).toMatchObject({
      verdict: "deny",
      reason: { sentence: "it has to log in anew: its rights have changed" },
    });
    expect(stage.recheck?.({ ...identity, superuser: false })).toMatchObject({ verdict: "allow" });
  });
});

describe("the keeper", () => {
  test("gives the same stage for the same key, and closes what is not needed any more", async () => {
    const { keeper, stage, state } = source();
    expect(keeper.take(TERMS, "key", () => expect.fail("made anew"))).toBe(stage);
    const other = keeper.take(TERMS, "other key", () => ({ ...stage, name: "db" }));
    expect(keeper.latest("house")).toBe(other);
    await keeper.keepOnly([other]);
    expect(state.closed).toBe(1);
    await keeper.stop();
    expect(state.closed).toBe(2);
    expect(keeper.latest("house")).toBeNull();
  });

  test("ends the questions that are under way", async () => {
    const { keeper, stage, state } = source();
    state.word = "hang";
    const [answer] = await Promise.allSettled([stage.authenticate(client("ann", "x"), signal), keeper.stop()]);
    expect(answer).toMatchObject({ status: "rejected", reason: { message: "stopped before house answered" } });
  });
});
