import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type Frame, type FrameLocator, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { buildPanel } from "../../helpers/panel-build.ts";
import type { House } from "./house.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The window sizes that count: a phone, and a tablet or computer. */
export const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } } as const;

/** A look at the panel inside the stand-in page. */
export interface Sight {
  readonly page: Page;
  /** Finds things in the panel, by role and name. */
  readonly panel: FrameLocator;
  frame(): Frame;
  /** Calls what the stand-in page offers: `setDark`, `setLanguage`, `setNarrow`, `open`. */
  house(name: "setDark" | "setLanguage" | "setNarrow" | "open", value: unknown): Promise<void>;
  /** Messages that the panel sent to the page around. */
  sent(): Promise<readonly unknown[]>;
  /** Faults on the console, violations of the policy and requests to elsewhere, since the start. */
  readonly faults: readonly string[];
  /** What axe finds against WCAG 2.2 AA, as "rule: selector". */
  violations(): Promise<readonly string[]>;
}

export interface Opening {
  readonly size?: keyof typeof SIZES;
  readonly isDark?: boolean;
  /** What stands behind "/app/culex" in Home Assistant's address: "/devices/kitchen-plug". */
  readonly path?: string;
  /** Faults that the test brings about itself. */
  readonly expected?: RegExp;
}

/** Debian's Chromium for the tests of a file; every test looks with a profile of its own. */
export function useBrowser(): (house: House, opening?: Opening) => Promise<Sight> {
  let browser: Browser;
  beforeAll(async () => {
    buildPanel();
    browser = await launchBrowser();
  });
  afterAll(async () => browser.close());
  return (house, opening = {}) => look(browser, house, opening);
}

/** Starts Debian's Chromium, without a window. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    // The sandbox wants namespaces, which a container of a test machine seldom gives.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

async function look(browser: Browser, house: House, opening: Opening): Promise<Sight> {
  const context = await browser.newContext({ viewport: SIZES[opening.size ?? "desk"], locale: "en-GB" });
  onTestFinished(async () => context.close());
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const faults: string[] = [];
  const note = (fault: string): void => {
    if (opening.expected?.test(fault) !== true) faults.push(fault);
  };
  const origin = new URL(house.url).origin;
  page.on("pageerror", (error) => note(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    note(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  // Violations of the content security policy are errors of the console.
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") note(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) note(`request: ${url}`);
  });
  onTestFinished(() => expect(faults).toEqual([]));
  await page.goto(`${house.url}${opening.path ?? ""}`);
  const house_ = async (name: string, value: unknown): Promise<void> =>
    page.evaluate(([name, value]) => Reflect.get(Reflect.get(window, "house"), String(name))(value), [name, value]);
  if (opening.isDark === true) await house_("setDark", true);

  const frame = (): Frame => {
    const found = page.frames().find((candidate) => candidate !== page.mainFrame());
    if (found === undefined) throw new Error("no frame in the page");
    return found;
  };
  return {
    page,
    panel: page.frameLocator("iframe"),
    frame,
    house: house_,
    sent: async () => page.evaluate(() => Reflect.get(Reflect.get(window, "house"), "sent")),
    faults,
    async violations() {
      // Not a script element: the policy forbids it, as it should.
      const found: { violations: { id: string; nodes: { target: string[]; failureSummary?: string }[] }[] } =
        await frame().evaluate(
          `${AXE}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })`,
        );
      return found.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary = "" }) => `${id}: ${target.join(" ")} ${failureSummary}`),
      );
    },
  };
}
