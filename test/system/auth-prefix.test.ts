import { test } from "vitest";
import { authHouse } from "../helpers/auth-house.ts";
import { mosquittoSub } from "../helpers/mosquitto.ts";
import { connect } from "../helpers/mqtt.ts";

const AUTH = `
stages:
  - type: users
    users:
      - username: oven
        password: hot
        permissions: [{ resource: "factory1/+/status", operation: write }, { resource: "orders/#", operation: read }]
        publish_prefix: "factory1/"
      - username: stove
        password: hot
        permissions: [{ resource: "+/status", operation: write }, { resource: "orders/#", operation: read }]
        publish_prefix: "factory2/"
      - { username: panel, password: p, permissions: [{ resource: "#", operation: readWrite }] }
`;

/** Subscribes with mosquitto_sub, as a device whose will says that it is gone. */
function device(port: number, username: string, more: readonly string[] = []): ReturnType<typeof mosquittoSub> {
  const will = ["--will-topic", "1/status", "--will-payload", `${username} is gone`, "--will-qos", "1", ...more];
  return mosquittoSub(port, ["-u", username, "-P", "hot", "-t", "orders/#", ...will]);
}

test("the will of a device that dies has its prefix, and is asked about with it", async () => {
  const { port, url, running } = await authHouse(AUTH);
  const panel = await connect(url, { username: "panel", password: "p" });
  await panel.client.subscribeAsync("#", { qos: 1 });

  // allowed as it was written, and not with the prefix that stands before it
  const stove = await device(port, "stove");
  const oven = await device(port, "oven", ["--will-retain"]);
  await panel.client.publishAsync("orders/1", "bake", { qos: 1 });
  // what they subscribe to has no prefix
  for (const { received } of [oven, stove]) await received(["orders/1 bake"]);
  await panel.received(["orders/1 bake"]);

  stove.kill("SIGKILL");
  await running.line(
    /\(user stove\) may not publish to factory2\/1\/status: no rule in the permissions of its user allows it\./,
  );
  oven.kill("SIGKILL");
  await panel.received(["orders/1 bake", "factory1/1/status oven is gone"]);
  const late = await connect(url, { username: "panel", password: "p" });
  await late.client.subscribeAsync("+/1/status");
  await late.received(["factory1/1/status oven is gone"]);
});

test("a device that says goodbye leaves no will", async () => {
  const { port, url, running } = await authHouse(AUTH);
  const panel = await connect(url, { username: "panel", password: "p" });
  await panel.client.subscribeAsync("#", { qos: 1 });
  const oven = await device(port, "oven");
  oven.kill("SIGTERM");
  await running.line(/Device auto-\S+ disconnected\.$/);
  const again = await connect(url, { username: "oven", password: "hot" });
  await again.client.publishAsync("2/status", "here", { qos: 1 });
  await panel.received(["factory1/2/status here"]);
});
