import { expect, it } from "vitest";
import type { ExplainAnswer } from "../../../src/core/api/access.ts";
import type { ActionLabel, ProblemInfo } from "../../../src/core/api/problems.ts";
import type { ConfigInfo } from "../../../src/core/api/system.ts";
import { createLogger } from "../../../src/core/logger.ts";
import type { Action, ReasonKind } from "../../../src/core/types.ts";
import { configCards } from "../../../src/http/panel/config-cards.ts";
import { openMutes } from "../../../src/monitor/problems/mutes.ts";
import { createProblems } from "../../../src/monitor/problems/problems.ts";
import { bridgeCards, certificateCards } from "../../../src/monitor/problems/standing.ts";
import { parseRoute } from "../../../src/panel/shell/router.ts";
import { disconnected, named, refused, START } from "../../monitor/clients/house.ts";
import { describeWith } from "../../helpers/needs.ts";
import { BRIDGES, CERTIFICATES } from "../stage/answers.ts";
import { type Sight, useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { BUSY, clientWith } from "../stage/samples.ts";

/** A kind that is missing here does not pass the type check. */
const EVERY: Readonly<Record<ReasonKind, true>> = {
  ok: true,
  no_credentials: true,
  unknown_user: true,
  wrong_password: true,
  auth_unavailable: true,
  not_allowed: true,
  cert_missing: true,
  cert_rejected: true,
  protocol_refused: true,
  client_id_refused: true,
  tls_on_plain: true,
  plain_on_tls: true,
  http_on_mqtt: true,
  silent: true,
  malformed: true,
  protocol_error: true,
  taken_over: true,
  keepalive: true,
  oversize: true,
  too_many_connections: true,
  connect_rate: true,
  flapping: true,
  banned: true,
  rate_limited: true,
  memory_full: true,
  publish_denied: true,
  subscribe_denied: true,
  unsubscribe_denied: true,
  receive_denied: true,
  rules_unavailable: true,
  rules_unasked: true,
  queue_dropped: true,
  shutting_down: true,
};
const ACTIONS: readonly Action[] = ["publish", "subscribe", "unsubscribe", "receive"];

/** Everything that can become of a reason, with a name and without. */
async function cardsOf(kind: ReasonKind): Promise<readonly ProblemInfo[]> {
  const problems = createProblems({
    decide: () => null,
    isBlocked: () => true,
    standing: () => [],
    namesake: () => null,
    mutes: await openMutes(
      null,
      createLogger(() => ({ types: new Set(), sinks: [] })),
    ),
    now: () => START,
  });
  const reason = { kind, sentence: "why" };
  for (const client of [named("hall/1"), named("", "192.0.2.9", null)]) {
    problems.record(refused(client, reason));
    for (let times = 0; times < 5; times++) problems.record(disconnected(client, reason));
    problems.record({ kind: "slowed", client, reason });
    problems.record({ kind: "dropped", client, reason, count: 1 });
    for (const action of ACTIONS)
      for (const by of ["acl", "limits"])
        problems.record({ kind: "denied", client, action, topic: "a/b", decision: { verdict: "deny", by, reason } });
  }
  problems.stop();
  return problems.list();
}

async function everyCard(): Promise<readonly ProblemInfo[]> {
  const kinds = Object.keys(EVERY).filter((kind): kind is ReasonKind => kind in EVERY);
  return [
    ...(await Promise.all(kinds.map(cardsOf))).flat(),
    ...bridgeCards(BRIDGES, START),
    ...certificateCards(CERTIFICATES, START),
    ...configCards([{ severity: "error", what: "a.", now: "b.", fix: "c." }], START),
  ];
}

/** What is seen where a button led; a button that is missing here does not pass the type check. */
const SEEN: Readonly<Record<ActionLabel, (sight: Sight, query: Readonly<Record<string, string>>) => Promise<void>>> = {
  add_login: newUser,
  create_user: newUser,
  async new_password({ panel }, { user = "" }) {
    expect(await panel.getByLabel("Search").inputValue()).toBe(user);
    await panel.getByRole("button", { name: "New password for meter" }).waitFor();
  },
  async show_role({ panel }, { user }) {
    if (user === undefined) await panel.getByRole("row", { name: /^house/ }).waitFor();
    else
      await panel
        .getByRole("note")
        .filter({ hasText: `Roles of the user ${user}` })
        .waitFor();
  },
  show_backends: ({ panel }) => panel.getByRole("row", { name: /home-assistant/ }).waitFor(),
  async explain({ panel }, { user = "", client = "", topic = "" }) {
    await panel.getByRole("status").filter({ hasText: "Denied" }).waitFor();
    expect(await panel.getByLabel("User").inputValue()).toBe(user);
    expect(await panel.getByLabel("Client id").inputValue()).toBe(client);
    expect(await panel.getByLabel("Topic").inputValue()).toBe(topic);
  },
  show_certificates: ({ panel }) => panel.getByText("fullchain.pem").first().waitFor(),
  show_listeners: ({ panel }) => panel.getByRole("region", { name: "1883" }).waitFor(),
  show_limits: ({ panel }) => panel.getByText("max_packet_size").waitFor(),
  show_config: ({ panel }) => panel.getByText("max_packet_size").waitFor(),
  show_bridge: ({ panel }) => panel.getByText("example.org:8883").waitFor(),
  unblock: device,
  show_session: device,
  show_device: device,
};

async function newUser({ panel }: Sight, query: Readonly<Record<string, string>>): Promise<void> {
  const form = panel.getByRole("dialog", { name: "New user" });
  expect(await form.getByLabel("Name").inputValue()).toBe(query["new"]);
}

/** Of somebody who never said a name there is the list only. */
async function device({ panel, frame }: Sight): Promise<void> {
  const [id = "Devices"] = parseRoute(await frame().evaluate(() => location.hash)).path;
  await panel.getByRole("heading", { level: 1, name: id }).waitFor();
  expect(await panel.getByText("is not known").count()).toBe(0);
}

const DENIED: ExplainAnswer = { allowed: false, decidedBy: null, steps: [], sentence: "Denied: no rule allows it." };
const CONFIG: ConfigInfo = {
  loadedAt: new Date(START).toISOString(),
  files: [],
  settings: [{ name: "max_packet_size", value: "16 MB", isDefault: true, default: "16 MB" }],
  problems: [],
};

describeWith(["chromium"], "the button of every card", () => {
  const look = useBrowser();

  it("leads to a page that is there, and to what it is about", async () => {
    const cards = await everyCard();
    const actions = cards.flatMap(({ action }) => action ?? []);
    const routes = [...new Map(actions.map((action) => [`${action.label} ${action.route}`, action])).values()];
    expect(new Set(routes.map(({ label }) => label))).toEqual(new Set(Object.keys(SEEN)));

    const clients = [...BUSY.clients, clientWith({ id: "hall/1" })];
    const others = { ...BUSY.others, config: CONFIG, "POST explain": DENIED };
    const sight = await look(await startHouse(await startFakeApi({ ...BUSY, clients, others })));
    await sight.panel.getByRole("heading", { level: 1 }).waitFor();
    for (const { label, route } of routes) {
      await sight.frame().evaluate(() => void (location.hash = "#/problems"));
      await sight.panel.getByRole("heading", { level: 1, name: "Problems" }).waitFor();
      await sight.frame().evaluate((hash) => void (location.hash = hash), route);
      const { page, path, query } = parseRoute(route);
      expect(`#/${page}`, route).toBe(`#/${/^#\/(\w+)/.exec(route)?.[1]}`);
      const [tab] = path;
      if (page === "access" || page === "system")
        await sight.panel.locator(`a[aria-current][href="#/${page}/${tab}"]`).waitFor();
      await SEEN[label](sight, query);
    }
  });
});
