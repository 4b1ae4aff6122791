import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { startSite, type Site } from "./broker.ts";

const run = promisify(execFile);
const python = join(import.meta.dirname, "..", "..", "..", "local", "python", "bin", "python3");
const OLD = ["every qos", "retained", "will", "session present", "dup"];
const NEW = [
  "will delay",
  "message expiry",
  "receive maximum",
  "maximum packet size",
  "topic alias",
  "shared subscription",
  "subscription identifier",
  "no local",
  "retain as published",
  "retain handling",
  "user properties",
  "request response",
  "server keep alive",
  "assigned client id",
  "reason codes",
];
const OF_C = [
  "every_qos",
  "retained",
  "will",
  "kept_session",
  "message_expiry",
  "maximum_packet_size",
  "topic_alias",
  "shared_subscription",
  "subscription_identifier",
  "subscribe_options",
  "request_response",
  "server_keep_alive",
  "assigned_client_id",
  "reason_codes",
];

/** What a program says before and behind a restart of the broker, a line for each feature. */
async function outcomes(site: Site, program: string, args: readonly string[]): Promise<readonly string[]> {
  const lines = async (phase: string): Promise<string[]> =>
    (await run(program, [...args, phase], { timeout: 50_000 })).stdout.trimEnd().split("\n");
  const before = await lines("before");
  await site.restart();
  return [...before, ...(await lines("after"))];
}

const allOk = (features: readonly string[]): readonly string[] =>
  [...features, "before", "after"].map((feature) => `${feature}: ok`);

describe.skipIf(!existsSync(python))(
  "Paho Python (needs local/python with paho-mqtt: made by npm test where pip works)",
  () => {
    test.each([
      ["5", [...OLD, ...NEW]],
      ["4", OLD],
    ])("finds every feature of protocol version %s", async (version, features) => {
      const site = await startSite();
      const script = join(import.meta.dirname, "features.py");
      expect(await outcomes(site, python, [script, String(site.port), version])).toEqual(allOk(features));
    });
  },
);

describeWith(["cc", "/usr/include/MQTTClient.h"], "Paho C", () => {
  test("finds every feature of MQTT 5", async () => {
    const program = join(tempFolder(), "features");
    await run("cc", ["-o", program, join(import.meta.dirname, "features.c"), "-lpaho-mqtt3c"]);
    const site = await startSite();
    expect(await outcomes(site, program, [String(site.port)])).toEqual(allOk(OF_C));
  });
});
