import { execFileSync } from "node:child_process";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readMoment } from "../../src/cli/moment.ts";
import { explainRules } from "../../src/snapshot/explain.ts";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, type TestClient } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const root = join(import.meta.dirname, "..", "..");
const QUESTIONS = 10_000;
/** Fixed, so that a failure can be repeated. */
const SEED = 1_121;

const levels = fc.constantFrom("a", "b", "c", "alice", "c1");
const wild = fc.oneof({ weight: 3, arbitrary: levels }, fc.constantFrom("+", "%u", "%c"));
const join1 = (parts: readonly string[]): string => parts.join("/");
const topics = fc.array(levels, { minLength: 1, maxLength: 4 }).map(join1);
const filters = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: levels }, fc.constant("+")), { maxLength: 2 }),
    fc.constantFrom("#", "+", "a", "b"),
  )
  .map(([before, last]) => join1([...before, last]));
const ruleFilters = fc
  .tuple(fc.array(wild, { minLength: 1, maxLength: 3 }), fc.constantFrom("#", "+", "a", "%c"))
  .map(([before, last]) => join1([...before, last]));
const who = fc.constantFrom(
  "all",
  '{user, "alice"}',
  '{user, {re, "^b"}}',
  '{client, "c1"}',
  '{ipaddr, "127.0.0.0/8"}',
  '{ipaddr, "10.0.0.0/8"}',
  '{\'or\', [{user, "bob"}, {client, "c2"}]}',
);
const rules = fc
  .tuple(
    fc.constantFrom("allow", "allow", "deny"),
    who,
    fc.constantFrom("publish", "subscribe", "pubsub"),
    fc.tuple(ruleFilters, fc.boolean()).map(([filter, isExact]) => (isExact ? `{eq, "${filter}"}` : `"${filter}"`)),
  )
  .map(([effect, whom, access, topic]) => `{${effect}, ${whom}, ${access}, [${topic}]}.`);
const questions = fc.tuple(
  fc.nat({ max: 3 }),
  fc.oneof(
    topics.map((topic) => ({ action: "publish" as const, topic })),
    filters.map((topic) => ({ action: "subscribe" as const, topic })),
  ),
);

test("the running broker and explain agree", { timeout: 120_000 }, async () => {
  const folder = tempFolder();
  const hash = (name: string): string =>
    execFileSync(process.execPath, ["src/main.ts", "passwd", name], { cwd: root, input: "secret\n", encoding: "utf8" });
  const confFile = join(folder, "mosquitto.conf");
  save(join(folder, "users"), hash("alice") + hash("bob"));
  save(
    confFile,
    `listener ${await freePort()} 127.0.0.1\nallow_anonymous true\npassword_file users\nacl_file acl.conf\nlog_type notice\n`,
  );
  save(join(folder, "acl.conf"), fc.sample(rules, { numRuns: 40, seed: SEED }).join("\n"));
  const running = launch(["src/main.ts", "-c", confFile]);
  await running.line(/ ready: /);
  const clients = [
    { username: "alice", clientId: "c1" },
    { username: "bob", clientId: "c2" },
    { username: null, clientId: "c1x" },
    { username: null, clientId: "c2x" },
  ];
  const { snapshot } = await readMoment({ confFile, optionsFile: null, share: folder, ssl: folder, data: folder });
  const connected = await Promise.all(
    clients.map(({ username, clientId }) =>
      connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
        clientId,
        protocolVersion: 5,
        ...(username === null ? {} : { username, password: "secret" }),
      }),
    ),
  );

  const asked = fc.sample(questions, { numRuns: QUESTIONS, seed: SEED });
  const count = { allowed: 0, denied: 0 };
  for (let at = 0; at < asked.length; at += 100) {
    const answers = asked.slice(at, at + 100).map(async ([number, { action, topic }]) => {
      const client = clients[number];
      const connection = connected[number];
      if (client === undefined || connection === undefined) throw new Error("no such client");
      const { decision, trials } = explainRules(snapshot, {
        identity: { ...client, superuser: false, source: "explain", proof: null, address: "127.0.0.1" },
        action,
        topic,
      });
      const isAllowed = decision.verdict === "allow";
      count[isAllowed ? "allowed" : "denied"]++;
      expect(trials.find(({ matched }) => matched)?.rule.origin).toEqual(
        decision.reason.where?.line === undefined ? undefined : decision.reason.where,
      );
      expect([client, action, topic, await isLetThrough(connection, action, topic)]).toEqual([
        client,
        action,
        topic,
        isAllowed,
      ]);
    });
    await Promise.all(answers);
  }
  expect(count.allowed).toBeGreaterThan(QUESTIONS / 10);
  expect(count.denied).toBeGreaterThan(QUESTIONS / 10);
});

async function isLetThrough({ client }: TestClient, action: "publish" | "subscribe", topic: string): Promise<boolean> {
  try {
    if (action === "publish") await client.publishAsync(topic, "", { qos: 1 });
    else await client.subscribeAsync(topic, { qos: 0 });
    return true;
  } catch (error) {
    if (error instanceof Error && /not authorized/i.test(error.message)) return false;
    throw error;
  }
}
