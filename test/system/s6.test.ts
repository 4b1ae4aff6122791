import { describe, expect, it, onTestFinished } from "vitest";
import { logLine, startContainer, whyNoContainer, type Container } from "./container.ts";

const reason = whyNoContainer();

describe.skipIf(reason !== null)(`the app under s6${reason === null ? "" : ` (${reason})`}`, () => {
  it("comes up, registers, serves a client, withdraws and stops with exit code 0", async () => {
    const container = start();
    expect(await logLine(container, "ready:")).toMatch(/ready: mqtt:\/\/\[::\]:1883 ws:\/\/\[::\]:1884 after \d+ ms$/);

    // What another app is told by the Supervisor is all it needs.
    const service = await registered(container);
    expect(service).toMatchObject({ host: "local-culex", port: 1883, username: "addons", ssl: false });
    expect(await exchange(container, service)).toBe("hi from addons\n");
    expect(await exchange(container, { username: "klaus", password: "klaus' password" })).toBe("hi from klaus\n");

    await container.run("s6-svc", "-wD", "-T", "20000", "-d", "/run/service/culex");
    expect(await container.run("s6-svstat", "-o", "up,exitcode,signal", "/run/service/culex")).toBe("false 0 NA\n");
    expect(await ask(container, "/services/mqtt")).toMatchObject({ result: "error", message: "Service not enabled" });

    container.terminate();
    expect(await container.ended).toBe(0);
  });

  it("takes the signal that stops the container as a wish, and ends with 0", async () => {
    const container = start();
    await logLine(container, "ready:");
    container.terminate();
    expect(await container.ended).toBe(0);
    expect(container.log()).not.toContain("Culex ended");
    expect(container.log()).not.toContain("Culex was ended");
  });

  it("answers the health check and writes nothing about it", async () => {
    const container = start();
    await logLine(container, "ready:");
    await registered(container);
    const before = container.log();
    // What `nc 127.0.0.1 1883 </dev/null` does: ends its side at once and waits for the other.
    const check =
      'require("node:net").connect(1883, "127.0.0.1").on("end", () => console.log("healthy")).on("error", console.log).resume().end()';
    expect(await container.run("timeout", "5", "node", "-e", check)).toBe("healthy\n");
    expect(container.log()).toBe(before);
  });

  it("stops the container when the broker is killed, and says by which signal", async () => {
    const container = start();
    await logLine(container, "ready:");
    await container.run("s6-svc", "-k", "/run/service/culex");
    expect(await container.ended).toBe(128 + 9);
    expect(container.log()).toContain(
      "Culex was ended by signal 9. The app stops now. Start it again, or switch on its watchdog.\n",
    );
  });

  it("stops the container with the broker's own exit code when there is nothing to run", async () => {
    const container = start({ CULEX_PORTS: ",,," });
    expect(await container.ended).toBe(78);
    expect(container.log()).toContain("Culex ended with exit code 78. The app stops now. The lines above say why.\n");
  });

  it.each([
    ["0", "0", "0", 0, "0"],
    ["1", "0", "0", 1, "1"],
    ["78", "0", "0", 1, "78"],
    ["256", "15", "0", 1, "143"],
    ["256", "9", "0", 1, "137"],
    // Something else failed first: its code stays.
    ["1", "0", "100", 1, "100"],
    ["256", "15", "100", 1, "100"],
  ])("finish %s %s after exit code %s: halts %i times and leaves %s", async (code, signal, earlier, halts, left) => {
    const container = start();
    await logLine(container, "ready:");
    const script = `
      exitcode=/run/s6-linux-init-container-results/exitcode
      printf '#!/bin/sh\\necho halt >>/run/halts\\n' >/run/s6/basedir/bin/halt
      echo ${earlier} >$exitcode
      /etc/s6-overlay/s6-rc.d/culex/finish ${code} ${signal} >/dev/null
      touch /run/halts
      grep -c halt /run/halts
      cat $exitcode`;
    expect((await container.run("sh", "-c", script)).trim().split("\n")).toEqual([String(halts), left]);
  });
});

function start(environment?: Readonly<Record<string, string>>): Container {
  const container = startContainer(environment);
  onTestFinished(() => container.stop());
  return container;
}

interface Service {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** The mqtt service as the Supervisor hands it out, once the broker has registered. */
async function registered(container: Container): Promise<Service> {
  await logLine(container, "Registered with Home Assistant");
  const answer = await ask(container, "/services/mqtt");
  return answer.data;
}

/** Asks the Supervisor from inside, as another app would. */
async function ask(container: Container, path: string) {
  const program = `fetch("http://supervisor${path}", { headers: { "X-Supervisor-Token": "the-token" } })
    .then((answer) => answer.text()).then(console.log)`;
  return JSON.parse(await container.run("node", "-e", program));
}

/** Publishes a message that stays, and gives what another client with the same login reads. */
async function exchange(container: Container, login: Pick<Service, "username" | "password">): Promise<string> {
  const { username, password } = login;
  const client = ["-h", "local-culex", "-u", username, "-P", password, "-t", `test/${username}`];
  const [read] = await Promise.all([
    container.run("mosquitto_sub", ...client, "-C", "1", "-W", "20"),
    container.run("mosquitto_pub", ...client, "-m", `hi from ${username}`, "-r", "-q", "1"),
  ]);
  return read;
}
