import { expect, test } from "vitest";
import { createLoginQueue } from "../../addon/login-queue.ts";
import { BackendError } from "../../src/core/errors.ts";

const patient = new AbortController().signal;

/** Calls that end when told, with a record of those that began. */
function calls() {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const call = (name: string) => async (): Promise<string> => {
    began.push(name);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    return name;
  };
  return { began, call, end: (name: string) => ends.get(name)?.() };
}

test("runs as many calls as it has slots, and the others in their order", async () => {
  const { began, call, end } = calls();
  const queue = createLoginQueue(2, 10);
  const all = ["a", "b", "c", "d"].map((name) => queue.run(call(name), patient));
  await expect.poll(() => began).toEqual(["a", "b"]);
  end("b");
  await expect.poll(() => began).toEqual(["a", "b", "c"]);
  end("a");
  await expect.poll(() => began).toEqual(["a", "b", "c", "d"]);
  end("c");
  end("d");
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"]);
});

test("frees the slot of a call that fails", async () => {
  const queue = createLoginQueue(1, 0);
  const broken = async (): Promise<void> => {
    throw new Error("broken");
  };
  await expect(queue.run(broken, patient)).rejects.toThrow("broken");
  expect(await queue.run(async () => "next", patient)).toBe("next");
});

test("refuses a call when every place is taken", async () => {
  const { call, end } = calls();
  const queue = createLoginQueue(1, 1);
  const first = queue.run(call("a"), patient);
  const second = queue.run(async () => "b", patient);
  await expect(queue.run(call("c"), patient)).rejects.toThrow(
    new BackendError("too many logins are waiting for an answer"),
  );
  end("a");
  expect(await Promise.all([first, second])).toEqual(["a", "b"]);
});

test("frees the place of a caller that leaves, and never makes its call", async () => {
  const { began, call, end } = calls();
  const queue = createLoginQueue(1, 1);
  const first = queue.run(call("a"), patient);
  const leaving = new AbortController();
  const second = queue.run(call("b"), leaving.signal);
  leaving.abort();
  await expect(second).rejects.toThrow(new BackendError("nobody waits for this login any more"));
  await expect(queue.run(call("c"), leaving.signal)).rejects.toThrow(BackendError);
  const third = queue.run(async () => "d", patient);
  end("a");
  expect(await Promise.all([first, third])).toEqual(["a", "d"]);
  expect(began).toEqual(["a"]);
});

test("lets a call that began finish when its caller leaves", async () => {
  const { began, call, end } = calls();
  const queue = createLoginQueue(1, 1);
  const leaving = new AbortController();
  const running = queue.run(call("a"), leaving.signal);
  await expect.poll(() => began).toEqual(["a"]);
  leaving.abort();
  end("a");
  expect(await running).toBe("a");
});
