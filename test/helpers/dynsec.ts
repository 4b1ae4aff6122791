import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { launch, save, type Running } from "./culex.ts";
import { freePort } from "./free-port.ts";
import { connect, type TestClient } from "./mqtt.ts";
import { tempFolder } from "./temp.ts";

/** The commands of dynamic security are published here. */
export const DYNSEC = "$CONTROL/dynamic-security/v1";

/** A stored hash in the layout of Mosquitto 2.0: the password is "secret1". */
const SECRET1 = {
  password: "EoilTLks8+tFCXHkD9bUhdBZFL0pE6Ib6Ephvvhe8f/Gha8oN23tZ6+eDzN5qGpmMxnMEC3hK+sz24xn6LHelQ==",
  salt: "zTkAC8PDF9yohtHQ",
  iterations: 101,
};

/** How every client of these files logs in. */
export const PASSWORD = "secret1";

/** A client of the file, with the password "secret1". */
export function client(username: string, more: object = {}): object {
  return { username, ...SECRET1, ...more };
}

/** An entry of a role that allows. */
export function may(acltype: string, topic: string): object {
  return { acltype, topic, priority: 0, allow: true };
}

/** A file with an administrator called "admin", and with more clients, groups and roles. */
export function dynsecText(more: {
  readonly clients?: readonly object[];
  readonly groups?: readonly object[];
  readonly roles?: readonly object[];
  readonly anonymousGroup?: string;
}): string {
  const all = ["publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern"];
  const admin = { rolename: "admin", acls: all.map((type) => may(type, "$CONTROL/#")) };
  return JSON.stringify({
    defaultACLAccess: { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true },
    clients: [client("admin", { roles: [{ rolename: "admin" }] }), ...(more.clients ?? [])],
    groups: more.groups ?? [],
    ...(more.anonymousGroup === undefined ? {} : { anonymousGroup: more.anonymousGroup }),
    roles: [admin, ...(more.roles ?? [])],
  });
}

/** A broker with dynamic security, outside Home Assistant. */
export interface DynsecBroker {
  readonly running: Running;
  readonly url: string;
  readonly port: number;
  /** The file of dynamic security. */
  readonly path: string;
  readonly text: () => string;
}

/** Starts one on a free port, with this file and with more lines in its conf; null: without a file. */
export async function startDynsec(
  text: string | null,
  lines = "",
  folder: string = tempFolder(),
  env: Readonly<Record<string, string>> = {},
): Promise<DynsecBroker> {
  const path = join(folder, "dynamic-security.json");
  if (text !== null) save(path, text);
  const port = await freePort();
  const plugin = `plugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file ${path}\n`;
  save(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\n${plugin}${lines}`);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")], env);
  await running.line(/ ready: /);
  return { running, url: `mqtt://127.0.0.1:${port}`, port, path, text: () => readFileSync(path, "utf8") };
}

/** An administrator at work. */
export interface Admin {
  readonly client: TestClient;
  /** Sends commands and gives the elements of the reply. */
  send(...commands: readonly object[]): Promise<readonly unknown[]>;
}

/** Logs in and listens for replies. */
export async function admin(url: string, topic: string = DYNSEC, username = "admin"): Promise<Admin> {
  const session = await connect(url, { username, password: PASSWORD, protocolVersion: 5 });
  await session.client.subscribeAsync(`${topic}/response`, { qos: 1 });
  return {
    client: session,
    async send(...commands) {
      session.messages.length = 0;
      await session.client.publishAsync(topic, JSON.stringify({ commands }), { qos: 1 });
      await vi.waitFor(() => expect(session.messages).toHaveLength(1), { timeout: 10_000, interval: 5 });
      const reply: { readonly responses: readonly unknown[] } = JSON.parse(
        session.messages[0]?.slice(`${topic}/response `.length) ?? "",
      );
      return reply.responses;
    },
  };
}

export interface CtrlOutcome {
  readonly code: number;
  readonly out: string;
  /** What it complains of, without its warning about encryption. */
  readonly error: string;
}

/** Runs mosquitto_ctrl to its end. */
export function mosquittoCtrl(args: readonly string[]): Promise<CtrlOutcome> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return new Promise((resolve) => {
    execFile("mosquitto_ctrl", [...args], { timeout: 20_000, signal: controller.signal }, (fault, out, complaints) => {
      const code = fault === null ? 0 : typeof fault.code === "number" ? fault.code : -1;
      const warning = /^(Warning: You are running mosquitto_ctrl without|This means all of the configuration|$)/;
      const error = complaints
        .split("\n")
        .filter((line) => !warning.test(line))
        .join("\n");
      resolve({ code, out, error });
    });
  });
}
