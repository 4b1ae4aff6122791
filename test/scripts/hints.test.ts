import { describe, expect, test } from "vitest";
import { addressesIn, hintsText, panelIn } from "../../scripts/hints.ts";
import { createLogger, jsonLine, textLine, type LogEntry } from "../../src/core/logger.ts";

const READY = "ready: mqtt://127.0.0.1:1883 ws://127.0.0.1:1884 after 312 ms";

function entry(message: string): LogEntry {
  const entries: LogEntry[] = [];
  const log = createLogger(() => ({ types: new Set(["notice"]), sinks: [(found) => entries.push(found)] }));
  log.notice({}, message);
  const [first] = entries;
  if (first === undefined) throw new Error("nothing was logged");
  return first;
}

describe("the line that says where the broker listens", () => {
  test.each([
    ["text", textLine],
    ["json", jsonLine],
  ])("is found in a log in %s", (_format, render) => {
    expect(addressesIn(render(entry(READY)).trimEnd())).toEqual(["mqtt://127.0.0.1:1883", "ws://127.0.0.1:1884"]);
  });

  test.each(["", "2026-11-20 12:03:04 starting", '{"message":"starting"}', '{"message":', "{}", "null"])(
    "is not %j",
    (line) => {
      expect(addressesIn(line)).toBeNull();
    },
  );
});

describe("the commands that are printed", () => {
  const login = { username: "demo", password: "secret" };
  test.each([
    ["mqtt://127.0.0.1:1883", "-h 127.0.0.1 -p 1883"],
    ["mqtt://0.0.0.0:1883", "-h localhost -p 1883"],
    ["mqtt://[::]:1883", "-h localhost -p 1883"],
    ["mqtt://[::1]:40001", "-h ::1 -p 40001"],
    ["mqtt://broker.local:1883", "-h broker.local -p 1883"],
  ])("reach a broker at %s", (address, to) => {
    const text = hintsText({ addresses: ["ws://127.0.0.1:1884", address], panel: null, login, folder: "local" });
    expect(text).toContain(`mosquitto_sub ${to} -u demo -P secret -t 'demo/#' -v\n`);
    expect(text).toContain(`mosquitto_pub ${to} -u demo -P secret -t demo/hello -m hi\n`);
  });

  test.each([
    ["with space", "'with space'"],
    ["it's", "'it'\\''s'"],
    ["$HOME", "'$HOME'"],
    ["", "''"],
  ])("quote the password %j for a shell", (password, word) => {
    const text = hintsText({
      addresses: ["mqtt://127.0.0.1:1883"],
      panel: null,
      login: { ...login, password },
      folder: "local",
    });
    expect(text).toContain(` -P ${word} -t`);
  });
});

test("the panel's address is found in its line, and shown", () => {
  const panel = panelIn(textLine(entry("The panel is at http://127.0.0.1:8099/.")));
  expect(panel).toBe("http://127.0.0.1:8099/");
  expect(panelIn(textLine(entry(READY)))).toBeNull();
  const login = { username: "demo", password: "secret" };
  expect(hintsText({ addresses: ["mqtt://127.0.0.1:1883"], panel, login, folder: "local" })).toContain(
    "\nPanel        http://127.0.0.1:8099/\n",
  );
});
