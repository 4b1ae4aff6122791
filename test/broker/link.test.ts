import { describe, expect, test, vi } from "vitest";
import { allow, deny } from "../../src/core/reasons.ts";
import type { Credentials, Decision, Identity } from "../../src/core/types.ts";
import { identityOf } from "../helpers/snapshot.ts";
import { connectPacket, encode, goodbye, login, publish, refusal, startBroker, subscribe, wire } from "./wire.ts";

interface Held {
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  let(): void;
}

/** A login chain that keeps every check until the test answers it; "reader" is let in at once. */
function holdLogins() {
  const held: Held[] = [];
  const authenticate = (credentials: Credentials, signal: AbortSignal) => {
    if (credentials.clientId === "reader") return allow("test", identityOf(credentials));
    const { promise, resolve } = Promise.withResolvers<Decision<Identity>>();
    held.push({ credentials, signal, let: () => resolve(allow("test", identityOf(credentials))) });
    return promise;
  };
  return { held, authenticate };
}

const kindsOf = (events: readonly { readonly kind: string; readonly client: { readonly clientId: string } }[]) =>
  events.map(({ kind, client }) => `${client.clientId} ${kind}`);

describe("a client that leaves while its login is checked", () => {
  test("and has sent all it had, is heard when it is let in", async () => {
    const { held, authenticate } = holdLogins();
    const { port, events, broker } = await startBroker({ authenticate });
    const reader = await login(port, "reader");
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("9003000100");
    const button = await wire(port);
    button.socket.end(
      Buffer.concat([
        encode(connectPacket("button", 4), 4),
        encode(publish("pressed", "1"), 4),
        Buffer.from("e000", "hex"),
      ]),
    );
    await vi.waitFor(() => expect(held).toHaveLength(1));
    await button.end();
    expect(held[0]?.signal.aborted).toBe(false);
    held[0]?.let();
    await expect(reader).toReceive("300a00077072657373656431");
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: "disconnected", reason: null }));
    expect(kindsOf(events).slice(2)).toEqual(["button connected", "button disconnected"]);
    expect(broker.sessions()).toHaveLength(1);
  });

  test("without a DISCONNECT, leaves its will", async () => {
    const { held, authenticate } = holdLogins();
    const { port } = await startBroker({ authenticate });
    const reader = await login(port, "reader");
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("9003000100");
    const client = await wire(port);
    const will = { topic: "w", payload: Buffer.from("w"), qos: 0, retain: false } as const;
    client.socket.end(Buffer.concat([encode(connectPacket("button", 4, { will }), 4), encode(publish("p", "1"), 4)]));
    await vi.waitFor(() => expect(held).toHaveLength(1));
    await client.end();
    held[0]?.let();
    await expect(reader).toReceive("300400017031 300400017777");
  });

  test("is not waited for when the broker stops", async () => {
    const { held, authenticate } = holdLogins();
    const { port, broker } = await startBroker({ authenticate });
    const client = await wire(port);
    client.socket.end(Buffer.concat([encode(connectPacket("button", 4), 4), encode(publish("p", "1"), 4)]));
    await vi.waitFor(() => expect(held).toHaveLength(1));
    await client.end();
    await broker.stop();
    expect(held[0]?.signal.aborted).toBe(true);
  });
});

describe("one client id that connects again while logins are checked", () => {
  test.each([4, 5] as const)("version %i: the login that is answered last stays", async (version) => {
    const { held, authenticate } = holdLogins();
    const { port, events, broker } = await startBroker({ authenticate });
    const clients = [];
    for (let n = 0; n < 5; n++) {
      const client = await wire(port, version);
      client.send(connectPacket("dev", version));
      await vi.waitFor(() => expect(held).toHaveLength(n + 1));
      clients.push(client);
    }
    // All in one turn: most of them are replaced before their CONNACK.
    for (const { let: answer } of held) answer();
    const last = clients.pop();
    for (const client of clients) {
      const received = await client.end();
      const connack = version === 5 ? "200e00000b210014 27001e8480 22000a".replaceAll(" ", "") : "20020000";
      const sentence = "replaced by a new connection from 127.0.0.1";
      // Whoever is replaced before its CONNACK hears why in it: a DISCONNECT never comes without one before.
      const heard = version === 5 ? [refusal(0x80, sentence), connack + goodbye(0x8e, sentence)] : ["", connack];
      expect(heard).toContain(received);
    }
    await last?.readBytes(4);
    last?.forget();
    last?.send("c000");
    await vi.waitFor(() => expect(last?.received().endsWith("d000")).toBe(true));
    expect(broker.sessions()).toHaveLength(1);
    const ends = events.filter(({ kind }) => kind === "refused" || kind === "disconnected");
    expect(ends).toHaveLength(4);
    for (const end of ends) {
      expect(end).toMatchObject({
        reason: { kind: "taken_over", sentence: "replaced by a new connection from 127.0.0.1" },
      });
    }
  });
});

describe("a client of MQTT 5 that is thrown out between its login and its CONNACK", () => {
  /** Lets a client in and does something before the front door has answered it. */
  async function thrownOut(act: (broker: Awaited<ReturnType<typeof startBroker>>) => void) {
    const { held, authenticate } = holdLogins();
    const broker = await startBroker({ authenticate });
    const client = await wire(broker.port, 5);
    client.send(connectPacket("dev", 5));
    await vi.waitFor(() => expect(held).toHaveLength(1));
    held[0]?.let();
    // the turn in which the login is answered: the front door needs more than one
    await Promise.resolve().then(() => undefined);
    act(broker);
    return { received: await client.end(), events: broker.events };
  }

  test("by a stop, hears it in CONNACK", async () => {
    const { received, events } = await thrownOut(({ broker }) => void broker.stop());
    expect(received).toBe(refusal(0x88, "the broker stops"));
    expect(kindsOf(events)).toEqual(["dev refused"]);
  });

  test("by a change of the logins, hears it in CONNACK", async () => {
    const reason = { kind: "not_allowed", sentence: "the login source logins is switched off" } as const;
    const { received, events } = await thrownOut(({ use }) => {
      expect(use({ recheck: () => deny("logins", reason) })).toEqual({ checked: 1, closed: 1 });
    });
    expect(received).toBe("2003008700");
    expect(events).toMatchObject([{ kind: "refused", reason }]);
  });
});

describe("a configuration that changes while a login is checked", () => {
  test("counts: who was removed meanwhile is not let in", async () => {
    const { held, authenticate } = holdLogins();
    const broker = await startBroker({ authenticate });
    const client = await wire(broker.port, 5);
    client.send(connectPacket("dev", 5, { username: "gone" }));
    await vi.waitFor(() => expect(held).toHaveLength(1));
    const reason = { kind: "unknown_user", sentence: "nobody is called gone here" } as const;
    broker.use({ recheck: () => deny("logins", reason) });
    held[0]?.let();
    expect(await client.end()).toBe("2003008700");
    expect(broker.events).toMatchObject([{ kind: "refused", reason }]);
  });

  test("and still admits the client, changes nothing for it", async () => {
    const { held, authenticate } = holdLogins();
    const broker = await startBroker({ authenticate });
    const client = await wire(broker.port);
    client.send(connectPacket("dev", 4));
    await vi.waitFor(() => expect(held).toHaveLength(1));
    broker.use({});
    held[0]?.let();
    await expect(client).toReceive("20020000");
  });
});

test("a client that closes its half only is closed, and its session with it", async () => {
  const { port, broker, events } = await startBroker();
  const client = await login(port, "dev");
  client.socket.end(encode(subscribe(["t"]), 4));
  await client.end();
  await vi.waitFor(() => expect(broker.sessions()).toEqual([]));
  expect(kindsOf(events)).toEqual(["dev connected", "dev subscribed", "dev disconnected"]);
});

test("the broker may be stopped from inside the event that a client has connected", async () => {
  const { port, broker, events } = await startBroker({}, {}, ({ kind }) => {
    if (kind === "connected") void broker.stop();
  });
  const client = await wire(port);
  client.socket.write(Buffer.concat([encode(connectPacket("dev", 4), 4), encode(subscribe(["t"]), 4)]));
  expect(await client.end()).toBe("20020000");
  expect(kindsOf(events)).toEqual(["dev connected", "dev disconnected"]);
});
