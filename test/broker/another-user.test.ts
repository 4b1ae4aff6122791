import { expect, test } from "vitest";
import type { Identity } from "../../src/core/types.ts";
import { login, publish, startBroker, subscribe } from "./wire.ts";

test.each(["receive", "subscribe"] as const)(
  "who takes over a session of another user gets nothing that it may not %s itself",
  async (asked) => {
    const may = (action: string, _topic: string, { clientId, username }: Identity): boolean =>
      clientId !== "shared" || action !== asked || username === "anna";
    const { port } = await startBroker({ may });
    const writer = await login(port, "writer");
    const anna = await login(port, "shared", { username: "anna", clean: false });
    anna.send(subscribe(["t"]));
    await expect(anna).toReceive("9003000100");
    writer.send(publish("t", "1"));
    await expect(anna).toReceive("3004 0001 74 31");
    const bert = await login(port, "shared", { username: "bert", clean: false });
    writer.send(publish("t", "2"));
    writer.send("c000");
    await expect(writer).toReceive("d000");
    bert.send("c000");
    await expect(bert).toReceive("d000");
    const again = await login(port, "shared", { username: "anna", clean: false });
    writer.send(publish("t", "3"));
    await expect(again).toReceive("3004 0001 74 33");
  },
);
