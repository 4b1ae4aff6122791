import { expect, test, vi } from "vitest";
import type { TestClient } from "../helpers/mqtt.ts";
import { panelHouse } from "./panel-house.ts";

/** Announces a device in several parts: topics, and what they say. */
async function announce(
  { client }: TestClient,
  device: string,
  about: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  for (let part = 0; part < 12; part++) {
    const config = {
      "~": `house/${device}`,
      name: `Part ${part}`,
      stat_t: "~/state",
      dev: { ids: [device], name: `Device ${device}` },
      ...about,
    };
    const topic = `homeassistant/sensor/${device}/part${part}/config`;
    await client.publishAsync(topic, JSON.stringify(config), { qos: 1, retain: true });
  }
}

test("ghosts are found with the reasons, nothing that lives is, and they go and come back", async () => {
  const first = await panelHouse();
  const owner = await first.client("owner");
  const availability = { avty_t: "~/there" };
  for (const ghost of ["g1", "g2", "g3", "g4", "g5", "g6", "g7"]) {
    await announce(owner, ghost, availability);
    await owner.client.publishAsync(`house/${ghost}/there`, "offline", { qos: 1, retain: true });
  }
  for (const live of ["l1", "l2", "l3"]) await announce(owner, live);
  await first.running.stop();

  // after a restart it shows who is still there
  const { client, get, send } = await panelHouse({}, {}, first.folders);
  const [alive, speaking] = [await client("l1"), await client("speaking")];
  await announce(alive, "l1");
  await speaking.client.publishAsync("house/l2/state", "1", { qos: 1 });
  await speaking.client.publishAsync("homeassistant/status", "online", { qos: 1, retain: true });
  // retained, and said to be there
  await announce(speaking, "l3", availability);
  await speaking.client.publishAsync("house/l3/there", "online", { qos: 1, retain: true });
  await speaking.client.endAsync();

  const since = expect.stringMatching(
    /^(nothing was published to its topics|no connected device has announced it) since \d{4}-\d\d-\d\dT\S+Z$/,
  );
  const found = await get("discovery?unused=1&limit=2");
  expect(found).toEqual({
    status: 200,
    body: {
      items: ["g1", "g2"].map((id) => ({
        id,
        name: `Device ${id}`,
        topics: expect.arrayContaining([`homeassistant/sensor/${id}/part11/config`]),
        probablyUnused: true,
        reasons: [
          { sentence: `topic house/${id}/there says that it is not there`, holds: true },
          { sentence: since, holds: true },
          { sentence: since, holds: true },
        ],
        publisher: "owner",
      })),
      total: 7,
      next: "2",
    },
  });
  const live = await get("discovery?q=Device+l");
  expect(live).toMatchObject({
    body: {
      total: 3,
      items: [
        {
          id: "l1",
          probablyUnused: false,
          reasons: [
            { holds: true },
            { holds: true },
            { sentence: "client l1, which is connected, has announced it", holds: false },
          ],
        },
        {
          id: "l2",
          probablyUnused: false,
          reasons: [
            { sentence: "nothing says whether it is there", holds: true },
            { sentence: expect.stringMatching(/^topic house\/l2\/state was published at /), holds: false },
            { holds: true },
          ],
        },
        {
          id: "l3",
          probablyUnused: false,
          reasons: [
            { sentence: "topic house/l3/there says that it is there", holds: false },
            { holds: false },
            { holds: true },
          ],
        },
      ],
    },
  });

  // by the retained message itself, also those of the time before
  const announcedBy = async (id: string): Promise<unknown> => {
    const { body } = await get(`clients/${id}/discovery`);
    return body;
  };
  expect(await announcedBy("l1")).toMatchObject({ total: 1, items: [{ id: "l1" }] });
  const ofOwner = ["g1", "g2", "g3", "g4", "g5", "g6", "g7", "l2"].map((id) => ({ id, publisher: "owner" }));
  expect(await announcedBy("owner")).toMatchObject({ total: 8, items: ofOwner });
  expect(await announcedBy("nobody")).toEqual({ items: [], total: 0, next: null });

  // counted anew each minute, beside the answer
  await vi.waitFor(async () =>
    expect(await get("overview")).toMatchObject({ body: { retained: { probablyUnused: 84 } } }),
  );

  const watcher = await client("watcher");
  await watcher.client.subscribeAsync("homeassistant/#");
  await vi.waitFor(() => expect(watcher.messages).toHaveLength(121));
  watcher.messages.length = 0;
  const planned = await send("POST", "discovery/delete", { ids: ["g1", "g2"] });
  expect(planned).toMatchObject({ status: 200, body: { count: 24 } });
  await send("POST", "discovery/delete", planned.body);
  await vi.waitFor(() => expect(watcher.messages).toHaveLength(24));
  expect(watcher.messages.every((message) => message.endsWith(" "))).toBe(true);
  await vi.waitFor(async () => expect(await get("trash")).toMatchObject({ body: { total: 24 } }));
  expect(await get("discovery?unused=1")).toMatchObject({ body: { total: 5 } });
});

test("without an index nothing is called unused", async () => {
  const { client, get } = await panelHouse({ limits: { max_indexed_topics: 0 } });
  const owner = await client("owner");
  await announce(owner, "g1");
  await owner.client.endAsync();
  expect(await get("discovery")).toMatchObject({
    body: {
      items: [
        {
          probablyUnused: false,
          reasons: [
            { holds: true },
            { sentence: "it is not known what is published, because max_indexed_topics is 0", holds: false },
            { holds: true },
          ],
        },
      ],
    },
  });
});
