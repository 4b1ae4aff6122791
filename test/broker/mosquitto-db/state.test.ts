import { readFileSync } from "node:fs";
import { array, assert, nat, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { DamagedFileError, ForeignFileError } from "../../../src/broker/mosquitto-db/damage.ts";
import { readMosquittoDb } from "../../../src/broker/mosquitto-db/state.ts";
import { startLasting } from "../../helpers/mosquitto-broker.ts";
import { mosquittoPub } from "../../helpers/mosquitto.ts";
import { describeWith } from "../../helpers/needs.ts";
import { fill } from "./scene.ts";

/** A mosquitto.db that a real mosquitto wrote. */
async function realFile(): Promise<Buffer> {
  const mosquitto = await startLasting();
  await fill(mosquitto.port);
  await mosquitto.stop();
  return readFileSync(mosquitto.database);
}

/** "whole", or the name of the error that says what is wrong; any other error is a fault in the reader. */
function outcomeOf(file: Buffer): string {
  try {
    readMosquittoDb(file, Date.now());
    return "whole";
  } catch (error) {
    if (error instanceof DamagedFileError || error instanceof ForeignFileError) return error.name;
    throw error;
  }
}

const after = (seconds: number): number => Date.now() + seconds * 1000;

describeWith(["mosquitto"], "a mosquitto.db of a real mosquitto", () => {
  it("says who published what is retained, user name included", async () => {
    const mosquitto = await startLasting();
    for (const [clientId, username] of [
      ["meter-1", "ännchen"],
      ["nobody", null],
    ] as const) {
      const user = username === null ? [] : ["-u", username];
      const sent = ["-i", clientId, "-t", `of/${clientId}`, "-m", "x", "-r", "-q", "1"];
      expect(await mosquittoPub(mosquitto.port, [...sent, ...user])).toMatchObject({ code: 0 });
    }
    await mosquitto.stop();
    const { state } = readMosquittoDb(readFileSync(mosquitto.database), Date.now());
    const source = (topic: string) => state.retained.find((message) => message.topic === topic)?.source;
    const common = { superuser: false, source: "import", proof: null };
    expect(source("of/meter-1")).toEqual({ clientId: "meter-1", username: "ännchen", ...common });
    expect(source("of/nobody")).toEqual({ clientId: "nobody", username: null, ...common });
  });

  it("gives sessions with user, expiry and subscriptions, and messages in the state they were in", async () => {
    const { state, ...skipped } = readMosquittoDb(await realFile(), Date.now());
    expect(skipped).toEqual({ expired: 0, ended: 0, loose: 0 });
    const session = (clientId: string) => state.sessions.find(({ identity }) => identity.clientId === clientId);
    expect(session("three")).toMatchObject({
      identity: { username: "ann", superuser: false, proof: null },
      expiryS: 0xffff_ffff,
      leftAtMs: 0,
      will: null,
    });
    const five = session("five");
    expect(five).toMatchObject({ expiryS: 5000 });
    expect(Math.abs((five?.leftAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(five?.subscriptions.toSorted((a, b) => a.filter.localeCompare(b.filter))).toEqual([
      {
        filter: "in/#",
        qos: 2,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
        identifier: 0,
        isReplaying: false,
      },
      {
        filter: "own/ü/#",
        qos: 1,
        noLocal: true,
        retainAsPublished: false,
        // only mosquitto 2.1 stores it
        retainHandling: expect.toBeOneOf([0, 2]),
        identifier: 0,
        isReplaying: false,
      },
      {
        filter: "q/#",
        qos: 2,
        noLocal: false,
        retainAsPublished: true,
        retainHandling: 0,
        identifier: 77,
        isReplaying: false,
      },
    ]);
    expect(
      session("inflight")?.deliveries.map(({ message, qos, state: step, packetId }) => [
        message.topic,
        qos,
        step,
        packetId > 0,
      ]),
    ).toEqual([
      ["f/1", 1, "resend", true],
      ["f/2", 2, "resend", true],
      ["f/3", 2, "released", true],
      ["f/4", 1, "queued", false],
    ]);
    expect(session("half-done")).toMatchObject({ inbound: [9], deliveries: [] });
  });

  it("gives less the later it is read: what expired meanwhile is counted", async () => {
    const file = await realFile();
    const counts = (seconds: number) => {
      const { state, ...skipped } = readMosquittoDb(file, after(seconds));
      return { ...skipped, sessions: state.sessions.length, retained: state.retained.length };
    };
    expect(counts(900)).toEqual({ expired: 0, ended: 0, loose: 0, sessions: 5, retained: 5 });
    expect(counts(1100)).toEqual({ expired: 0, ended: 1, loose: 0, sessions: 4, retained: 5 });
    // the retained message, and the queued one of two sessions
    expect(counts(4100)).toEqual({ expired: 3, ended: 1, loose: 0, sessions: 4, retained: 4 });
    expect(counts(5100)).toEqual({ expired: 2, ended: 2, loose: 0, sessions: 3, retained: 4 });
  });

  it("that is cut off anywhere is damaged, unless an entry ends there", async () => {
    const file = await realFile();
    const ends = new Set([23]);
    for (let at = 23; at < file.length; ends.add(at)) at += 8 + file.readUInt32BE(at + 4);
    expect(ends.size).toBeGreaterThan(30);
    for (let length = 0; length < file.length; length++) {
      const wanted = ends.has(length) ? "whole" : length < 15 ? "ForeignFileError" : "DamagedFileError";
      expect(outcomeOf(file.subarray(0, length)), `cut at ${length}`).toBe(wanted);
    }
  });

  it("in which bytes were changed is read or refused, and nothing else happens", async () => {
    const file = await realFile();
    const change = tuple(nat(file.length - 1), nat(255));
    let refused = 0;
    assert(
      property(array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const mutated = Buffer.from(file);
        for (const [at, byte] of changes) mutated[at] = byte;
        if (outcomeOf(mutated) !== "whole") refused++;
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

/** A file of version 6 with these chunks; lengths are computed. */
function fileOf(...chunks: readonly (readonly [number, Buffer])[]): Buffer {
  const version = Buffer.from([0, 0, 0, 0, 0, 0, 0, 6]);
  const parts = chunks.flatMap(([kind, body]) => {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(kind, 0);
    header.writeUInt32BE(body.length, 4);
    return [header, body];
  });
  return Buffer.concat([MAGIC, version, ...parts]);
}

const MAGIC = Buffer.from("\u0000\u00b5\u0000mosquitto db", "latin1");

function clientChunk(clientId: string, username: string, expiryS = 0xffff_ffff): readonly [number, Buffer] {
  const fixed = Buffer.alloc(24);
  fixed.writeUInt32BE(expiryS, 8);
  fixed.writeUInt16BE(clientId.length, 14);
  fixed.writeUInt16BE(username.length, 18);
  return [6, Buffer.concat([fixed, Buffer.from(clientId + username, "latin1")])];
}

function subscriptionChunk(clientId: string, filter: string, options: number): readonly [number, Buffer] {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt16BE(clientId.length, 4);
  fixed.writeUInt16BE(filter.length, 6);
  fixed[8] = options & 3;
  fixed[9] = options & 0xfc;
  return [5, Buffer.concat([fixed, Buffer.from(clientId + filter, "latin1")])];
}

interface Message {
  readonly topic: string;
  readonly qos?: number;
  readonly expiryAtS?: bigint;
  readonly properties?: string;
}

function messageChunk({ topic, qos = 0, expiryAtS = 0n, properties = "" }: Message): readonly [number, Buffer] {
  const fixed = Buffer.alloc(32);
  fixed.writeBigInt64LE(expiryAtS, 8);
  fixed.writeUInt16BE(topic.length, 26);
  fixed[30] = qos;
  return [2, Buffer.concat([fixed, Buffer.from(topic + properties, "latin1")])];
}

function deliveryChunk(clientId: string, state: number, packetId = 1, qos = 1): readonly [number, Buffer] {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt16BE(packetId, 8);
  fixed.writeUInt16BE(clientId.length, 10);
  fixed.set([qos, state, 0, 1], 12);
  return [3, Buffer.concat([fixed, Buffer.from(clientId, "latin1")])];
}

describe("a file", () => {
  it.each([
    ["that is empty", "", "unknown"],
    ["of another program", "#!/bin/sh and much more text than that", "unknown"],
    ["of mosquitto's SQLite plugin", "SQLite format 3\u0000and more", "sqlite"],
    ["of mosquitto 1.6", "\u0000\u00b5\u0000mosquitto db\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0005", "older"],
    ["of the future", "\u0000\u00b5\u0000mosquitto db\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0007", "newer"],
  ])("%s is not for us", (_name, text, kind) => {
    const read = (): unknown => readMosquittoDb(Buffer.from(text, "latin1"), 0);
    expect(read).toThrow(ForeignFileError);
    expect(read).toThrow(expect.objectContaining({ kind }));
  });

  it.each<[string, Buffer, string, number]>([
    ["the header cut off", fileOf().subarray(0, 20), "the file ends inside its header", 20],
    ["an entry cut off", fileOf([4, Buffer.alloc(8)]).subarray(0, 30), "the file ends inside an entry", 23],
    ["an unknown entry", fileOf([7, Buffer.alloc(8)]), "an entry of an unknown kind (7)", 23],
    ["a short entry", fileOf([4, Buffer.alloc(8)], [4, Buffer.alloc(7)]), "an entry that is too short", 39],
    [
      "ids of 4 bytes",
      fileOf([1, Buffer.from("00000000000000000004", "hex")]),
      "ids of 4 bytes, where 8 are usual",
      23,
    ],
    ["a topic with a wildcard", fileOf(messageChunk({ topic: "a/#" })), "a message without a valid topic", 23],
    ["a QoS of 3", fileOf(messageChunk({ topic: "a", qos: 3 })), "a QoS of 3", 23],
    ["a moment before 1970", fileOf(messageChunk({ topic: "a", expiryAtS: -1n })), "a moment that cannot be", 23],
    [
      "bad properties",
      fileOf(messageChunk({ topic: "a", properties: "\u0005\u0001" })),
      "a message with properties that cannot be",
      23,
    ],
    ["bytes that are no text", fileOf(messageChunk({ topic: "\u00ff" })), "a name that is no text", 23],
    ["no client id", fileOf(clientChunk("", "")), "a session without a client id", 23],
    [
      "a bad filter",
      fileOf(clientChunk("c", ""), subscriptionChunk("c", "a/#/b", 0)),
      "a subscription that cannot be",
      56,
    ],
    [
      "retain handling 3",
      fileOf(clientChunk("c", ""), subscriptionChunk("c", "a", 0x30)),
      "a subscription that cannot be",
      56,
    ],
    [
      "an unknown state",
      fileOf(clientChunk("c", ""), messageChunk({ topic: "a" }), deliveryChunk("c", 42)),
      "a message in an unknown state (42)",
      97,
    ],
    [
      "no packet id",
      fileOf(clientChunk("c", ""), messageChunk({ topic: "a" }), deliveryChunk("c", 3, 0)),
      "a message on its way without a packet id",
      97,
    ],
  ])("with %s is damaged", (_name, file, message, offset) => {
    const read = (): unknown => readMosquittoDb(file, 0);
    expect(read).toThrow(DamagedFileError);
    expect(read).toThrow(expect.objectContaining({ message, offset }));
  });

  it("leaves entries aside whose session or message it does not hold", () => {
    const file = fileOf(messageChunk({ topic: "a" }), subscriptionChunk("gone", "a", 1), deliveryChunk("gone", 11), [
      4,
      Buffer.alloc(8, 1),
    ]);
    expect(readMosquittoDb(file, 0)).toEqual({ state: { sessions: [], retained: [] }, expired: 0, ended: 0, loose: 3 });
  });

  it("leaves a session aside that ends with its connection, with all that belongs to it", () => {
    const file = fileOf(
      messageChunk({ topic: "a" }),
      clientChunk("c", "", 0),
      deliveryChunk("c", 11),
      subscriptionChunk("c", "a", 1),
    );
    expect(readMosquittoDb(file, 0)).toEqual({ state: { sessions: [], retained: [] }, expired: 0, ended: 1, loose: 0 });
  });

  it("of mosquitto up to 2.0.15 has no user name where there is the memory behind another one", () => {
    const file = fileOf(clientChunk("c", "ann\u0000\u0011\u00fe\u0000"), clientChunk("d", "bob"));
    const names = readMosquittoDb(file, 0).state.sessions.map(({ identity }) => identity.username);
    expect(names).toEqual([null, "bob"]);
  });
});
