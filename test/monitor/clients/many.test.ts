import { describe, expect, test } from "vitest";
import type { ClientQuery } from "../../../src/monitor/clients/find.ts";
import { connected, disconnected, factsOf, MINUTE, named, refused, START, watch, type Watched } from "./house.ts";

const ALL: ClientQuery = { words: "", states: null, sort: "id", isDescending: false, start: 0, limit: 3 };

/** Sessions d0, d1 and so on, of which the first so many are connected. */
function crowd(watched: Watched, count: number, here: number): void {
  for (let n = 0; n < count; n++) {
    const away = { connection: null, awaySinceMs: START - MINUTE };
    watched.sessions.set(`d${n}`, factsOf(`d${n}`, { messagesIn: n, ...(n < here ? {} : away) }));
  }
}

describe("very many clients", () => {
  test("are all counted, and only those heard of last are told again and again", () => {
    const watched = watch();
    const { clients } = watched;
    crowd(watched, 20_000, 4_000);
    for (let n = 0; n < 300; n++) clients.record(connected(named(`d${n}`)));
    clients.record(connected(named("d7")));
    clients.record(refused(named("stranger")));
    const latest = clients.latest();
    expect(latest).toHaveLength(200);
    expect(latest.slice(0, 3).map(({ id, state }) => `${id} ${state}`)).toEqual([
      "stranger refused",
      "d7 connected",
      "d299 connected",
    ]);
    expect(clients.count()).toBe(20_001);
    expect(clients.survey()).toMatchObject({
      total: 20_001,
      away: { asleep: 16_000, overdue: 0, refused: 1 },
      homeAssistant: null,
      talkers: [{ client: "d19999" }, { client: "d19998" }, { client: "d19997" }],
      hasDevices: true,
    });
    expect(clients.of("d19999")).toMatchObject({ state: "asleep" });
  });

  test("are told whole while they are few", () => {
    const watched = watch();
    crowd(watched, 2_000, 1);
    expect([watched.clients.latest().length, watched.clients.count()]).toEqual([2_000, null]);
    expect(watched.clients.latest()).toEqual(watched.clients.list());
  });

  test("are found in parts", async () => {
    const watched = watch();
    const { clients, open } = watched;
    crowd(watched, 5_000, 4_000);
    open.set("d17", 2);
    clients.record(connected(named("gone", "192.0.2.9", "ada")));
    clients.record(disconnected(named("gone", "192.0.2.9", "ada")));
    const found = async (query: Partial<ClientQuery>): Promise<readonly [number, string | null, ...string[]]> => {
      const { items, total, next } = await clients.find({ ...ALL, ...query });
      return [total, next, ...items.map(({ id }) => id)];
    };
    expect(await found({})).toEqual([5_001, "3", "d0", "d1", "d2"]);
    expect(await found({ start: 3 })).toEqual([5_001, "6", "d3", "d4", "d5"]);
    expect(await found({ isDescending: true })).toEqual([5_001, "3", "gone", "d4999", "d4998"]);
    expect(await found({ words: "d499", start: 9 })).toEqual([11, null, "d4998", "d4999"]);
    expect(await found({ words: "ada" })).toEqual([1, null, "gone"]);
    expect(await found({ states: ["asleep", "overdue"] })).toEqual([1_000, "3", "d4000", "d4001", "d4002"]);
    expect(await found({ states: ["refused"] })).toEqual([0, null]);
    expect(await found({ sort: "in", isDescending: true })).toEqual([5_001, "3", "d4999", "d4998", "d4997"]);
    expect(await found({ sort: "problems", isDescending: true, limit: 1 })).toEqual([5_001, "1", "d17"]);
    expect(await found({ sort: "state", isDescending: true, limit: 1 })).toEqual([5_001, "1", "gone"]);
    expect(await found({ sort: "user", limit: 1 })).toEqual([5_001, "1", "gone"]);
    expect(await found({ sort: "since", limit: 1 })).toEqual([5_001, "1", "d4000"]);
  });
});

test("Home Assistant and its apps are no devices", () => {
  const { clients, sessions } = watch();
  sessions.set("core", factsOf("core", { username: "homeassistant", source: "system-users" }));
  sessions.set("z2m", factsOf("z2m", { username: "addons" }));
  expect(clients.survey()).toMatchObject({ homeAssistant: { id: "core" }, hasDevices: false });
  sessions.set("plug", factsOf("plug"));
  expect(clients.survey().hasDevices).toBe(true);
});
