import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { freePort } from "../helpers/free-port.ts";
import { launch, save } from "../helpers/culex.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

test("alarms and what slows the broker down reach who subscribed to them", async () => {
  const port = await freePort();
  const conf = join(tempFolder(), "mosquitto.conf");
  const text = `allow_anonymous true\nlistener ${port} 127.0.0.1\nmax_queued_messages 5\nsysmon_long_schedule 1\nflapping_count 2\nflapping_ban 1\n`;
  save(conf, text);
  const running = launch(["src/main.ts", "-c", conf]);
  await running.line(/ ready: /);
  const root = `$SYS/brokers/${hostname()}`;
  const alarms = await mosquittoSub(port, ["-t", `${root}/alarms/+/+`]);
  const sysmon = await mosquittoSub(port, ["-t", `${root}/sysmon/long_schedule`]);
  const told = (): readonly string[] => alarms.messages.map((line) => line.replace(`${root}/alarms/`, ""));

  const url = `mqtt://127.0.0.1:${port}`;
  const away = await connect(url, { clientId: "camera", clean: false });
  await away.client.subscribeAsync("pictures", { qos: 1 });
  await away.client.endAsync();
  for (let count = 0; count < 7; count++) await mosquittoPub(port, ["-t", "pictures", "-m", "x", "-q", "1"]);
  for (let count = 0; count < 3; count++) await mosquittoPub(port, ["-i", "pump", "-t", "t", "-m", "x"]);
  const wanted = [
    /^queue_high_watermark\.camera\/alert {"id":"queue_high_watermark\.camera","severity":"warning","title":"Queue camera high-water mark","summary":"messages are dropped while it is away \(at most 5 or 8\.4 MB wait\)","ts":\d+}$/,
    /^flapping\.pump\/alert {"id":"flapping\.pump","severity":"warning","title":"Client pump flapping","summary":"connected more than 2 times within 60 seconds \(flapping_count\), and is kept out until \d\d:\d\d[^"]*","ts":\d+}$/,
    /^flapping\.pump\/clear {"id":"flapping\.pump","ts":\d+}$/,
  ];
  for (const pattern of wanted) {
    await vi.waitFor(() => expect(told()).toContainEqual(expect.stringMatching(pattern)), { timeout: 15_000 });
  }
  const flood = await connect(url, { clientId: "flood" });
  await vi.waitFor(
    () => {
      for (let count = 0; count < 5_000; count++) flood.client.publish("flood", "x");
      expect(sysmon.messages[0]).toMatch(/long_schedule long_schedule warning: client = -, info: {"delay_ms":\d+}$/);
    },
    { timeout: 15_000, interval: 200 },
  );
  // the queue is read, and the alarm is over
  await connect(url, { clientId: "camera", clean: false });
  await vi.waitFor(
    () => expect(told()).toContainEqual(expect.stringMatching(/^queue_high_watermark\.camera\/clear /)),
    { timeout: 15_000 },
  );
  expect(await running.stop()).toBe(0);
});
