import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, it } from "vitest";
import { makePair, type Pair } from "../../helpers/certificates.ts";
import { coreUser } from "../../helpers/core-websocket.ts";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

const LOGIN = { username: "meter", password: "a good password" };
const OPTIONS = JSON.stringify({ logins: [LOGIN] });

function serialOf(pem: string): string {
  return new X509Certificate(pem).serialNumber;
}

/** What a device that connects now is shown. */
async function shownSerial(port: number): Promise<string> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describeWith(["chromium", "openssl"], "somebody who renews a certificate", () => {
  const look = useBrowser();

  it("sees the new one at once, is told of a wrong key, and of one that ends in 6 days", async () => {
    const folder = tempFolder();
    const pairOf = (name: string, days: number): Pair =>
      makePair(folder, { name, commonName: "home.example.org", days });
    const old = pairOf("old", 40);
    const app = await startApp(
      { "data/options.json": OPTIONS, "ssl/fullchain.pem": old.cert, "ssl/privkey.pem": old.key },
      { hasTls: true },
    );
    const put = ({ cert, key }: Pick<Pair, "cert" | "key">): void => {
      writeFileSync(join(app.folders.ssl, "fullchain.pem"), cert);
      writeFileSync(join(app.folders.ssl, "privkey.pem"), key);
    };
    const port = app.running.port("mqtts");
    const { client, wasClosed } = await connect(`mqtts://127.0.0.1:${port}`, { ...LOGIN, rejectUnauthorized: false });
    const { panel } = await look(app.house, { path: "/system/certificates" });
    const card = panel.getByRole("region", { name: "localhost, 127.0.0.1" });
    await card.getByText(serialOf(old.cert)).waitFor();
    await card.getByText("39 days left").waitFor();

    const renewed = pairOf("renewed", 90);
    put(renewed);
    await card.getByText(serialOf(renewed.cert)).waitFor();
    await card.getByText("89 days left").waitFor();
    expect(await shownSerial(port)).toBe(serialOf(renewed.cert));

    put({ cert: pairOf("other", 60).cert, key: renewed.key });
    await card.getByText("privkey.pem does not belong to fullchain.pem (different public keys).").waitFor();
    await card.getByText(serialOf(renewed.cert)).waitFor();
    expect(await shownSerial(port)).toBe(serialOf(renewed.cert));
    await panel.getByRole("link", { name: "Problems" }).click();
    const problem = panel.getByRole("article").filter({ hasText: "does not belong to fullchain.pem" });
    await problem.getByText(/The pair loaded at .* stays in use\./).waitFor();
    await problem.getByText("Copy both files from the same renewal.").waitFor();

    put(pairOf("short", 7));
    await panel.getByRole("link", { name: "Overview" }).click();
    await panel.getByRole("region", { name: "1 thing needs you." }).waitFor();
    await panel.getByText("The certificate for localhost ends in 6 days.").waitFor();

    // who was connected all the time is so still
    await client.publishAsync("meters/1", "on", { qos: 1 });
    expect(wasClosed()).toBe(false);
  });
});

const GUEST = { id: "fedcba9876543210fedcba9876543210", name: "eve", displayName: "Eve" };

describeWith(["chromium"], "somebody who is not an administrator", () => {
  const look = useBrowser();

  it.each([false, true])(
    "is told so in the style of Home Assistant, and learns nothing else; dark: %s",
    async (dark) => {
      const { house, supervisor, running } = await startApp({ "data/options.json": OPTIONS }, { someone: GUEST });
      supervisor.coreUsers = [...supervisor.coreUsers, coreUser(GUEST.id, "system-users")];
      const refused = /status of 403/;
      const { page, panel, frame, violations } = await look(house, { expected: refused });
      if (dark) await page.emulateMedia({ colorScheme: "dark" });
      await panel
        .getByRole("heading", { level: 1, name: "You need administrator rights in Home Assistant for this page." })
        .waitFor();
      await panel.getByText("Ask an administrator of this Home Assistant.").waitFor();
      const colours = await frame().evaluate(() => {
        const { backgroundColor, color, fontFamily } = getComputedStyle(document.body);
        return [backgroundColor, color, fontFamily.split(",")[0]];
      });
      const [background, text] = dark
        ? ["rgb(17, 17, 17)", "rgb(225, 225, 225)"]
        : ["rgb(250, 250, 250)", "rgb(20, 20, 20)"];
      expect(colours).toEqual([background, text, "Roboto"]);
      expect(await violations()).toEqual([]);

      const base = `${new URL(house.url).origin}/api/hassio_ingress/${house.token}`;
      for (const path of ["overview", "support", "openapi", "log", "no/such"]) {
        const answer = await fetch(`${base}/api/v1/${path}`);
        expect(answer.status, path).toBe(403);
        expect(await answer.json()).toEqual({
          error: {
            code: "forbidden",
            message: "You need administrator rights in Home Assistant for this page.",
            hint: "Ask an administrator of this Home Assistant.",
          },
        });
      }
      const names = (await (await fetch(`${base}/`)).text()).match(/panel-|style-/);
      expect(names).toBeNull();
      expect(running.lines.join("\n")).not.toContain("Panel: Eve");
    },
  );
});

describeWith(["chromium"], "a write that does not come from the panel", () => {
  const look = useBrowser();

  it("is refused, and said so in the record of what was done", async () => {
    const { house, mqtt } = await startApp({ "data/options.json": OPTIONS });
    const { wasClosed } = await connect(mqtt, { ...LOGIN, clientId: "meter-1" });
    const base = `${new URL(house.url).origin}/api/hassio_ingress/${house.token}/api/v1`;
    const calls = [
      ["POST", "clients/meter-1/disconnect"],
      ["DELETE", "clients/meter-1/session"],
      ["PUT", "blocks/client/meter-1"],
    ] as const;
    for (const [method, path] of calls) {
      const answer = await fetch(`${base}/${path}`, { method });
      expect(answer.status, path).toBe(403);
      expect(await answer.json()).toEqual({
        error: {
          code: "forbidden",
          message: "This request does not say that it comes from the panel.",
          hint: "Send the header X-Requested-With: panel.",
        },
      });
    }
    const { panel } = await look(house, { path: "/system/done" });
    for (const [method, path] of calls) {
      const line = `was refused: ${method} /${path} without the header X-Requested-With`;
      await panel.getByRole("row").filter({ hasText: line }).getByText("Kläus Müller").waitFor();
    }
    expect(wasClosed()).toBe(false);
  });
});
