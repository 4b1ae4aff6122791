import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { makePair } from "../../helpers/certificates.ts";
import { freePort } from "../../helpers/free-port.ts";
import { save } from "../../helpers/culex.ts";
import { refusal } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { eventually, layCable, linked, listen, prepare, PROBE, retainedAt, start, type Broker } from "./house.ts";

const STATE = "$SYS/broker/connection/#";
const AGAIN = "It is tried again; messages of QoS 1 and 2 wait meanwhile, as far as the queue allows.";

function lines({ port }: { readonly port: number }, rest = ""): string {
  return `connection far\naddress 127.0.0.1:${port}\nrestart_timeout 1\n${rest}${PROBE}`;
}

/** A bridge from culex to a broker, up and carrying. */
async function bridged(far: Broker, rest = ""): Promise<Broker> {
  const near = await start("culex", lines(far, rest));
  await linked(near, far);
  return near;
}

describeWith(["mosquitto"], "the state of a bridge", () => {
  const topic = `$SYS/broker/connection/${hostname()}.far/state`;

  test("is retained at both brokers, and 0 when the connection or the bridge has gone", async () => {
    const far = await start("mosquitto");
    const cable = await layCable(() => far.port);
    const near = await bridged({ ...far, port: cable.port });
    expect(await retainedAt(near, STATE)).toEqual([`${topic} 1`]);
    expect(await retainedAt(far, STATE)).toEqual([`${topic} 1`]);
    cable.cut();
    await eventually(async () => expect(await retainedAt(near, STATE)).toEqual([`${topic} 0`]));
    await eventually(async () => expect(await retainedAt(far, STATE)).toEqual([`${topic} 0`]));
    cable.mend();
    await eventually(async () => expect(await retainedAt(far, STATE)).toEqual([`${topic} 1`]));
    await near.stop();
    expect(await retainedAt(far, STATE)).toEqual([`${topic} 0`]);
  });

  test.each([
    ["notifications false\n", [], []],
    ["notifications_local_only true\n", [`${topic} 1`], []],
    ["notification_topic house/far\n", ["house/far 1"], ["house/far 1"]],
    ["remote_clientid house\n", ["$SYS/broker/connection/house/state 1"], ["$SYS/broker/connection/house/state 1"]],
  ])("is told as %j says", async (rest, here, there) => {
    const far = await start("mosquitto");
    const near = await bridged(far, rest);
    const all = async (broker: Broker): Promise<readonly string[]> => [
      ...(await retainedAt(broker, "house/#")),
      ...(await retainedAt(broker, STATE)),
    ];
    expect(await all(near)).toEqual(here);
    expect(await all(far)).toEqual(there);
  });

  test("is taken back when the bridge is no longer configured", async () => {
    const far = await start("mosquitto");
    const near = await bridged(far);
    near.reload("");
    await eventually(async () => expect(await retainedAt(near, STATE)).toEqual([]));
    await eventually(async () => expect(await retainedAt(far, STATE)).toEqual([`${topic} 0`]));
    await eventually(() => expect(far.log()).toContain(`Received DISCONNECT from ${hostname()}.far`));
  });

  test("is taken back when the bridge is no longer configured at the next start", async () => {
    const far = await start("mosquitto");
    const near = await bridged(far);
    await near.stop();
    near.reload("");
    await near.start();
    expect(await retainedAt(near, STATE)).toEqual([]);
  });

  test("of a mosquitto that dials in arrives here", async () => {
    const here = await start("culex");
    const far = await start("mosquitto", lines(here, "remote_clientid house\n"));
    await linked(far, here);
    expect(await retainedAt(here, STATE)).toEqual(["$SYS/broker/connection/house/state 1"]);
    await far.stop();
    await eventually(async () =>
      expect(await retainedAt(here, STATE)).toEqual(["$SYS/broker/connection/house/state 0"]),
    );
  });
});

describeWith(["mosquitto"], "a circle", () => {
  test("of two bridges between the same brokers is broken, and one of them goes on", async () => {
    const [near, far] = [await prepare("culex"), await prepare("mosquitto")];
    far.reload(`connection back\naddress 127.0.0.1:${near.port}\nrestart_timeout 1\ntopic # both 1\n`);
    near.reload(`connection there\naddress 127.0.0.1:${far.port}\nrestart_timeout 1\ntopic # both 1\n`);
    await far.start();
    await near.start();
    await eventually(() => {
      expect(near.log()).toContain("Bridge there is connected");
      expect(far.log()).toContain(`Sending CONNACK to ${hostname()}.there`);
    });
    const speaker = await listen(near, "house/#");
    await eventually(async () => {
      await speaker.publish("house/door", "open");
      expect(near.log()).toContain(
        `warning: Bridge there (127.0.0.1:${far.port}) carries messages in a circle: the one on "house/door" went out and came back again and again. It stays off until its lines are changed or this broker is started anew. Two bridges connect the same brokers in both directions. Remove one of them, or give each topics of its own.`,
      );
    });
    const hearer = await listen(far, "house/window");
    await eventually(async () => {
      await speaker.publish("house/window", "shut");
      expect(hearer.messages).toContain("house/window shut q1");
    });
    const ends = await listen(far, "house/#");
    await speaker.publish("house/last", "x");
    await eventually(() => expect(ends.messages).toContain("house/last x q1"));
    await ends.publish("house/end", "x");
    await eventually(() => expect(speaker.messages).toContain("house/end x q1"));
    expect(speaker.messages.filter((line) => line.startsWith("house/last"))).toHaveLength(1);
    expect(ends.messages.filter((line) => line.startsWith("house/last"))).toHaveLength(1);
  });

  test("of two bridges of one broker is broken", async () => {
    const far = await start("mosquitto");
    const block = (name: string): string => `connection ${name}\naddress 127.0.0.1:${far.port}\ntopic # both 0\n`;
    const near = await start("culex", block("one") + block("two"));
    await eventually(() => expect(near.log().match(/Bridge (one|two) is connected/g)).toHaveLength(2));
    const speaker = await listen(near, "none");
    await eventually(async () => {
      await speaker.publish("house/door", "open");
      expect(near.log()).toMatch(
        /Bridge (one|two) \(\S+\) carries messages in a circle: the one on "house\/door" went/,
      );
    });
  });
});

describeWith(["mosquitto"], "a reload", () => {
  test("reconnects the bridge that changed and no other, and nothing is lost meanwhile", async () => {
    const [one, two] = [await start("mosquitto"), await start("mosquitto")];
    const block = (name: string, { port }: Broker, rest: string): string =>
      `connection ${name}\naddress 127.0.0.1:${port}\nrestart_timeout 1\n${rest}`;
    const near = await start("culex", block("one", one, `topic a/# out 1\n`) + block("two", two, `topic b/# out 1\n`));
    await eventually(() =>
      expect(near.log()).toMatch(
        /Bridge one is connected[^]*Bridge two is connected|Bridge two is connected[^]*Bridge one is connected/,
      ),
    );
    near.reload(block("one", one, `topic a/# out 1\n`) + block("two", two, `topic b/# out 1\ntopic c/# out 1\n`));
    await eventually(() => expect(near.log().match(/Bridge two is connected/g)).toHaveLength(2));
    expect(near.log().match(/Bridge one is connected/g)).toHaveLength(1);
    const [atOne, atTwo] = [await listen(one, "#"), await listen(two, "#")];
    const speaker = await listen(near, "none");
    for (const topic of ["a/1", "b/1", "c/1"]) await speaker.publish(topic, "x");
    await eventually(() => {
      expect(atOne.messages).toEqual(["a/1 x q1"]);
      expect(atTwo.messages).toEqual(["b/1 x q1", "c/1 x q1"]);
    });
  });

  test("leaves alone what waits for a bridge that is away", async () => {
    const far = await prepare("mosquitto");
    const near = await start("culex", lines(far, "topic t/# out 1\n"));
    const speaker = await listen(near, "none");
    await speaker.publish("t/1", "x");
    near.reload(`max_keepalive 600\n${lines(far, "topic t/# out 1\n")}`);
    await eventually(() => expect(near.log()).toMatch(/generation 2 is live/));
    await far.start();
    const hearer = await listen(far, "t/#");
    await eventually(() => expect(hearer.messages).toEqual(["t/1 x q1"]));
  });

  test("of bridge_reload_type lazy counts when the connection is lost the next time", async () => {
    const far = await start("mosquitto");
    const cable = await layCable(() => far.port);
    const lazy = "bridge_reload_type lazy\n";
    const near = await bridged({ ...far, port: cable.port }, lazy);
    near.reload(lines(cable, `${lazy}topic late/# out 1\n`));
    await eventually(() => expect(near.log()).toMatch(/generation 2 is live/));
    const [speaker, hearer] = [await listen(near, "none"), await listen(far, "late/#")];
    await speaker.publish("late/1", "x");
    await linked(near, far);
    expect(hearer.messages).toEqual([]);
    cable.cut();
    cable.mend();
    await eventually(() => expect(near.log().match(/Bridge far is connected/g)).toHaveLength(2));
    await speaker.publish("late/2", "x");
    await eventually(() => expect(hearer.messages).toEqual(["late/2 x q1"]));
  });
});

describeWith(["mosquitto"], "a line that is taken away", () => {
  test("ends the subscription at the remote broker, also when that was away meanwhile", async () => {
    const far = await start("mosquitto");
    const gone = "topic a/# in 1\n";
    const near = await bridged(far, `${gone}topic b/# in 1\n`);
    await far.stop();
    near.reload(lines(far, "topic b/# in 1\n"));
    await eventually(() => expect(near.log()).toMatch(/generation 2 is live/));
    near.reload(lines(far, "topic c/# in 1\n"));
    await eventually(() => expect(near.log()).toMatch(/generation 3 is live/));
    await far.start();
    await linked(near, far);
    const [speaker, hearer] = [await listen(far, "none"), await listen(near, "#")];
    for (const topic of ["a/1", "b/1", "c/1"]) await speaker.publish(topic, "x");
    await eventually(() => expect(hearer.messages).toContain("c/1 x q1"));
    expect(near.log()).not.toContain("which no topic line brings in");
  });
});

describeWith(["mosquitto"], "a bridge that cannot connect", () => {
  test("says so once, with the address and what to do, and gets there when it can", async () => {
    const far = await prepare("mosquitto");
    const near = await start("culex", lines(far));
    const sentence = `warning: Bridge far (127.0.0.1:${far.port}) cannot connect: nothing listens there. ${AGAIN} Check the address and whether that broker runs.`;
    await eventually(() => expect(near.log()).toContain(sentence));
    await far.start();
    await linked(near, far);
    expect(near.log().split(sentence)).toHaveLength(2);
  });

  test("says that its login was refused", async () => {
    const far = await start("mosquitto");
    far.reload("");
    const closed = await prepare("mosquitto", "allow_anonymous false\n");
    await closed.start();
    const near = await start("culex", lines(closed, "remote_username house\nremote_password secret\n"));
    await eventually(() =>
      expect(near.log()).toContain(
        `warning: Bridge far (127.0.0.1:${closed.port}) was refused: wrong user name or password, or this client may not connect. ${AGAIN} Check remote_username and remote_password, and the rules of that broker.`,
      ),
    );
    expect(near.log()).not.toContain("secret");
  });

  test("of start_type once stays off", async () => {
    const far = await prepare("mosquitto");
    const near = await start("culex", lines(far, "start_type once\n"));
    await eventually(() =>
      expect(near.log()).toContain(
        `warning: Bridge far (127.0.0.1:${far.port}) cannot connect: nothing listens there. It stays off until its lines are changed or this broker is started anew. Check the address and whether that broker runs.`,
      ),
    );
  });
});

describeWith(["mosquitto"], "the addresses of a bridge", () => {
  test("are tried in turn, and the first is taken again when it answers", async () => {
    const [first, second] = [await prepare("mosquitto"), await start("mosquitto")];
    const near = await start(
      "culex",
      `connection far\naddress 127.0.0.1:${first.port} 127.0.0.1:${second.port}\nrestart_timeout 1\n${PROBE}`,
    );
    await linked(near, second);
    await first.start();
    await linked(near, first);
    await eventually(() =>
      expect(near.log()).toContain(`Bridge far goes back to 127.0.0.1:${first.port}, which answers again.`),
    );
  });

  test("are left for those of a lazy change when the first answers again", async () => {
    const [first, second] = [await prepare("mosquitto"), await start("mosquitto")];
    const block = (rest: string): string =>
      `connection far\naddress 127.0.0.1:${first.port} 127.0.0.1:${second.port}\nrestart_timeout 1\nbridge_reload_type lazy\n${rest}${PROBE}`;
    const near = await start("culex", block(""));
    await linked(near, second);
    near.reload(block("topic late/# out 1\n"));
    await eventually(() => expect(near.log()).toMatch(/generation 2 is live/));
    await first.start();
    await linked(near, first);
    const [speaker, hearer] = [await listen(near, "none"), await listen(first, "late/#")];
    await speaker.publish("late/1", "x");
    await eventually(() => expect(hearer.messages).toEqual(["late/1 x q1"]));
  });
});

describeWith(["mosquitto"], "what a bridge sends", () => {
  test("waits until there is enough of it, with start_type lazy", async () => {
    const far = await start("mosquitto");
    const near = await start("culex", lines(far, "start_type lazy\nthreshold 3\ntopic t/# out 1\n"));
    const [speaker, hearer] = [await listen(near, "none"), await listen(far, "t/#")];
    await speaker.publish("t/1", "x");
    await speaker.publish("t/2", "x");
    expect(near.log()).not.toContain("Bridge far is connected");
    await speaker.publish("t/3", "x");
    await eventually(() => expect(hearer.messages).toEqual(["t/1 x q1", "t/2 x q1", "t/3 x q1"]));
  });

  test("is dropped while it is away, with cleansession true", async () => {
    const far = await start("mosquitto");
    const cable = await layCable(() => far.port);
    const near = await bridged({ ...far, port: cable.port }, "cleansession true\ntopic t/# out 1\n");
    const [speaker, hearer] = [await listen(near, "none"), await listen(far, "t/#")];
    cable.cut();
    await eventually(() => expect(near.log()).toContain("lost its connection"));
    await speaker.publish("t/1", "x");
    cable.mend();
    await linked(near, far);
    await speaker.publish("t/2", "x");
    await eventually(() => expect(hearer.messages).toEqual(["t/2 x q1"]));
  });

  test("is retained no more with bridge_outgoing_retain false, and no larger than bridge_max_packet_size", async () => {
    const far = await start("mosquitto");
    const near = await bridged(far, "bridge_outgoing_retain false\nbridge_max_packet_size 200\ntopic t/# out 2\n");
    const [speaker, hearer] = [await listen(near, "none"), await listen(far, "t/#")];
    await speaker.publish("t/1", "x", 1, true);
    await speaker.publish("t/2", "x".repeat(300), 2);
    await speaker.publish("t/3", "x", 2);
    await eventually(() => expect(hearer.messages).toEqual(["t/1 x q1", "t/3 x q2"]));
    expect(await retainedAt(far, "t/#")).toEqual([]);
  });

  test("is sent again when it is retained, and does not overwrite what is newer over there", async () => {
    const far = await start("mosquitto");
    const cable = await layCable(() => far.port);
    const near = await bridged({ ...far, port: cable.port }, "topic t/# both 0\n");
    const [atNear, atFar] = [await listen(near, "none"), await listen(far, "none")];
    await atFar.publish("t/far", "old", 1, true);
    await eventually(async () => expect(await retainedAt(near, "t/#")).toEqual(["t/far old"]));
    cable.cut();
    await atFar.publish("t/far", "new", 1, true);
    await atNear.publish("t/near", "new", 1, true);
    cable.mend();
    for (const broker of [near, far])
      await eventually(async () => expect(await retainedAt(broker, "t/#")).toEqual(["t/far new", "t/near new"]));
  });
});

describe("the session of a bridge", () => {
  test("cannot be taken over by a client of that name", async () => {
    const near = await start("culex", `connection far\naddress 127.0.0.1:${await freePort()}\ntopic t/# out 1\n`);
    expect(await refusal(near.url, { clientId: `local.${hostname()}.far`, protocolVersion: 5 })).toBe(0x85);
    await eventually(() => expect(near.log()).toContain("the client id is that of a bridge of this broker"));
  });

  test("passes every rule, and cannot write topics of the broker itself", async () => {
    const acl = `${tempFolder()}/acl`;
    save(acl, "topic read #\ntopic readwrite probe/#\ntopic read $SYS/#\n");
    const far = await start("culex");
    const topics = 'topic t/# both 1\ntopic "" in 0 $SYS/broker/uptime fake/uptime\n';
    const near = await start("culex", `acl_file ${acl}\n${lines(far, topics)}`);
    await linked(near, far);
    const [atFar, atNear] = [await listen(far, "none"), await listen(near, "#")];
    await expect(atNear.publish("t/1", "nobody may write here")).rejects.toThrow("Not authorized");
    await atFar.publish("fake/uptime", "for ever", 0);
    await atFar.publish("t/2", "but the bridge");
    await eventually(() => expect(atNear.messages).toEqual(["t/2 but the bridge q1"]));
    await eventually(() => expect(near.log()).toContain("topics that begin with $SYS are written by the broker only"));
  });
});

describeWith(["mosquitto", "openssl"], "a bridge over TLS", () => {
  test("checks the chain and the name, and shows its own certificate", async () => {
    const folder = tempFolder();
    const ca = makePair(folder, { name: "ca", commonName: "The house" });
    const server = makePair(folder, { name: "server", commonName: "localhost", issuer: ca });
    const client = makePair(folder, { name: "client", commonName: "bridge", issuer: ca });
    const port = await freePort();
    const tls = `listener ${port} 127.0.0.1\ncafile ${ca.certFile}\ncertfile ${server.certFile}\nkeyfile ${server.keyFile}\nrequire_certificate true\nuse_identity_as_username true\n`;
    const far = await start("mosquitto", tls);
    const own = `bridge_cafile ${ca.certFile}\nbridge_certfile ${client.certFile}\nbridge_keyfile ${client.keyFile}\n`;
    const near = await bridged({ ...far, port }, own);
    await eventually(() => expect(far.log()).toMatch(/u'bridge'/));
    near.reload(
      lines({ port }, `bridge_cafile ${makePair(folder, { name: "ca2", commonName: "Another" }).certFile}\n`),
    );
    await eventually(() =>
      expect(near.log()).toMatch(
        /Bridge far \(127\.0\.0\.1:\d+\) cannot connect: .*\. It is tried again; .* Check bridge_cafile, and the name in the address line\./,
      ),
    );
  });

  test("is not made with a file that is not there", async () => {
    const near = await start("culex", lines({ port: 1 }, "bridge_cafile ca.pem\n"));
    expect(near.log()).toContain(
      'error: mosquitto.conf line 8: bridge_cafile "ca.pem" not found. The bridge "far" is not started. Put the right file there; no restart is needed.',
    );
    expect(near.log()).not.toContain("Bridge far");
  });
});
