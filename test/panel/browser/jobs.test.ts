import { expect, it, vi } from "vitest";
import type { JobInfo } from "../../../src/core/api/topics.ts";
import { describeWith } from "../../helpers/needs.ts";
import { useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { CALM } from "../stage/samples.ts";

const RUNNING: JobInfo = {
  id: "j1",
  what: "delete 50000 retained messages",
  done: 1200,
  total: 50_000,
  state: "running",
};
const OLD: JobInfo = { id: "j0", what: "restore 3 retained messages", done: 3, total: 3, state: "finished" };

describeWith(["chromium"], "work that takes longer than an answer", () => {
  const look = useBrowser();
  const told = (...jobs: readonly JobInfo[]) => ({ ...CALM, others: { ...CALM.others, jobs } });

  it("shows how far it is, on every part of the page and after a reload, and can be cancelled", async () => {
    const api = await startFakeApi(told(RUNNING, OLD));
    const { panel, page } = await look(await startHouse(api), { path: "/topics/retained" });
    const work = panel.getByRole("region", { name: "Work in progress" });
    const bar = work.getByRole("progressbar", { name: "delete 50000 retained messages" });
    await bar.waitFor();
    expect(await bar.evaluate((element) => Reflect.get(element, "position"))).toBeCloseTo(0.024);
    await work.getByText("1,200 of 50,000").waitFor();
    expect(await work.getByRole("note").count()).toBe(1);
    await panel.getByRole("link", { name: "Clean-up" }).click();
    await bar.waitFor();

    await page.reload();
    await bar.waitFor();
    api.tell(told({ ...RUNNING, done: 25_000 }));
    await work.getByText("25,000 of 50,000").waitFor();
    await work.getByRole("button", { name: "Cancel: delete 50000 retained messages" }).click();
    await vi.waitFor(() => expect(api.writes).toEqual(["POST jobs/j1/cancel"]));
    // those who only listen hear it once, for some seconds
    const heard = panel.getByRole("status").filter({ hasText: "Cancelled: Delete 50000 retained messages." }).waitFor();
    api.tell(told({ ...RUNNING, done: 26_000, state: "cancelled" }));
    await work.getByText("Cancelled: Delete 50000 retained messages. 26,000 of 50,000").waitFor();
    await heard;
    await work.getByRole("button", { name: "Close: delete 50000 retained messages" }).click();
    await work.waitFor({ state: "detached" });
  });

  it("says what it could not do", async () => {
    const api = await startFakeApi(told(RUNNING));
    const { panel } = await look(await startHouse(api), { path: "/topics/trash" });
    await panel.getByRole("progressbar").waitFor();
    const error = "2 messages stayed, because they were published again meanwhile.";
    api.tell(told({ ...RUNNING, done: 50_000, state: "finished", error }));
    await panel.getByText(error).waitFor();
    await panel.getByText("Done: Delete 50000 retained messages.").first().waitFor();
  });
});
