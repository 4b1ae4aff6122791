import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/auth/backend.ts";
import type { Credentials, Identity } from "../../src/core/types.ts";
import { isAllowed } from "../../src/core/reasons.ts";
import { backendContext, client } from "./context.ts";
import { HOSTILE } from "./hostile-names.ts";

/** A backend with settings, and clients it knows the answer for. */
interface ContractSubject {
  readonly backend: Backend;
  /** Settings under which the clients of `accepts` get in. */
  readonly settings: unknown;
  readonly accepts: readonly Credentials[];
  /** Settings under which none of them may stay. */
  readonly settingsWithout: unknown;
  /** Settings that the schema must refuse; each holds the word "hunter2". */
  readonly invalid: readonly unknown[];
  /** Whether clients without a user name get in. */
  readonly acceptsAnonymous: boolean;
}

const NOBODY = [...HOSTILE, "constructor", "toString", "a:b", "$"];

/** What the chain and the broker rely on, whichever backend it is. */
export function authenticatorContract(subject: ContractSubject): void {
  const { backend, settings, accepts } = subject;
  const { signal } = new AbortController();

  describe(`${backend.type} as an authenticator`, () => {
    test("is called as its type", () => {
      expect(backend.create(settings, backendContext()).name).toBe(backend.type);
    });

    test.each(accepts)("takes $username and vouches for it by name", async (credentials) => {
      const decision = await backend.create(settings, backendContext()).authenticate(credentials, signal);
      expect(decision).toMatchObject({
        verdict: "allow",
        by: backend.type,
        value: {
          clientId: credentials.clientId,
          username: credentials.username,
          superuser: false,
          source: backend.type,
        },
      });
    });

    test.each(accepts)("lets $username stay while its settings are the same", async (credentials) => {
      const context = backendContext();
      const before = backend.create(settings, context);
      const identity = await identityOf(before.authenticate(credentials, signal));
      // as after a reload: another instance, the same process
      const after = backend.create(structuredClone(settings), context);
      expect(before.recheck?.(identity)).toMatchObject({ verdict: "allow", by: backend.type });
      expect(after.recheck?.(identity)).toMatchObject({ verdict: "allow", by: backend.type });
    });

    test.each(accepts)("sends $username away once it is gone", async (credentials) => {
      const context = backendContext();
      const identity = await identityOf(backend.create(settings, context).authenticate(credentials, signal));
      const without = backend.create(subject.settingsWithout, context);
      expect(without.recheck?.(identity)).toMatchObject({ verdict: "deny", by: backend.type });
      expect(isAllowed(await without.authenticate(credentials, signal))).toBe(false);
    });

    test.each(NOBODY)("ignores the user %j", async (username) => {
      const authenticator = backend.create(settings, backendContext());
      for (const password of [null, "", "secret", "\0", "x".repeat(65_535)]) {
        const decision = await authenticator.authenticate(client(username, password), signal);
        expect(decision).toMatchObject({ verdict: "ignore", by: backend.type, reason: { kind: "unknown_user" } });
      }
    });

    test("answers a client without a user name", async () => {
      const authenticator = backend.create(settings, backendContext());
      const decisions = await Promise.all(
        [null, "", "secret"].map(async (password) => authenticator.authenticate(client(null, password), signal)),
      );
      for (const decision of decisions) {
        expect(decision).toMatchObject(
          subject.acceptsAnonymous
            ? { verdict: "allow", value: { username: null, proof: null } }
            : { verdict: "ignore", by: backend.type, reason: { kind: "no_credentials" } },
        );
      }
    });

    test.each(subject.invalid)("refuses wrong settings, and does not quote them (%#)", (invalid) => {
      expect(JSON.stringify(invalid)).toContain("hunter2");
      expect(() => backend.create(invalid, backendContext())).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
      );
    });
  });
}

async function identityOf(answer: ReturnType<ReturnType<Backend["create"]>["authenticate"]>): Promise<Identity> {
  const decision = await answer;
  if (!isAllowed(decision)) throw new Error(`not allowed: ${decision.reason.sentence}`);
  return decision.value;
}
