import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { freePort } from "../helpers/free-port.ts";
import { launch, layOut, save, startAddon } from "../helpers/culex.ts";
import { mosquittoPub } from "../helpers/mosquitto.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

test("culex ban keeps a client out of a running broker, and lets it in again", async () => {
  const port = await freePort();
  const folder = tempFolder();
  const conf = join(folder, "mosquitto.conf");
  const bans = join(folder, "bans.yaml");
  save(conf, `allow_anonymous true\nlistener ${port} 127.0.0.1\nban_file bans.yaml\n`);
  const running = launch(["src/main.ts", "-c", conf]);
  await running.line(/ ready: /);
  const command = async (...args: string[]): Promise<{ code: number | null; said: readonly string[] }> => {
    const ended = launch(["src/main.ts", "ban", ...args, "-c", conf]);
    return { code: await ended.ended, said: ended.lines };
  };
  const pump = await connect(`mqtt://127.0.0.1:${port}`, { clientId: "pump", protocolVersion: 5 });

  expect(await command("add", "--client", "pump", "--for", "12h", "--reason", "floods")).toEqual({
    code: 0,
    said: ["The client pump is banned. A running broker takes it over by itself."],
  });
  await vi.waitFor(() => expect(pump.wasClosed()).toBe(true), { timeout: 10_000, interval: 20 });
  const refused = await mosquittoPub(port, ["-i", "pump", "-t", "t", "-m", "x", "-V", "5"]);
  expect([refused.code, refused.output.split("\n")[0]]).toEqual([138, "Connection error: Banned"]);
  expect(await running.line(/was refused/)).toMatch(
    /Device pump at 127\.0\.0\.1 was refused: the client id pump is banned until \d\d:\d\d[^(]* \(floods\)\. Remove the entry to let it in again \(bans\.yaml line 2\)\.$/,
  );
  expect((await mosquittoPub(port, ["-i", "other", "-t", "t", "-m", "x"])).code).toBe(0);
  const listed = await command("list");
  expect([listed.code, listed.said.slice(0, 2)]).toEqual([0, ['- client: "pump"', '  reason: "floods"']]);

  // a fault changes nothing: neither in the broker nor in the file
  const intact = readFileSync(bans, "utf8");
  save(bans, `${intact}- adress: 10.0.0.1\n`);
  expect(await running.line(/is not known here/)).toMatch(
    /error: bans\.yaml line 5: "adress" is not known here \(client, user, address, reason, until, by, at\)\. The bans read at \d\d:\d\d stay in force\./,
  );
  expect((await mosquittoPub(port, ["-i", "pump", "-t", "t", "-m", "x"])).code).toBe(5);
  const faulty = await command("remove", "--client", "pump");
  expect([faulty.code, readFileSync(bans, "utf8")]).toEqual([2, `${intact}- adress: 10.0.0.1\n`]);
  save(bans, intact);

  expect(await command("add", "--ip", "10.0.0.0/33")).toEqual({
    code: 78,
    said: ['"10.0.0.0/33": it is no address, and no network such as 10.0.0.0/8.'],
  });
  expect(await command("remove", "--client", "pump")).toEqual({
    code: 0,
    said: ["The client pump is not banned any more."],
  });
  expect(await command("remove", "--client", "pump")).toEqual({ code: 1, said: ["The client pump is not banned."] });
  await vi.waitFor(async () => expect((await mosquittoPub(port, ["-i", "pump", "-t", "t", "-m", "x"])).code).toBe(0), {
    timeout: 10_000,
    interval: 50,
  });
  expect(await running.stop()).toBe(0);
});

test("culex ban list shows too whom a running broker keeps out because it comes and goes", async () => {
  const port = await freePort();
  const folder = tempFolder();
  const conf = join(folder, "mosquitto.conf");
  save(
    conf,
    `allow_anonymous true\nlistener ${port} 127.0.0.1\npersistence true\npersistence_location ${folder}\nflapping_count 2\nflapping_ban 3600\n`,
  );
  save(join(folder, "bans.yaml"), "- user: guest\n");
  const list = async (): Promise<{ code: number | null; said: readonly string[] }> => {
    const ended = launch(["src/main.ts", "ban", "list", "-c", conf]);
    // its two streams come in any order
    return { code: await ended.ended, said: ended.lines.toSorted() };
  };
  expect(await list()).toEqual({
    code: 0,
    said: [
      '- user: "guest"',
      "No broker answers, so it is not known whom it keeps out by itself (flapping_count). What is listed is the file. The command reaches a broker that runs with a data folder, as its user.",
    ],
  });
  const running = launch(["src/main.ts", "-c", conf]);
  await running.line(/ ready: /);
  const codes: (number | null)[] = [];
  for (let time = 0; time < 3; time++) {
    codes.push((await mosquittoPub(port, ["-i", "pump", "-t", "t", "-m", "x"])).code);
  }
  expect(codes).toEqual([0, 0, 5]);
  const { code, said } = await list();
  expect([code, said]).toEqual([
    0,
    [
      expect.stringMatching(
        /^# client "pump" without a user name: connected more than 2 times within 60 seconds \(flapping_count\), and is kept out until \d\d:\d\d/,
      ),
      '- user: "guest"',
    ],
  ]);
  expect(await running.stop()).toBe(0);
});

test("a file that cannot be understood at the start keeps everybody out", async () => {
  const port = await freePort();
  const folder = tempFolder();
  save(join(folder, "mosquitto.conf"), `allow_anonymous true\nlistener ${port} 127.0.0.1\nban_file bans.yaml\n`);
  save(join(folder, "bans.yaml"), "- pump\n");
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  expect(await running.line(/bans\.yaml/)).toContain(
    'error: bans.yaml line 1: the entry has no names and values. Nobody but users with full access can connect until this is corrected. Write a list of entries such as "- client: pump".',
  );
  expect((await mosquittoPub(port, ["-t", "t", "-m", "x"])).code).toBe(3);
  save(join(folder, "bans.yaml"), "- client: pump\n");
  await vi.waitFor(async () => expect((await mosquittoPub(port, ["-t", "t", "-m", "x"])).code).toBe(0), {
    timeout: 10_000,
    interval: 50,
  });
  expect(await running.stop()).toBe(0);
});

test("the app keeps its list in its own data, and takes a change over by itself", async () => {
  const login = { username: "meter", password: "m" };
  const folders = layOut({ "data/options.json": JSON.stringify({ logins: [login] }) });
  const running = await startAddon(folders);
  const args = ["-u", login.username, "-P", login.password, "-t", "t", "-m", "x"];
  const code = async (): Promise<number> => (await mosquittoPub(running.port("mqtt"), args)).code;
  expect(await code()).toBe(0);
  const ban = (action: string): Promise<number | null> =>
    launch(["src/main.ts", "ban", action, "--user", "meter", "--data", folders.data, "--share", folders.share]).ended;
  expect(await ban("add")).toBe(0);
  expect(readFileSync(join(folders.data, "bans.yaml"), "utf8")).toContain('- user: "meter"');
  await vi.waitFor(async () => expect(await code()).toBe(5), { timeout: 10_000, interval: 50 });
  expect(await ban("remove")).toBe(0);
  await vi.waitFor(async () => expect(await code()).toBe(0), { timeout: 10_000, interval: 50 });
  expect(await running.stop()).toBe(0);
});
