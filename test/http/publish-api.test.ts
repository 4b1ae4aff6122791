import { expect, onTestFinished, test } from "vitest";
import type { PublishAs, SentMessage } from "../../src/core/publishing.ts";
import type { CallerDeps } from "../../src/http/callers.ts";
import { createPublishApi } from "../../src/http/publish-api.ts";
import { openWebServer } from "../../src/http/web-server.ts";
import { identityOf, snapshotOf } from "../helpers/snapshot.ts";

const published: PublishAs = (_, messages) =>
  Promise.resolve({ kind: "published", outcomes: messages.map(() => "sent" as const) });
const welcome: CallerDeps["login"] = (credentials) =>
  Promise.resolve({ verdict: "allow", identity: identityOf(credentials) });
const WRONG = { verdict: "deny", reason: { kind: "wrong_password", sentence: "wrong password" } } as const;

interface Parts {
  readonly login?: CallerDeps["login"];
  readonly publishAs?: PublishAs;
}

/** The routes on a port of their own; gives what sends them a body. */
async function start({ login = welcome, publishAs = published }: Parts = {}) {
  const { fetch: serve } = createPublishApi({
    login,
    publishAs,
    current: () => snapshotOf({ limits: { maxPacketSize: 16 * 1024 * 1024 } }),
    record: () => undefined,
    now: Date.now,
  });
  const fault = (error: Error): void => {
    throw error;
  };
  const server = await openWebServer({ host: "127.0.0.1", port: 0, tls: null, fetch: serve, fault });
  onTestFinished(() => server.close());
  return async (path: string, body: string): Promise<string> => {
    const headers = { Authorization: `Basic ${Buffer.from("name:password").toString("base64")}` };
    const reply = await fetch(`${server.address}${path}`, { method: "POST", body, headers });
    return `${reply.status} ${await reply.text()}`;
  };
}

test("of passwords that are tried all at once no more are looked at than of those one after the other", async () => {
  let asked = 0;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const send = await start({
    async login() {
      if (++asked === 10) resolve();
      await enough;
      return WRONG;
    },
  });
  const answers = await Promise.all(Array.from({ length: 40 }, () => send("/mqtt/publish", "topic=t")));
  expect(answers.filter((answer) => answer === "401 Unauthorized")).toHaveLength(10);
  expect(answers.filter((answer) => answer.startsWith("429 Too many logins from this address failed."))).toHaveLength(
    30,
  );
  expect(asked).toBe(10);
});

test("logins that are right wait for one another at most", async () => {
  let asked = 0;
  const send = await start({
    async login(credentials) {
      asked++;
      await new Promise((resolve) => setImmediate(resolve));
      return welcome(credentials);
    },
  });
  const answers = await Promise.all(Array.from({ length: 40 }, () => send("/mqtt/publish", "topic=t")));
  expect(answers).toEqual(Array.from({ length: 40 }, () => "200 OK"));
  expect(asked).toBe(40);
});

test("a login that breaks down ends its attempt", async () => {
  const send = await start({ login: () => Promise.reject(new Error("broken")) });
  const answers = await Promise.all(Array.from({ length: 20 }, () => send("/mqtt/publish", "topic=t")));
  expect(answers).toEqual(Array.from({ length: 20 }, () => "500 Internal Server Error"));
});

test.each([
  ["/api/v5/publish", JSON.stringify({ topic: "t", payload: "", properties: { user_properties: deep(40) } })],
  ["/api/v5/publish/bulk", `[${"{},".repeat(100_000)}{}]`],
  ["/api/v2/mqtt/publish", `{"topic":"t","payload":"","more":[${"[],".repeat(100_000)}[]]}`],
])("JSON that would hold up everybody else is not parsed: %s", async (path, body) => {
  const send = await start();
  expect(await send(path, body)).toBe(
    path.includes("v2")
      ? '200 {"code":109,"message":"the body is not a JSON object"}'
      : `400 {"code":"BAD_REQUEST","message":"${path.endsWith("bulk") ? "the body is not a list of messages" : "this is not a JSON object"}"}`,
  );
});

test("a form has a thousand topics at most, and few of them for a large message", async () => {
  const sent: SentMessage[][] = [];
  const send = await start({
    publishAs(sender, messages) {
      sent.push([...messages]);
      return published(sender, messages);
    },
  });
  const topics = (count: number): string => Array.from({ length: count }, (_, index) => `t${index}`).join();
  expect(await send("/mqtt/publish", `topics=${topics(1000)}`)).toBe("200 OK");
  expect(await send("/mqtt/publish", `topics=${topics(1001)}`)).toBe("400 Bad Topics");
  expect(await send("/mqtt/publish", `topic=t&topics=${topics(1000)}`)).toBe("400 Bad Topics");
  expect(await send("/mqtt/publish", `topics=${topics(34)}&message=${"x".repeat(1_000_000)}`)).toBe(
    "413 The message is too large for so many topics. Send it to fewer at a time.",
  );
  expect(sent.map(({ length }) => length)).toEqual([1000]);
});

test("a refusal names who has no user name", async () => {
  const send = await start({
    login: (credentials) =>
      Promise.resolve({ verdict: "allow", identity: { ...identityOf(credentials), username: null } }),
    publishAs: () =>
      Promise.resolve({
        kind: "refused",
        index: 0,
        code: 0x87,
        reason: { kind: "publish_denied", sentence: "no rule allows it" },
      }),
  });
  expect(await send("/mqtt/publish", "topic=t")).toBe(
    "403 a login without a user name may not publish to t: no rule allows it",
  );
});

function deep(levels: number): unknown {
  return levels === 0 ? "" : { a: deep(levels - 1) };
}
