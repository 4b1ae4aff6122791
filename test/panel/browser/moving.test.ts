import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { connect, refusal } from "../../helpers/mqtt.ts";
import { mosquittoPub } from "../../helpers/mosquitto.ts";
import { startLasting } from "../../helpers/mosquitto-broker.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser, type Sight } from "../stage/browser.ts";

const ANN = { username: "ann", password: "ann-password" };
const HOSTILE = '"><img src=x onerror=alert(1)>';

/** What a Mosquitto was made of, in a folder. */
async function material(): Promise<readonly string[]> {
  const mosquitto = await startLasting();
  await mosquittoPub(mosquitto.port, ["-t", "house/lamp", "-m", "on", "-r", "-q", "1"]);
  await mosquitto.stop();
  const folder = tempFolder();
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  execFileSync("mosquitto_passwd", ["-b", "-c", join(folder, "passwd"), ANN.username, ANN.password]);
  put(
    "mosquitto.conf",
    "include_dir /etc/mosquitto/conf.d\npassword_file /etc/mosquitto/passwd\nacl_file /etc/mosquitto/acl\nplugin /usr/lib/go-auth.so\n",
  );
  put("acl", `user ann\ntopic readwrite house/#\ntopic read ${HOSTILE}\n`);
  put("bridge.conf", "connection cloud\naddress 127.0.0.1:1\ntopic house/# out\n");
  put("options.json", JSON.stringify({ logins: [{ username: "cam", password: "cam-password" }] }));
  writeFileSync(join(folder, "mosquitto.db"), readFileSync(mosquitto.database));
  return readdirSync(folder).map((name) => join(folder, name));
}

async function show({ panel }: Sight, files: readonly string[]): Promise<void> {
  await panel.getByLabel("Files", { exact: true }).setInputFiles([...files]);
  await panel.getByRole("button", { name: "Show what would come" }).click();
  await panel.getByRole("heading", { name: "What would come" }).waitFor();
}

describeWith(
  ["chromium", "mosquitto", "mosquitto_pub", "mosquitto_passwd"],
  "somebody who comes from Mosquitto",
  () => {
    const look = useBrowser();

    it("reads what would come and what would not, takes it over, and nothing happens a second time", async () => {
      const app = await startApp();
      const sight = await look(app.house, { path: "/system/move" });
      const { panel, violations } = sight;
      const files = await material();
      await show(sight, files);
      for (const [name, text] of [
        ["mosquitto.conf", "comes"],
        ["passwd", "/share/mosquitto/passwd"],
        [
          "mosquitto.db",
          "1 retained message, 0 sessions, 0 subscriptions and 0 queued messages: they come at the next start of the app.",
        ],
      ] as const) {
        await panel
          .getByRole("row", { name: new RegExp(`^${name}`) })
          .getByText(text)
          .first()
          .waitFor();
      }
      for (const [list, item] of [
        ["New users: 2", "ann (file)"],
        ["New users: 2", "cam (option)"],
        ["New rules: 2", `user ann: topic read ${HOSTILE}`],
        ["New bridges: 1", "cloud"],
        ["Options that change: 2", "customize.active: true"],
      ] as const) {
        await panel.getByRole("list", { name: list }).getByText(item, { exact: true }).waitFor();
      }
      await panel.getByText("5 of 6 lines are carried out as written.").waitFor();
      await panel.getByText(/mosquitto\.conf line 4: "plugin" loads native code and is not supported here\./).waitFor();
      expect(await violations()).toEqual([]);

      const apply = panel.getByRole("button", { name: "Take it over" });
      expect(await apply.isDisabled()).toBe(true);
      expect(existsSync(join(app.folders.share, "mosquitto"))).toBe(false);
      expect(await refusal(app.mqtt, ANN)).toBe(5);
      await panel.getByLabel("I have read what comes and what does not").check();
      await apply.click();
      await panel.getByText(/Taken over: .*\/share\/mosquitto\/passwd.* logins: cam/).waitFor();
      const { client } = await connect(app.mqtt, { ...ANN, protocolVersion: 5 });
      await expect(client.publishAsync("garden/x", "1", { qos: 1 })).rejects.toThrow(/Not authorized/);
      // the Supervisor keeps the options, so that the next start has them too
      expect(app.supervisor.options).toMatchObject({ customize: { active: true }, logins: [{ username: "cam" }] });
      expect(JSON.stringify(app.supervisor.options)).not.toContain("cam-password");

      const written = readdirSync(join(app.folders.share, "mosquitto")).toSorted();
      await show(sight, files);
      await panel.getByText("There is nothing to do: what can be taken over is here already.").waitFor();
      expect(await apply.count()).toBe(0);
      expect(readdirSync(join(app.folders.share, "mosquitto")).toSorted()).toEqual(written);
      await panel.getByRole("link", { name: "What was done" }).click();
      await panel
        .getByRole("row", { name: /^took over .*customize\.active: true/ })
        .getByText("Kläus Müller")
        .waitFor();
    });

    it("moves on to another Culex with one file, and is told when files are too large", async () => {
      const old = await startApp({ "data/options.json": JSON.stringify({ logins: [ANN] }) });
      const sight = await look(old.house, { path: "/system/move" });
      const [saved] = await Promise.all([
        sight.page.waitForEvent("download"),
        sight.panel.getByRole("link", { name: "Save the settings" }).click(),
      ]);
      const file = join(tempFolder(), saved.suggestedFilename());
      await saved.saveAs(file);
      expect(readFileSync(file, "utf8")).not.toContain(ANN.password);

      const app = await startApp();
      const next = await look(app.house, { path: "/system/move" });
      await show(next, [file]);
      await next.panel.getByLabel("I have read what comes and what does not").check();
      await next.panel.getByRole("button", { name: "Take it over" }).click();
      await next.panel.getByText("Taken over: logins: ann").waitFor();
      await connect(app.mqtt, ANN);

      const large = join(tempFolder(), "mosquitto.db");
      writeFileSync(large, "x".repeat(6_000_001));
      await next.panel.getByLabel("Files", { exact: true }).setInputFiles(large);
      await next.panel
        .getByRole("alert")
        .getByText(/^Together these are larger than 6 MB\./)
        .waitFor();
      expect(await next.panel.getByRole("button", { name: "Show what would come" }).isDisabled()).toBe(true);
    });
  },
);
