import { describe, expect, test, vi } from "vitest";
import { createControlDesk, type Answer, type Endpoint } from "../../src/control/desk.ts";
import { createLogger, type LogEntry } from "../../src/core/logger.ts";

const FROM = { clientId: "c1", username: "boss" };

function house(answer: (text: string) => Promise<Answer>, audience: Endpoint["audience"] = "subscribers") {
  const done: string[] = [];
  const lines: LogEntry[] = [];
  const endpoint: Endpoint = { audience, answer: (payload) => answer(Buffer.from(payload).toString("utf8")) };
  const desk = createControlDesk({
    endpoint: (topic) => (topic === "$CONTROL/a" ? endpoint : null),
    publish: (topic, payload) => done.push(`all ${topic} ${payload}`),
    publishTo: (clientId, topic, payload) => done.push(`${clientId} ${topic} ${payload}`),
    log: createLogger(() => ({ types: new Set(["warning", "error"] as const), sinks: [(entry) => lines.push(entry)] })),
  });
  const answered = (expected: readonly string[]) => vi.waitFor(() => expect(done).toEqual(expected), { interval: 1 });
  return { done, lines, answered, ask: (topic: string, text = "x") => desk(topic, Buffer.from(text), FROM) };
}

describe("the desk", () => {
  test.each([
    ["subscribers", "all"],
    ["asker", "c1"],
  ] as const)("answers to %s, after it returned, and then does what follows", async (audience, to) => {
    const { ask, done, answered } = house(
      async (text) => ({ reply: `to ${text}`, follow: () => done.push("follow") }),
      audience,
    );
    ask("$CONTROL/a");
    expect(done).toEqual([]);
    await answered([`${to} $CONTROL/a/response to x`, "follow"]);
  });

  test("says to the asker where nobody answers, also without a wait", async () => {
    const { ask, done, answered } = house(async () => ({ reply: "", follow: () => undefined }));
    ask("$CONTROL/b");
    expect(done).toEqual([]);
    await answered(['c1 $CONTROL/b/response {"error":"endpoint not available"}']);
  });

  test("goes on after a request that breaks down", async () => {
    const { ask, lines, answered } = house(async (text) => {
      if (text === "bad") throw new TypeError("x is not a function");
      return { reply: text, follow: () => undefined };
    });
    ask("$CONTROL/a", "bad");
    ask("$CONTROL/a", "good");
    await answered(["all $CONTROL/a/response good"]);
    expect(lines.map(({ type, message }) => `${type}: ${message}`)).toEqual([
      "error: A request of c1 to $CONTROL/a broke down: x is not a function",
    ]);
  });

  test("lets no more than a thousand wait", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { ask, lines, done } = house(async (text) => {
      await promise;
      return { reply: text, follow: () => undefined };
    });
    for (let index = 0; index < 1_001; index++) ask("$CONTROL/a", String(index));
    expect(lines.map(({ message }) => message)).toEqual([
      "A request of c1 to $CONTROL/a was dropped: too many are waiting.",
    ]);
    resolve();
    await vi.waitFor(() => expect(done).toHaveLength(1_000), { interval: 1 });
    ask("$CONTROL/a", "again");
    await vi.waitFor(() => expect(done.at(-1)).toBe("all $CONTROL/a/response again"), { interval: 1 });
  });
});
