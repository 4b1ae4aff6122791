import { expect, test } from "vitest";
import { createLane } from "../../src/auth/lane.ts";
import { BackendError } from "../../src/core/errors.ts";

test("no more than its width runs at one time, and the order is that of arrival", async () => {
  const lane = createLane(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const task = async (number: number): Promise<number> => {
    started.push(number);
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    return number;
  };
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => lane.run(`user ${number}`, () => task(number))));
  expect(results).toEqual([1, 2, 3, 4, 5, 6]);
  expect(started).toEqual([1, 2, 3, 4, 5, 6]);
  expect(most).toBe(2);
});

test("a task that fails hands its turn on", async () => {
  const lane = createLane(1);
  const results = await Promise.allSettled([
    lane.run("a", () => Promise.reject(new Error("broken"))),
    lane.run("b", () => Promise.resolve("done")),
  ]);
  expect(results).toMatchObject([
    { status: "rejected", reason: { message: "broken" } },
    { status: "fulfilled", value: "done" },
  ]);
  // an idle lane has its whole width again
  await expect(lane.run("a", () => Promise.resolve("again"))).resolves.toBe("again");
});

test("one user has four tasks, and others still find room", async () => {
  const lane = createLane(1);
  const gate = Promise.withResolvers<void>();
  const held = [1, 2, 3, 4].map(() => lane.run("guessed", () => gate.promise));
  await expect(lane.run("guessed", () => gate.promise)).rejects.toThrow(
    new BackendError("too many passwords are being checked for one user"),
  );
  const other = lane.run("other", () => Promise.resolve("mine"));
  gate.resolve();
  await expect(other).resolves.toBe("mine");
  await Promise.all(held);
  await expect(lane.run("guessed", () => Promise.resolve("free again"))).resolves.toBe("free again");
});

test("a thousand tasks wait, the next one is refused", async () => {
  const lane = createLane(1);
  const gate = Promise.withResolvers<void>();
  const tasks = Array.from({ length: 1001 }, (_, index) => lane.run(`user ${index}`, () => gate.promise));
  await expect(lane.run("one more", () => gate.promise)).rejects.toThrow(
    new BackendError("too many password checks are waiting"),
  );
  gate.resolve();
  await expect(Promise.all(tasks)).resolves.toHaveLength(1001);
});

test("closing refuses what waits and what comes, and lets the running task end", async () => {
  const lane = createLane(1);
  const gate = Promise.withResolvers<string>();
  const running = lane.run("a", () => gate.promise);
  const waiting = lane.run("b", () => Promise.resolve("never"));
  lane.close();
  const refusal = new BackendError("password checks have stopped");
  await expect(waiting).rejects.toThrow(refusal);
  await expect(lane.run("c", () => Promise.resolve("never"))).rejects.toThrow(refusal);
  gate.resolve("done");
  await expect(running).resolves.toBe("done");
});
