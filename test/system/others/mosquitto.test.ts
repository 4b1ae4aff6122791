import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { mosquittoPub, mosquittoSub } from "../../helpers/mosquitto.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startSite } from "./broker.ts";

const V5 = ["-V", "5"];
const AT_LEAST_ONCE = ["-q", "1"];

async function site() {
  const { port, restart } = await startSite();
  return {
    restart,
    sub: (...args: readonly string[]) => mosquittoSub(port, [...V5, ...AT_LEAST_ONCE, ...args]),
    async pub(...args: readonly string[]) {
      expect(await mosquittoPub(port, [...V5, ...AT_LEAST_ONCE, ...args])).toEqual({ code: 0, output: "" });
    },
    /** Runs mosquitto_sub until it has this many messages; a line for each, as `format` has it. */
    async read(count: number, format: string, ...args: readonly string[]): Promise<string[]> {
      const address = ["-h", "127.0.0.1", "-p", String(port)];
      const limits = ["-C", String(count), "-W", "10", "-F", format];
      const all = [...address, ...V5, ...AT_LEAST_ONCE, ...limits, ...args];
      return (await promisify(execFile)("mosquitto_sub", all)).stdout.trimEnd().split("\n");
    },
    ask: (...args: readonly string[]) =>
      promisify(execFile)("mosquitto_rr", ["-h", "127.0.0.1", "-p", String(port), ...V5, "-W", "10", ...args]),
  };
}

const prop = (command: string, name: string, ...values: readonly string[]) => ["-D", command, name, ...values];

describeWith(["mosquitto_pub", "mosquitto_sub", "mosquitto_rr"], "mosquitto's clients, MQTT 5", () => {
  test("retained messages with their expiry and user properties", async () => {
    const { pub, read } = await site();
    const properties = [
      ...prop("publish", "message-expiry-interval", "100"),
      ...prop("publish", "user-property", "k", "v"),
    ];
    await pub("-r", "-t", "kept", "-m", "x", ...properties);
    const [line = ""] = await read(1, "%r %q %E %P", "-t", "kept");
    expect(line).toMatch(/^1 1 (100|9\d) k:v$/);
  });

  test("a session and what waited for it, behind a restart", async () => {
    const { pub, read, restart } = await site();
    const kept = ["-c", "-i", "c", "-x", "100", "-t", "t"];
    await read(1, "%p", ...kept, "-E");
    await pub("-t", "t", "-m", "waited");
    await restart();
    expect(await read(1, "%p", ...kept)).toEqual(["waited"]);
  });

  test("shared subscriptions, a topic alias, and a maximum packet size", async () => {
    const { sub, pub } = await site();
    const small = prop("connect", "maximum-packet-size", "100");
    const workers = [await sub("-t", "$share/g/t", ...small), await sub("-t", "$share/g/t", ...small)];
    await pub("-t", "t", "-m", "x".repeat(200));
    for (const text of ["a", "b", "c", "d"]) await pub("-t", "t", "-m", text, ...prop("publish", "topic-alias", "3"));
    await vi.waitFor(
      () => expect(workers.flatMap(({ messages }) => messages).toSorted()).toEqual(["t a", "t b", "t c", "t d"]),
      { timeout: 5_000 },
    );
  });

  test("a request with its answer", async () => {
    const { sub, pub, ask } = await site();
    const server = await sub("-t", "ask");
    const answer = ask("-t", "ask", "-e", "answers", "-m", "question");
    await server.received(["ask question"]);
    await pub("-t", "answers", "-m", "done");
    expect((await answer).stdout).toBe("done\n");
  });
});
