import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Frame, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startMosquittoIn } from "../test/helpers/mosquitto-broker.ts";
import { makePair } from "../test/helpers/certificates.ts";
import { coreUser } from "../test/helpers/core-websocket.ts";
import { layOut, startAddon } from "../test/helpers/culex.ts";
import { freePort } from "../test/helpers/free-port.ts";
import { buildPanel } from "../test/helpers/panel-build.ts";
import { startSupervisor } from "../test/helpers/supervisor.ts";
import { tempFolder } from "../test/helpers/temp.ts";
import { launchBrowser } from "../test/panel/stage/browser.ts";
import { ADMIN, startHouse } from "../test/panel/stage/house.ts";
import { ACL, liveIn, PASSWORD, plugInto, USERS } from "./screenshots-home.ts";

/**
 * `npm run screenshots`: photographs the panel of a real broker in a home that is made up, for README.md and DOCS.md. It
 * needs chromium, mosquitto and pngquant of Debian, and its font Roboto (fonts-roboto-unhinted), which is Home Assistant's.
 */
const IMAGES = join(import.meta.dirname, "..", "docs", "images");
const MAX_BYTES = 900_000;

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** How long the home lives before it is photographed: the charts have their minutes then. */
const LIFE_MS = 150_000;

interface Shot {
  readonly name: string;
  /** The address within the panel, behind "#". */
  readonly hash: string;
  /** A text that is there once the page has its data. */
  readonly shows: string | RegExp;
  readonly size?: typeof DESK;
  readonly isDark?: boolean;
  /** What is done on the page before. */
  readonly act?: (panel: FrameLocator) => Promise<void>;
}

const DENIED = "user=garden-pump&action=publish&topic=garden%2Fvalve%2F1";

const SHOTS: readonly Shot[] = [
  { name: "overview", hash: "/overview", shows: "In per minute" },
  { name: "overview-dark", hash: "/overview", shows: "In per minute", isDark: true },
  { name: "devices", hash: "/devices", shows: "washing-machine" },
  { name: "problems-phone", hash: "/problems", shows: "May not publish to garden/valve/1", size: PHONE },
  { name: "problems", hash: "/problems", shows: "May not publish to garden/valve/1" },
  { name: "topic", hash: "/topics?topic=zigbee2mqtt%2Fkitchen-climate", shows: "Who publishes this" },
  { name: "topics-live", hash: "/topics/live", shows: /^Shown: 1\d,/ },
  { name: "clean-up", hash: "/topics/clean-up", shows: "Old hallway sensor" },
  { name: "access-test", hash: `/access/test?${DENIED}`, shows: "A rule that would allow it" },
  { name: "access-users", hash: "/access", shows: "washing-machine" },
  { name: "bridge-form", hash: "/bridges", shows: "cabin", act: beginBridge },
  { name: "system-log", hash: "/system/log", shows: /was refused: wrong password/ },
  // the last: from then on there is one user more
  { name: "add-device", hash: "/devices", shows: "washing-machine", act: addDevice },
];

let browser: Browser;
beforeAll(async () => {
  buildPanel();
  browser = await launchBrowser();
});
afterAll(async () => browser.close());

test("the pages of the panel", async () => {
  const house = await startHome();
  rmSync(IMAGES, { recursive: true, force: true });
  mkdirSync(IMAGES, { recursive: true });
  for (const shot of SHOTS) await photograph(house, shot);
  execFileSync("pngquant", ["--force", "--ext", ".png", "--strip", "--speed", "1", "--quality", "70-95", ...files()]);
  const bytes = files().reduce((sum, file) => sum + statSync(file).size, 0);
  for (const file of files()) process.stdout.write(`${String(statSync(file).size).padStart(8)} ${file}\n`);
  expect(bytes).toBeLessThan(MAX_BYTES);
});

function files(): readonly string[] {
  return readdirSync(IMAGES).map((name) => join(IMAGES, name));
}

/** Starts everything, and lets the home live for a while. */
async function startHome(): Promise<string> {
  const supervisor = await startSupervisor();
  onTestFinished(() => supervisor.stop());
  supervisor.coreUsers = [coreUser(ADMIN.id)];
  const cabin = await startMosquittoIn(tempFolder(), ["allow_anonymous true"]);
  const { cert, key } = makePair(tempFolder(), { name: "home", commonName: "home.example", days: 62 });
  const listener = await freePort();
  const folders = layOut({
    "data/options.json": JSON.stringify({
      logins: USERS.map((username) => ({ username, password: PASSWORD })),
      customize: { active: true, folder: "mosquitto" },
    }),
    "share/mosquitto/home.conf": `listener ${listener} 127.0.0.1\nenable_proxy_protocol 1\nacl_file acl\n`,
    "share/mosquitto/cabin.conf": `connection cabin\naddress 127.0.0.1:${cabin.port}\nremote_clientid home\nlocal_clientid bridge-to-cabin\ntopic # both 1 cabin/ house/\n`,
    "share/mosquitto/acl": ACL,
    "ssl/fullchain.pem": cert,
    "ssl/privkey.pem": key,
  });
  const running = await startAddon(folders, supervisor, { CULEX_PORTS: "0,0,0,0,,0", CULEX_INGRESS_PEER: "127.0.0.1" });
  const port = Number(/:(\d+)\/,/.exec(await running.line(/The panel is at /))?.[1]);
  const kept: { readonly homeassistant: { readonly password: string } } = JSON.parse(
    readFileSync(join(folders.data, "system_user.json"), "utf8"),
  );
  const house = await startHouse({ port }, { ...ADMIN, displayName: "Ada" });
  await liveIn(plugInto(listener), { username: "homeassistant", password: kept.homeassistant.password });
  await wait(LIFE_MS);
  return house.url;
}

async function photograph(house: string, { name, hash, shows, size = DESK, isDark = false, act }: Shot): Promise<void> {
  const context = await browser.newContext({ viewport: size, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(house);
  if (isDark) await page.evaluate(() => Reflect.get(Reflect.get(window, "house"), "setDark")(true));
  const panel = page.frameLocator("iframe");
  await panel.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await frameOf(page).evaluate((to) => void (location.hash = to), hash);
  await panel.getByText(shows).first().waitFor();
  await act?.(panel);
  // what comes by a second request
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled" });
  await context.close();
}

async function beginBridge(panel: FrameLocator): Promise<void> {
  await panel.getByRole("button", { name: "Add a bridge" }).click();
  const dialog = panel.getByRole("dialog", { name: "Add a bridge" });
  await dialog.getByLabel("What is it for?").selectOption("Another broker or Home Assistant in the house");
  await dialog.getByLabel("Name", { exact: true }).fill("workshop");
  await dialog.getByLabel("Address").fill("workshop.lan");
  await dialog.getByLabel("User name there").fill("house");
  await dialog.getByLabel("Prefix here").fill("workshop/");
}

async function addDevice(panel: FrameLocator): Promise<void> {
  await panel.getByRole("button", { name: "Add device" }).click();
  await panel.getByLabel("Name of the device").fill("Patio light");
  await panel.getByRole("button", { name: "Create" }).click();
  await panel.getByRole("img", { name: "QR code with address, user and password of Patio light" }).waitFor();
}

function frameOf(page: Page): Frame {
  const found = page.frames().find((candidate) => candidate !== page.mainFrame());
  if (found === undefined) throw new Error("no frame in the page");
  return found;
}
