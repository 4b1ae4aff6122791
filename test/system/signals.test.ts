import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { launch, layOut, save, startAddon, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";
import { storedRows } from "./stored-rows.ts";

const url = (running: Running): string => `mqtt://127.0.0.1:${running.port("mqtt")}`;

async function standAlone(conf: (folder: string) => string): Promise<Running & { readonly folder: string }> {
  const folder = tempFolder();
  save(join(folder, "m.conf"), `listener ${await freePort()} 127.0.0.1\nallow_anonymous true\n${conf(folder)}`);
  const running = launch(["src/main.ts", "-c", join(folder, "m.conf")]);
  await running.line(/ ready: /);
  return { ...running, folder };
}

/** The lines without their time. */
const texts = ({ lines }: Running): readonly string[] => lines.map((line) => line.slice("2026-11-20 12:03:04 ".length));

describe("SIGINT", () => {
  test("that comes once more while the broker stops does not cut it off", async () => {
    const running = await standAlone(() => "");
    // who keeps its half open makes the goodbye last
    const socket = connectTcp({ port: running.port("mqtt"), host: "127.0.0.1", allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    const greeted = once(socket, "data");
    socket.write(generate({ cmd: "connect", clientId: "slow", protocolVersion: 4, clean: true, keepalive: 0 }));
    await greeted;
    running.signal("SIGINT");
    await running.line(/ SIGINT: stopping$/);
    running.signal("SIGINT");
    expect(await running.ended).toBe(0);
    expect(texts(running).at(-1)).toBe("stopped");
  });
});

describe("SIGUSR1", () => {
  test("saves what would have been written later, and opens no debugger", async () => {
    const running = await standAlone((folder) => `persistence true\npersistence_location ${folder}\n`);
    const { client } = await connect(url(running));
    await client.publishAsync("kept", "x", { qos: 1, retain: true });
    running.signal("SIGUSR1");
    await running.line(/ SIGUSR1: sessions and retained messages are saved\.$/);
    expect(storedRows({ data: running.folder }, "retained")).toBe(1);
    // with nothing new to write too
    running.signal("SIGUSR1");
    await vi.waitFor(() => expect(running.lines.filter((line) => line.includes("SIGUSR1: "))).toHaveLength(2));
    expect(running.lines.join("\n")).not.toMatch(/debugger/i);
    expect(await running.stop()).toBe(0);
  });

  test("that comes too early opens no debugger either", async () => {
    const script = `
      const { url } = require("node:inspector");
      process.kill(process.pid, "SIGUSR1");
      const opened = setInterval(async () => {
        if (url() === undefined) return;
        clearInterval(opened);
        const { catchSignals } = await import("./src/signals.ts");
        catchSignals();
        console.log("now " + url());
        process.exit();
      }, 5);`;
    const running = launch(["--inspect-port=0", "-e", script]);
    await running.line(/Debugger listening/);
    await running.line(/^now undefined$/);
  });

  test("says so when there is no store", async () => {
    const running = await standAlone(() => "");
    running.signal("SIGUSR1");
    await running.line(/ SIGUSR1: /);
    expect(texts(running).at(-1)).toBe(
      "warning: SIGUSR1: sessions and retained messages were not saved. They are kept in memory only. Switch persistence on to keep them.",
    );
  });

  test("says so when the store cannot be used", async () => {
    const running = await standAlone(() => "persistence true\npersistence_location /nowhere\n");
    running.signal("SIGUSR1");
    await running.line(/ SIGUSR1: /);
    expect(texts(running).at(-1)).toBe(
      "warning: SIGUSR1: sessions and retained messages were not saved. The store cannot be written, as said above. They stay in memory.",
    );
  });

  test("saves in the app as well", async () => {
    const running = await startAddon(layOut({ "data/options.json": JSON.stringify({ anonymous: true }) }));
    running.signal("SIGUSR1");
    await running.line(/ SIGUSR1: sessions and retained messages are saved\.$/);
    expect(running.lines.join("\n")).not.toMatch(/debugger/i);
  });
});

describe("SIGUSR2", () => {
  test("lists who subscribed to what", async () => {
    const running = await standAlone(() => "");
    const away = await connect(url(running), { clientId: "away", clean: false });
    await away.client.subscribeAsync("home/#", { qos: 1 });
    await away.client.endAsync();
    const { client } = await connect(url(running), { clientId: "here" });
    await client.subscribeAsync(["home/#", "garden"], { qos: 0 });
    running.signal("SIGUSR2");
    await running.line(/ home\/#: /);
    expect(texts(running).slice(-3)).toEqual([
      "3 subscriptions to 2 filters.",
      "garden: here (QoS 0)",
      "home/#: away (QoS 1, away), here (QoS 0)",
    ]);
  });
});
