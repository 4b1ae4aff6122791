import { join } from "node:path";
import { expect, test } from "vitest";
import { launch, layOut, save, startAddon } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const CONF = `acl_file acl.conf
allow_anonymous true
`;

test("an acl.conf of EMQ decides, also what connected clients may do after a save, and a broken one changes nothing", async () => {
  const folder = tempFolder();
  const acl = join(folder, "acl.conf");
  save(join(folder, "mosquitto.conf"), `listener ${await freePort()} 127.0.0.1\n${CONF}`);
  save(acl, '%% EMQ\n{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.\n{allow, {ipaddr, "127.0.0.1"}, all, all}.\n');
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const { client, received } = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, { protocolVersion: 5 });

  const granted = await client.subscribeAsync(["#", "home/#", "$share/g/#"]).catch(() => null);
  // mqtt.js rejects as soon as one of them is refused
  expect(granted).toBeNull();
  await running.line(
    /may not subscribe to #: the rule \{deny, all, subscribe, \["\$SYS\/#", \{eq, "#"\}\]\} \(acl\.conf line 2\)/,
  );
  await client.subscribeAsync("home/#");
  await client.publishAsync("home/secret/a", "1", { qos: 1 });
  await received(["home/secret/a 1"]);

  save(acl, '{deny, all, subscribe, ["home/secret/#"]}.\n{allow, all}.\n');
  running.signal("SIGHUP");
  await running.line(/generation 2 is live .*1 session/);
  await client.publishAsync("home/secret/b", "2", { qos: 1 });
  await client.publishAsync("home/c", "3", { qos: 1 });
  await received(["home/secret/a 1", "home/c 3"]);

  save(acl, '{deny, all, subscribe, ["home/secret/#"]}.\n{alow, all}.\n');
  running.signal("SIGHUP");
  await running.line(
    /acl\.conf line 2, column 2: a rule begins with "allow" or "deny"\. The rules loaded at [\d:]+ stay in use\. Write/,
  );
  await client.publishAsync("home/secret/d", "4", { qos: 1 });
  await client.publishAsync("home/e", "5", { qos: 1 });
  await received(["home/secret/a 1", "home/c 3", "home/e 5"]);
});

test("an acl.conf in the folder is no conf file, and one that nothing names is not in use", async () => {
  const rules = '{allow, all, all, ["home/#"]}.\n';
  const options = JSON.stringify({ customize: { active: true, folder: "m" } });
  const folders = layOut({ "data/options.json": options, "share/m/acl.conf": rules });
  const running = await startAddon(folders);
  await running.line(/ ready: /);
  await running.line(
    /acl\.conf holds rules of EMQ, and no acl_file line names it\. Its rules are not in use\. Write "acl_file acl\.conf" into another conf file beside it, or remove the file\./,
  );
  save(join(folders.share, "m", "rules.conf"), CONF);
  await running.line(/generation 2 is live /);
  const { client, received } = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, { protocolVersion: 5 });
  await expect(client.publishAsync("garden/a", "1", { qos: 1 })).rejects.toThrow(/Not authorized/i);
  await client.subscribeAsync("home/+");
  await client.publishAsync("home/a", "2", { qos: 1 });
  await received(["home/a 2"]);
  expect(running.lines.filter((line) => /acl\.conf (?:line|holds)/.test(line))).toHaveLength(1);
});

test("a session that comes back through another listener receives by the rules for that one", async () => {
  const folder = tempFolder();
  const [first, second] = [await freePort(), await freePort()];
  save(join(folder, "mosquitto.conf"), `listener ${first} 127.0.0.1\nlistener ${second} 127.0.0.1\n${CONF}`);
  save(
    join(folder, "acl.conf"),
    `{deny, {listener, "127.0.0.1:${second}"}, subscribe, ["home/secret/#"]}.\n{allow, all}.\n`,
  );
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const publisher = await connect(`mqtt://127.0.0.1:${first}`);
  const back = { clientId: "back", clean: false, protocolVersion: 4 } as const;

  const before = await connect(`mqtt://127.0.0.1:${first}`, back);
  await before.client.subscribeAsync("home/#");
  await publisher.client.publishAsync("home/secret/a", "1", { qos: 1 });
  await before.received(["home/secret/a 1"]);
  await before.client.endAsync();

  const after = await connect(`mqtt://127.0.0.1:${second}`, back);
  await publisher.client.publishAsync("home/secret/a", "2", { qos: 1 });
  await publisher.client.publishAsync("home/b", "3", { qos: 1 });
  await after.received(["home/b 3"]);
});
