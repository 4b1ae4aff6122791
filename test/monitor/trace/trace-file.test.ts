import { EventEmitter, once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { openTraceFile } from "../../../src/monitor/trace/trace-file.ts";

test("a disk that is full ends the trace, and closing the file has an end", async () => {
  const ends = new EventEmitter();
  const file = openTraceFile("/dev/full", 1_000_000, Date.now, () => ends.emit("full"));
  file.write("lost");
  await once(ends, "full");
  await setImmediate();
  expect(await file.close()).toBeUndefined();
});
