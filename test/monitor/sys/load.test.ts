import { describe, expect, test } from "vitest";
import { createLoad } from "../../../src/monitor/sys/load.ts";

describe("the load", () => {
  test("begins at 0", () => {
    expect(createLoad().values).toEqual([
      ["1min", "0.00"],
      ["5min", "0.00"],
      ["15min", "0.00"],
    ]);
  });

  test("comes near to what there is per minute, the sooner the shorter the window", () => {
    const load = createLoad();
    for (let second = 10; second <= 60; second += 10) load.take(second * 2, second * 1000);
    // 120 a minute, of which 1 - e^(-1), 1 - e^(-1/5) and 1 - e^(-1/15) have come through
    expect(load.values).toEqual([
      ["1min", "75.85"],
      ["5min", "21.75"],
      ["15min", "7.74"],
    ]);
  });

  test("does not depend on how often it is taken", () => {
    const often = createLoad();
    for (let step = 1; step <= 300; step++) often.take(step * 7, step * 1000);
    const once = createLoad();
    once.take(2100, 300_000);
    expect(often.values).toEqual(once.values);
  });

  test("fades when nothing happens", () => {
    const load = createLoad();
    load.take(60, 60_000);
    load.take(60, 120_000);
    expect(load.values[0]).toEqual(["1min", (60 * (1 - Math.exp(-1)) * Math.exp(-1)).toFixed(2)]);
  });

  test("is left as it is by a reading at the same moment", () => {
    const load = createLoad();
    load.take(5, 0);
    expect(load.values[0]).toEqual(["1min", "0.00"]);
  });
});
