import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { client, dynsecText, may, PASSWORD } from "../helpers/dynsec.ts";
import { connect, type TestClient } from "../helpers/mqtt.ts";
import { startPanelHouse, type PanelHouse } from "../helpers/panel-api.ts";

/** The same questions at each run; another number asks others. */
const SEED = 20_260_503;
const QUESTIONS = 1000;
const USERS = ["ann", "bob", "cem", "dot"] as const;
const ACTIONS = ["publish", "subscribe", "receive"] as const;

interface Question {
  readonly user: (typeof USERS)[number];
  readonly action: (typeof ACTIONS)[number];
  readonly topic: string;
}

const topics = fc
  .array(fc.constantFrom("a", "b", "ann"), { minLength: 1, maxLength: 3 })
  .map((names) => names.join("/"));
const filters = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "ann", "+"), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([names, isOpen]) => (isOpen ? [...names, "#"] : names).join("/"));
const questions = fc.oneof(
  fc.record({ user: fc.constantFrom(...USERS), action: fc.constantFrom("publish", "receive"), topic: topics }),
  fc.record({ user: fc.constantFrom(...USERS), action: fc.constant("subscribe"), topic: fc.oneof(filters, topics) }),
);

function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): readonly T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: SEED });
}

/** Everybody hears this one, so that it is known when all is delivered. */
const DONE = "done";

function aclFile(): string {
  const verbs = fc.constantFrom("topic read", "topic write", "topic", "topic deny");
  const lines = sample(fc.tuple(fc.constantFrom(...USERS), verbs, filters), 40).filter(
    // a denial wins, and the end must be heard
    ([, verb, filter]) => verb !== "topic deny" || !filter.startsWith("+"),
  );
  const own = USERS.map((user) =>
    [`user ${user}`, `topic read ${DONE}`]
      .concat(lines.flatMap(([name, verb, filter]) => (name === user ? [`${verb} ${filter}`] : [])))
      .join("\n"),
  );
  return `${own.join("\n")}\npattern write %u/#\npattern read a/%u\n`;
}

function dynsec(): string {
  const types = fc.constantFrom("publishClientSend", "publishClientReceive", "subscribePattern", "subscribeLiteral");
  const entries = fc.record({
    acltype: types,
    topic: filters,
    allow: fc.boolean(),
    priority: fc.integer({ min: -1, max: 3 }),
  });
  const roles = sample(fc.array(entries, { minLength: 1, maxLength: 8 }), 8).map((acls, at) => ({
    rolename: `r${at}`,
    acls,
  }));
  const done = { rolename: DONE, acls: [may("subscribeLiteral", "#"), may("publishClientReceive", DONE)] };
  return dynsecText({
    clients: USERS.map((user, at) =>
      client(user, {
        roles: [{ rolename: `r${at}` }, { rolename: `r${at + 4}`, priority: 2 }, { rolename: DONE, priority: 9 }],
      }),
    ),
    roles: [...roles, done],
  });
}

const CUSTOMIZE = { customize: { active: true, folder: "mosquitto" } };
const HOUSES: readonly (readonly [string, () => Promise<PanelHouse>])[] = [
  [
    "an ACL file",
    () =>
      startPanelHouse(
        { ...CUSTOMIZE, logins: USERS.map((username) => ({ username, password: PASSWORD })) },
        { "share/mosquitto/acl.conf": "acl_file /share/mosquitto/acl\n", "share/mosquitto/acl": aclFile() },
      ),
  ],
  [
    "dynamic security",
    () =>
      startPanelHouse({ ...CUSTOMIZE, dynamic_security: true }, { "share/mosquitto/dynamic-security.json": dynsec() }),
  ],
];

test.each(HOUSES)("the tester says what the broker does, by %s", async (_, start) => {
  const house = await start();
  const asked = sample(questions, QUESTIONS);
  const users = new Map(
    await Promise.all(USERS.map(async (username) => [username, await comeIn(house, username)] as const)),
  );
  const live = await decisions(house, users, asked);
  const wrong: string[] = [];
  let allowed = 0;
  for (const [at, { user: username, action, topic }] of asked.entries()) {
    const question = { username, clientId: `c-${username}`, action, topic };
    const { body } = await house.send("POST", "explain", question);
    const told: { readonly allowed: boolean } = Object(body);
    if (told.allowed) allowed++;
    if (live[at] !== told.allowed)
      wrong.push(`${JSON.stringify(question)}: tester ${told.allowed}, broker ${live[at]}`);
  }
  expect(wrong).toEqual([]);
  // questions that all have one answer would find nothing
  expect(allowed).toBeGreaterThan(QUESTIONS / 5);
  expect(allowed).toBeLessThan((QUESTIONS * 4) / 5);
});

function comeIn({ broker }: PanelHouse, username: string): Promise<TestClient> {
  return connect(broker, { username, password: PASSWORD, clientId: `c-${username}`, protocolVersion: 5 });
}

/** What the broker does with each of them; the clients stay the ones that the tester is asked about. */
async function decisions(
  house: PanelHouse,
  users: ReadonlyMap<string, TestClient>,
  asked: readonly Question[],
): Promise<readonly (boolean | undefined)[]> {
  const live: (boolean | undefined)[] = asked.map(() => undefined);
  const each = async (action: Question["action"], ask: (user: TestClient, topic: string) => Promise<boolean>) => {
    for (const [at, question] of asked.entries()) {
      const user = users.get(question.user);
      if (question.action === action && user !== undefined) live[at] = await ask(user, question.topic);
    }
  };
  await each("publish", ({ client: sender }, topic) => goes(sender.publishAsync(topic, "x", { qos: 1 })));
  await each("subscribe", ({ client: reader }, filter) => goes(reader.subscribeAsync(filter, { qos: 1 })));
  await receive(house, users, asked, live);
  return live;
}

/** Who is delivered what: a user that Home Assistant trusts publishes each topic once. */
async function receive(
  { broker, folders }: PanelHouse,
  users: ReadonlyMap<string, TestClient>,
  asked: readonly Question[],
  live: (boolean | undefined)[],
): Promise<void> {
  const { homeassistant }: Record<string, { readonly password: string }> = JSON.parse(
    readFileSync(join(folders.data, "system_user.json"), "utf8"),
  );
  const login = { username: "homeassistant", password: homeassistant?.password ?? "", clientId: "core" };
  const { client: core } = await connect(broker, { ...login, protocolVersion: 5 });
  for (const { client: reader } of users.values()) await reader.subscribeAsync("#", { qos: 1 });
  const meant = asked.filter(({ action }) => action === "receive");
  for (const topic of new Set(meant.map((question) => question.topic)))
    await core.publishAsync(topic, "to all", { qos: 1 });
  await core.publishAsync(DONE, "end", { qos: 1 });
  for (const { messages } of users.values())
    await vi.waitFor(() => expect(messages).toContain(`${DONE} end`), { timeout: 10_000, interval: 20 });
  for (const [at, { user, action, topic }] of asked.entries())
    if (action === "receive") live[at] = users.get(user)?.messages.includes(`${topic} to all`);
}

async function goes(what: Promise<unknown>): Promise<boolean> {
  try {
    await what;
    return true;
  } catch {
    return false;
  }
}
