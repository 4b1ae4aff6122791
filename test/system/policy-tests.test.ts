import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { launch, save, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, type TestClient } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const root = join(import.meta.dirname, "..", "..");
const RULES = "topic readwrite home/#\ntopic deny home/alarm\n";
const TESTS = "- {publish: home/a, expect: allowed}\n- {publish: home/alarm, expect: denied}\n";

interface Started extends Running {
  readonly folder: string;
  readonly client: TestClient["client"];
}

async function start(files: Readonly<Record<string, string>>): Promise<Started> {
  const folder = tempFolder();
  save(
    join(folder, "mosquitto.conf"),
    `listener ${await freePort()} 127.0.0.1\nallow_anonymous true\nacl_file rules\n`,
  );
  for (const [name, text] of Object.entries(files)) save(join(folder, name), text);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const { client } = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, { protocolVersion: 5 });
  return { ...running, folder, client };
}

async function mayPublish({ client }: Started, topic: string): Promise<boolean> {
  try {
    await client.publishAsync(topic, "x", { qos: 1 });
    return true;
  } catch (error) {
    if (error instanceof Error && /not authorized/i.test(error.message)) return false;
    throw error;
  }
}

test("rules whose tests fail do not go live, and do once they pass", async () => {
  const started = await start({ rules: RULES, "house.policy-test.yaml": TESTS });
  const rules = join(started.folder, "rules");
  save(rules, "topic readwrite home/#\ntopic readwrite garden/#\n");
  await started.line(
    /house\.policy-test\.yaml test 2 expects that a client without a user name may not publish home\/alarm, and it may: the rule "topic readwrite home\/#" \(rules line 1\) allows it\. The configuration of [\d:]+ stays in use\. Correct the rules or the test\.$/,
  );
  expect(await mayPublish(started, "home/alarm")).toBe(false);
  expect(await mayPublish(started, "garden/a")).toBe(false);

  save(rules, `${RULES}topic readwrite garden/#\n`);
  await started.line(/generation 2 is live \((?:rules|saved while the files were read)\)/);
  expect(await mayPublish(started, "home/alarm")).toBe(false);
  expect(await mayPublish(started, "garden/a")).toBe(true);
});

test("a file of tests that appears counts, and one that cannot be read as such holds everything back", async () => {
  const started = await start({ rules: RULES });
  save(join(started.folder, "new.policy-test.yaml"), "- {publish: garden/a, expect: allowed}\n");
  await started.line(
    /new\.policy-test\.yaml test 1 expects .* may publish garden\/a, and it may not: .* stays in use\./,
  );
  save(join(started.folder, "new.policy-test.yaml"), "publish: garden/a\n");
  await started.line(
    /new\.policy-test\.yaml: this is no list\. The configuration of [\d:]+ stays in use\. Write a list/,
  );
  expect(await mayPublish(started, "home/a")).toBe(true);
});

test("at the first start failing tests close all topics, and check names them", async () => {
  const started = await start({ rules: "topic readwrite #\n", "house.policy-test.yaml": TESTS });
  await started.line(
    /house\.policy-test\.yaml test 2 expects .* No device may use any topic\. Correct the rules or the test\.$/,
  );
  expect(await mayPublish(started, "home/a")).toBe(false);
  await started.line(/may not publish to home\/a: the policy tests fail, so no topic may be used/);

  const check = promisify(execFile)(
    process.execPath,
    ["src/main.ts", "check", "-c", join(started.folder, "mosquitto.conf")],
    {
      cwd: root,
    },
  );
  await expect(check).rejects.toMatchObject({
    code: 2,
    stdout: expect.stringContaining(
      "error: house.policy-test.yaml test 2 expects that a client without a user name may not",
    ),
  });

  save(join(started.folder, "rules"), RULES);
  await started.line(/generation 2 is live \((?:rules|saved while the files were read)\)/);
  expect(await mayPublish(started, "home/a")).toBe(true);
});
