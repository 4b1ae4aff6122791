import { expect, test } from "vitest";
import { BackendError } from "../../src/core/errors.ts";
import { createSlots } from "../../src/core/slots.ts";

const FULL = "too many logins are waiting";
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
  const slots = createSlots(2, 10, FULL);
  const all = ["a", "b", "c", "d"].map((name) => slots.run(call(name), patient));
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
  const slots = createSlots(1, 0, FULL);
  const broken = async (): Promise<void> => {
    throw new Error("broken");
  };
  await expect(slots.run(broken, patient)).rejects.toThrow("broken");
  expect(await slots.run(async () => "next", patient)).toBe("next");
});

test("refuses a call when every place is taken", async () => {
  const { call, end } = calls();
  const slots = createSlots(1, 1, FULL);
  const first = slots.run(call("a"), patient);
  const second = slots.run(async () => "b", patient);
  await expect(slots.run(call("c"), patient)).rejects.toThrow(new BackendError(FULL));
  end("a");
  expect(await Promise.all([first, second])).toEqual(["a", "b"]);
});

test("frees the place of a caller that leaves, and never makes its call", async () => {
  const { began, call, end } = calls();
  const slots = createSlots(1, 1, FULL);
  const first = slots.run(call("a"), patient);
  const leaving = new AbortController();
  const second = slots.run(call("b"), leaving.signal);
  const reason = new BackendError("nobody waits for this login any more");
  leaving.abort(reason);
  await expect(second).rejects.toBe(reason);
  await expect(slots.run(call("c"), leaving.signal)).rejects.toBe(reason);
  const third = slots.run(async () => "d", patient);
  end("a");
  expect(await Promise.all([first, third])).toEqual(["a", "d"]);
  expect(began).toEqual(["a"]);
});

test("lets a call that began finish when its caller leaves", async () => {
  const { began, call, end } = calls();
  const slots = createSlots(1, 1, FULL);
  const leaving = new AbortController();
  const running = slots.run(call("a"), leaving.signal);
  await expect.poll(() => began).toEqual(["a"]);
  leaving.abort();
  end("a");
  expect(await running).toBe("a");
});
