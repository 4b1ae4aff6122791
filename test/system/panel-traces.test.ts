import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { connect } from "../helpers/mqtt.ts";
import { startPanelHouse } from "../helpers/panel-api.ts";

const SOON = { timeout: 10_000, interval: 50 };
const METER = { username: "meter", password: "meter-secret" };
const OPTIONS = { logins: [METER] };
const DONE = { status: 204, body: null };

/** The app, and its files as a browser saves them. */
async function start() {
  const house = await startPanelHouse(OPTIONS);
  const base = /http:\S+\//.exec(await house.running.line(/The panel is at /))?.[0] ?? "";
  const save = async (path: string) => {
    const answer = await fetch(new URL(`api/v1/${path}`, base));
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const whatWasDone = async (): Promise<unknown> => {
    const audit: unknown = await house.get("audit");
    return audit;
  };
  return { ...house, base, save, whatWasDone };
}

test("a trace is started, listed, saved, stopped, and saved again", async () => {
  const { broker, get, send, save, whatWasDone } = await start();
  const begun = await send("POST", "traces", { kind: "topic", value: "meter/#", minutes: 5, payload: "hex" });
  expect(begun).toEqual({
    status: 200,
    body: {
      kind: "topic",
      value: "meter/#",
      file: expect.stringMatching(/^topic-meter-[\d-]{16}\.log$/),
      bytes: 0,
      until: expect.stringMatching(/Z$/),
      payload: "hex",
    },
  });
  expect(await send("POST", "traces", { kind: "client", value: "kitchen/pump", file: "pump.log" })).toMatchObject({
    status: 200,
    body: { file: "pump.log", payload: "text" },
  });
  const { client } = await connect(broker, { ...METER, clientId: "kitchen/pump" });
  await client.publishAsync("meter/1", "<script>", { qos: 1 });
  await vi.waitFor(async () => {
    expect((await save("traces/pump.log/text")).text).toContain('Payload=<<"<script>">>');
  }, SOON);
  const { status, headers, text } = await save("traces/pump.log/text");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("application/octet-stream");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-disposition")).toBe('attachment; filename="pump.log"');
  expect(text).not.toContain("meter-secret");
  expect(await get("traces?sort=kind")).toMatchObject({
    total: 2,
    items: [
      { kind: "client", value: "kitchen/pump", file: "pump.log" },
      { kind: "topic", value: "meter/#" },
    ],
  });
  expect(await send("DELETE", "traces/client/kitchen%2Fpump")).toEqual(DONE);
  expect(await send("DELETE", "traces/client/kitchen%2Fpump")).toEqual(DONE);
  expect(await send("DELETE", "traces/topic/meter%2F%23")).toEqual(DONE);
  expect(await get("traces")).toEqual({ items: [], total: 0, next: null });
  expect((await save("traces/pump.log/text")).text).toContain("RECV CONNECT");
  expect(await get("trace-files?q=pump")).toEqual({
    items: [{ file: "pump.log", bytes: Buffer.byteLength(text), at: expect.stringMatching(/Z$/) }],
    total: 1,
    next: null,
  });
  const content = { "application/octet-stream": {} };
  expect(await get("openapi")).toMatchObject({
    paths: { "/traces/{file}/text": { get: { responses: { 200: { content } } } } },
  });
  expect(await whatWasDone()).toMatchObject({
    items: [
      { what: "stopped the trace of the topic meter/#" },
      { what: "stopped the trace of the client id kitchen/pump" },
      { what: "started a trace of the client id kitchen/pump to pump.log" },
      { what: expect.stringMatching(/^started a trace of the topic meter\/# to topic-meter-[\d-]{16}\.log$/) },
    ],
  });
});

test("what cannot be traced is refused in the words of the command, and no file outside is read", async () => {
  const { send, save, base, folders, get, whatWasDone } = await start();
  const refused = async (body: unknown) => {
    const answer = await send("POST", "traces", body);
    return [answer.status, answer.body];
  };
  const invalid = (message: string) => [400, { error: { code: "invalid", message, hint: "Correct it." } }];
  expect(await refused({ kind: "room", value: "x" })).toEqual(
    invalid("No trace was started: a trace is by client, user, ip or topic."),
  );
  expect(await refused({ kind: "client" })).toEqual(invalid("No trace was started: the client has no name."));
  expect(await refused({ kind: "client", value: "x", file: "../culex.db" })).toEqual(
    invalid("No trace was started: the file needs a name of letters, digits and . _ -, without a folder."),
  );
  expect(await refused({ kind: "client", value: "x", minutes: 1441 })).toEqual(
    invalid("No trace was started: a trace runs for 1 to 1440 minutes."),
  );
  const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
  const begun = await send("POST", "traces", { kind: "user", value: token });
  expect(begun).toMatchObject({ status: 200, body: { file: expect.stringMatching(/^user--[\d-]{16}\.log$/) } });
  expect(await refused({ kind: "user", value: token })).toEqual([
    409,
    {
      error: {
        code: "conflict",
        message: "No trace was started: one of this user runs.",
        hint: "Stop a trace that runs, or choose another file.",
      },
    },
  ]);
  expect(await send("DELETE", "traces/room/x")).toMatchObject({
    status: 400,
    body: { error: { message: "No trace was stopped: a trace is by client, user, ip or topic." } },
  });
  mkdirSync(join(folders.data, "trace"), { recursive: true });
  symlinkSync(join(folders.data, "options.json"), join(folders.data, "trace", "link"));
  mkdirSync(join(folders.data, "trace", "folder"));
  for (const file of ["link", "folder", "none", "..%2Foptions.json", "~Li4vb3B0aW9ucy5qc29u"]) {
    expect((await save(`traces/${file}/text`)).status, file).toBe(404);
  }
  const unmarked = await fetch(new URL("api/v1/traces", base), { method: "POST", body: "{}" });
  expect(unmarked.status).toBe(403);
  expect(await get("traces")).toMatchObject({ total: 1 });
  expect(JSON.stringify(await whatWasDone())).not.toContain("c2lnbmF0dXJl");
  expect(JSON.stringify(await whatWasDone())).toContain("started a trace of the user ****** to user-");
  expect(readFileSync(join(folders.data, "options.json"), "utf8")).toBe(JSON.stringify(OPTIONS));
});
