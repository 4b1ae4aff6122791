import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import mqtt, { type IClientOptions } from "mqtt";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { ALL_CLIENTS } from "../../../src/settings/types.ts";
import { WebSocket } from "ws";
import { createListeners, type Listeners } from "../../../src/broker/listeners/listeners.ts";
import type { ConnectionInfo } from "../../../src/broker/connection.ts";
import { createBroker, type Broker } from "../../../src/broker/broker.ts";
import type { BrokerEvent } from "../../../src/core/events.ts";
import { createLogger } from "../../../src/core/logger.ts";
import { deny } from "../../../src/core/reasons.ts";
import type { Credentials } from "../../../src/core/types.ts";
import type { ListenerPlan, TlsMaterial } from "../../../src/snapshot/types.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { makeCrl, makePair, type Pair } from "../../helpers/certificates.ts";
import { connect as connectMqtt } from "../../helpers/mqtt.ts";
import { snapshotOf, type SnapshotParts } from "../../helpers/snapshot.ts";
import { connectPacket, encode, publish, subscribe } from "../wire.ts";

const NO_TERMS = { capath: null, crlfile: null, minVersion: "TLSv1.2", ciphers: null, ciphersuites: null } as const;

const MISSING =
  "Install a client certificate in the device, or switch off what asks for one: require_certificate, use_identity_as_username or use_subject_as_username.";

let ca: Pair;
let server: Pair;
let renewed: Pair;
let device: Pair;
let stranger: Pair;
let otherCa: Pair;
let otherDevice: Pair;
/** A CA below ours, and a device of it. */
let branch: Pair;
let branchDevice: Pair;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "culex-listeners-"));
  ca = makePair(folder, { name: "ca", commonName: "Test CA" });
  server = makePair(folder, { name: "server", commonName: "localhost", issuer: ca });
  renewed = makePair(folder, { name: "renewed", commonName: "renewed", issuer: ca });
  device = makePair(folder, { name: "device", commonName: "device-1", issuer: ca });
  stranger = makePair(folder, { name: "stranger", commonName: "stranger" });
  otherCa = makePair(folder, { name: "ca-other", commonName: "Other CA" });
  otherDevice = makePair(folder, { name: "other", commonName: "other-1", issuer: otherCa });
  branch = makePair(folder, { name: "ca-branch", commonName: "Branch CA", issuer: ca });
  branchDevice = makePair(folder, { name: "branch-device", commonName: "branch-1", issuer: branch });
  return () => rmSync(folder, { recursive: true });
});

interface PlanParts {
  readonly protocol?: "mqtt" | "websockets";
  readonly host?: string;
  readonly port?: number;
  readonly name?: string;
  readonly tls?: TlsMaterial | null;
  readonly maxConnections?: number | null;
  readonly maxConnectRate?: number;
}

function planOf(parts: PlanParts = {}): ListenerPlan {
  const { protocol = "mqtt", host = "127.0.0.1", port = 0, name = "1883", tls = null, maxConnections = null } = parts;
  const origin = { file: "options.json" };
  const file = { path: "", shown: "", folder: "", origin };
  const settings =
    tls === null
      ? null
      : { certfile: file, keyfile: file, cafile: null, requireCertificate: tls.requireCertificate, ...NO_TERMS };
  return {
    settings: {
      name,
      protocol,
      host,
      terms: ALL_CLIENTS,
      port,
      tls: settings,
      proxy: null,
      maxConnections,
      limits: parts.maxConnectRate === undefined ? {} : { maxConnectRate: parts.maxConnectRate },
      origin,
    },
    tls,
  };
}

interface Asking {
  readonly requireCertificate?: boolean;
  readonly asksForCertificate?: boolean;
}

function tlsOf(pair: Pair, asking: Asking = {}): TlsMaterial {
  const { requireCertificate = false, asksForCertificate = requireCertificate } = asking;
  return {
    cert: pair.cert,
    key: pair.key,
    ca: ca.cert,
    requireCertificate,
    asksForCertificate,
    crl: null,
    minVersion: "TLSv1.2",
    ciphers: null,
    loadedAtMs: 0,
  };
}

interface Setup {
  readonly listeners: Listeners;
  readonly broker: Broker;
  readonly events: BrokerEvent[];
  readonly infos: ConnectionInfo[];
  /** Port of the listener at this place. */
  readonly port: (index?: number) => number;
}

async function setUp(
  maxPacketSize = 2_000_000,
  authenticate?: NonNullable<SnapshotParts["authenticate"]>,
): Promise<Setup> {
  const snapshot = snapshotOf({ limits: { maxPacketSize }, ...(authenticate === undefined ? {} : { authenticate }) });
  const events: BrokerEvent[] = [];
  const infos: ConnectionInfo[] = [];
  const log = createLogger(() => ({ types: new Set(), sinks: [] }));
  const record = (event: BrokerEvent): void => void events.push(event);
  const broker = await createBroker({
    current: () => snapshot,
    record,
    log,
    storage: null,
    control: () => undefined,
  });
  const listeners = createListeners({
    accept(stream, info) {
      infos.push(info);
      return broker.accept(stream, info);
    },
    record,
    log,
    maxPacketSize: () => maxPacketSize,
    maxConnectRate: () => Infinity,
  });
  onTestFinished(async () => {
    await listeners.stop();
    await broker.stop();
  });
  return {
    listeners,
    broker,
    events,
    infos,
    port: (index = 0) => Number(new URL(listeners.addresses()[index] ?? "").port),
  };
}

async function tlsClient(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: "127.0.0.1", ca: ca.cert, ...options });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("secureConnect", resolve).once("close", resolve));
  return socket;
}

function closed(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.resume().once("close", () => resolve());
  });
}

function connectBytes(clientId: string): Buffer {
  return encode(connectPacket(clientId, 4), 4);
}

const CONNACK = Buffer.from("20020000", "hex");

describe("ports", () => {
  test("addresses come in the order of the plans, with real ports", async () => {
    const { listeners } = await setUp();
    const tls = tlsOf(server);
    const problems = await listeners.apply([
      planOf({ name: "a" }),
      planOf({ name: "b", protocol: "websockets" }),
      planOf({ name: "c", tls }),
      planOf({ name: "d", tls, protocol: "websockets" }),
    ]);
    expect(problems).toEqual([]);
    const shapes = listeners.addresses().map((address) => address.replace(/\d+$/, "PORT"));
    expect(shapes).toEqual(["mqtt", "ws", "mqtts", "wss"].map((scheme) => `${scheme}://127.0.0.1:PORT`));
  });

  test('"::" takes IPv4 and IPv6, and names IPv4 clients as such', async () => {
    const { listeners, infos, port } = await setUp();
    await listeners.apply([planOf({ host: "::" })]);
    expect(listeners.addresses()[0]).toMatch(/^mqtt:\/\/(\[::\]|0\.0\.0\.0):\d+$/);
    const socket = connect({ port: port(), host: "127.0.0.1" });
    socket.end(connectBytes("four"));
    await vi.waitFor(() =>
      expect(infos).toEqual([{ listener: "1883", address: "127.0.0.1", port: expect.any(Number), tls: null }]),
    );
  });

  test("a port that is taken is a problem of its own; the others work", async () => {
    const { listeners } = await setUp();
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const bound = other.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    const problems = await listeners.apply([planOf({ port, name: String(port) }), planOf()]);
    expect(problems).toEqual([
      {
        severity: "error",
        where: { file: "options.json" },
        what: `Port ${port} is in use by another program, probably the app "Mosquitto broker".`,
        now: "This listener stays closed. Settings and data are safe.",
        fix: "Stop it first, or change the port under Network.",
      },
    ]);
    expect(listeners.addresses()).toHaveLength(1);
    other.close();
    expect(await listeners.apply([planOf({ port, name: String(port) }), planOf()])).toEqual([]);
    expect(listeners.addresses()[0]).toBe(`mqtt://127.0.0.1:${port}`);
  });

  test("an address of another machine is named", async () => {
    const { listeners } = await setUp();
    const problems = await listeners.apply([planOf({ host: "192.0.2.1", port: 1 })]);
    expect(problems).toMatchObject([
      {
        what: 'The address "192.0.2.1" of the listener on port 1 is not on this machine.',
        now: "This listener stays closed; the others work.",
        fix: 'Use one of this machine\'s addresses, or "::" for all.',
      },
    ]);
  });

  test("a listener that is gone is closed with its connections, one that stays keeps them", async () => {
    const { listeners, events, port } = await setUp();
    await listeners.apply([planOf({ name: "a" }), planOf({ name: "b" })]);
    const [first, second] = [port(0), port(1)];
    const stays = connect({ port: first, host: "127.0.0.1" });
    const goes = connect({ port: second, host: "127.0.0.1" });
    stays.write(connectBytes("stays"));
    goes.write(connectBytes("goes"));
    await Promise.all([once(stays, "data"), once(goes, "data")]);
    goes.on("error", () => undefined);
    const closed = new Promise((resolve) => goes.once("close", resolve));
    await listeners.apply([planOf({ name: "a" })]);
    await closed;
    expect(port(0)).toBe(first);
    stays.write(Buffer.from("c000", "hex"));
    expect(await once(stays, "data")).toEqual([Buffer.from("d000", "hex")]);
    stays.destroy();
    expect(events.filter(({ kind }) => kind === "disconnected")).toMatchObject([
      { client: { clientId: "goes" }, reason: { sentence: "connection lost (its listener was closed)" } },
    ]);
    await expect(once(connect({ port: second, host: "127.0.0.1" }), "connect")).rejects.toThrow("ECONNREFUSED");
  });

  test("a device that hangs up and comes back at once finds its place free", async () => {
    const { listeners, events, infos, port } = await setUp();
    await listeners.apply([planOf({ maxConnections: 1 })]);
    const first = connect({ port: port(), host: "127.0.0.1" });
    await vi.waitFor(() => expect(infos).toHaveLength(1));
    first.destroy();
    const second = connect({ port: port(), host: "127.0.0.1" });
    second.write(connectBytes("second"));
    const [answer]: unknown[] = await once(second, "data");
    expect(answer).toEqual(CONNACK);
    expect(events.filter(({ kind }) => kind === "refused")).toEqual([]);
    second.destroy();
  });

  test.each(["mqtt", "websockets"] as const)(
    "more connections than max_connections are closed at once (%s)",
    async (protocol) => {
      const { listeners, events, port } = await setUp();
      await listeners.apply([planOf({ protocol, maxConnections: 1 })]);
      const first = connect({ port: port(), host: "127.0.0.1" });
      await once(first, "connect");
      const second = connect({ port: port(), host: "127.0.0.1" });
      second.on("error", () => undefined);
      await new Promise((resolve) => second.once("close", resolve));
      expect(events).toMatchObject([
        {
          kind: "refused",
          client: { address: "127.0.0.1", listener: "1883" },
          reason: {
            kind: "too_many_connections",
            sentence: "listener 1883 has 1 connections already, its limit (max_connections)",
          },
        },
      ]);
      // A changed limit is in force without a new listener.
      await listeners.apply([planOf({ protocol, maxConnections: 2 })]);
      const third = connect({ port: port(), host: "127.0.0.1" });
      await once(third, "connect");
      if (protocol === "mqtt") third.write(connectBytes("third"));
      else third.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      await once(third, "data");
      first.destroy();
      third.destroy();
    },
  );
});

describe("TLS", () => {
  test("a client without a certificate is served when none is required", async () => {
    const { listeners, infos, port } = await setUp();
    await listeners.apply([planOf({ name: "8883", tls: tlsOf(server) })]);
    const socket = await tlsClient(port());
    socket.write(connectBytes("dev"));
    expect(await once(socket, "data")).toEqual([CONNACK]);
    expect(infos).toEqual([{ listener: "8883", address: "127.0.0.1", port: expect.any(Number), tls: null }]);
  });

  test.each(["mqtt", "websockets"] as const)("the name in a client certificate is told (%s)", async (protocol) => {
    const { listeners, infos, port } = await setUp();
    await listeners.apply([planOf({ protocol, name: "8883", tls: tlsOf(server, { requireCertificate: true }) })]);
    const url = protocol === "mqtt" ? `mqtts://127.0.0.1:${port()}` : `wss://127.0.0.1:${port()}/any/path`;
    const client = await mqtt.connectAsync(url, { ca: ca.cert, cert: device.cert, key: device.key });
    await client.endAsync();
    expect(infos).toMatchObject([
      { listener: "8883", tls: { commonName: "device-1", fingerprint: expect.stringMatching(/^[0-9A-F:]{95}$/) } },
    ]);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "a certificate may be asked for and not be required (%s)",
    async (version) => {
      const { listeners, events, infos, port } = await setUp();
      await listeners.apply([planOf({ name: "8883", tls: tlsOf(server, { asksForCertificate: true }) })]);
      const versions = { minVersion: version, maxVersion: version };
      for (const pair of [{}, { cert: device.cert, key: device.key }]) {
        // oxlint-disable-next-line no-await-in-loop -- in this order
        const socket = await tlsClient(port(), { ...versions, ...pair });
        socket.write(connectBytes("dev"));
        // oxlint-disable-next-line no-await-in-loop -- in this order
        expect(await once(socket, "data")).toEqual([CONNACK]);
      }
      expect(infos).toMatchObject([{ tls: null }, { tls: { commonName: "device-1" } }]);
      // one that nobody vouches for names nobody, and is no reason to go on without
      await closed(await tlsClient(port(), { ...versions, cert: stranger.cert, key: stranger.key }));
      const refusals = (): readonly BrokerEvent[] => events.filter(({ kind }) => kind === "refused");
      await vi.waitFor(() => expect(refusals()).toHaveLength(1));
      expect(infos).toHaveLength(2);
      expect(refusals()).toMatchObject([
        { reason: { sentence: "its certificate was not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)" } },
      ]);
    },
  );

  test("the whole subject is told as RFC 2253 writes it", async () => {
    const folder = tempFolder();
    const pair = makePair(folder, { name: "whole", commonName: 'mä\\+1, x+UID=7/O=Häuser; "A"/OU=#1', issuer: ca });
    const asked = ["x509", "-in", pair.certFile, "-noout", "-subject", "-nameopt", "RFC2253"];
    const expected = execFileSync("openssl", asked, { encoding: "utf8" }).trim().replace("subject=", "");
    const { listeners, infos, port } = await setUp();
    await listeners.apply([planOf({ name: "8883", tls: tlsOf(server, { requireCertificate: true }) })]);
    const socket = await tlsClient(port(), { cert: pair.cert, key: pair.key });
    socket.write(connectBytes("dev"));
    await once(socket, "data");
    expect(expected).toContain(",O=");
    expect(infos).toMatchObject([{ tls: { subject: expected } }]);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "a required certificate that is missing or not ours is refused (%s)",
    async (version) => {
      const { listeners, events, infos, port } = await setUp();
      await listeners.apply([planOf({ name: "8883", tls: tlsOf(server, { requireCertificate: true }) })]);
      const closing = [
        await tlsClient(port(), { minVersion: version, maxVersion: version }),
        await tlsClient(port(), { minVersion: version, maxVersion: version, cert: stranger.cert, key: stranger.key }),
      ];
      await Promise.all(closing.map(closed));
      await vi.waitFor(() => expect(events).toHaveLength(2));
      expect(infos).toEqual([]);
      expect(events.map((event) => ("reason" in event ? event.reason : null))).toEqual([
        {
          kind: "cert_missing",
          sentence: "sent no certificate",
          hint: MISSING,
        },
        {
          kind: "cert_rejected",
          sentence: "its certificate was not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)",
          hint: "It must be signed by the CA in cafile and be valid today.",
        },
      ]);
    },
  );

  test("who is refused by a revocation list hears why", async () => {
    const folder = tempFolder();
    const ofCa = makeCrl(folder, ca, []);
    const ofBranch = makeCrl(folder, branch, []);
    const { listeners, events, infos, port } = await setUp();
    const refusedBy = async (crl: string): Promise<unknown> => {
      const tls = { ...tlsOf(server, { requireCertificate: true }), ca: ca.cert + branch.cert, crl };
      await listeners.apply([planOf({ name: "8883", tls })]);
      const before = events.length;
      await closed(await tlsClient(port(), { cert: branchDevice.cert, key: branchDevice.key }));
      await vi.waitFor(() => expect(events).toHaveLength(before + 1));
      const event = events.at(-1);
      return event !== undefined && "reason" in event && event.reason !== null
        ? `${event.reason.sentence}: ${event.reason.hint}`
        : null;
    };
    expect(await refusedBy(ofBranch)).toBe(
      "its certificate was not accepted (UNABLE_TO_GET_CRL): " +
        "crlfile needs a revocation list of each CA above the certificate, of the root as well.",
    );
    expect(await refusedBy(ofCa + makeCrl(folder, branch, [branchDevice]))).toBe(
      "its certificate was not accepted (CERT_REVOKED): It is named in crlfile.",
    );
    const past = ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"];
    expect(await refusedBy(ofCa + makeCrl(folder, branch, [], past))).toBe(
      "its certificate was not accepted (CRL_HAS_EXPIRED): " +
        "A revocation list in crlfile is past the date of its next update. Put a new one there.",
    );
    expect(infos).toEqual([]);
    const tls = { ...tlsOf(server, { requireCertificate: true }), ca: ca.cert + branch.cert, crl: ofCa + ofBranch };
    await listeners.apply([planOf({ name: "8883", tls })]);
    await tlsClient(port(), { cert: branchDevice.cert, key: branchDevice.key });
    await vi.waitFor(() => expect(infos).toMatchObject([{ tls: { commonName: "branch-1" } }]));
  });

  test("a session from before is no way around a required certificate", async () => {
    const { listeners, events, infos, port } = await setUp();
    await listeners.apply([planOf({ tls: tlsOf(server) })]);
    const first = await tlsClient(port());
    first.write(connectBytes("dev"));
    const [session] = await once(first, "session");
    first.destroy();
    await vi.waitFor(() => expect(infos).toHaveLength(1));
    await listeners.apply([planOf({ tls: tlsOf(server, { requireCertificate: true }) })]);
    const second = await tlsClient(port(), { session });
    // New certificates come with new ticket keys.
    expect(second.isSessionReused()).toBe(false);
    second.resume();
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ reason: { kind: "cert_missing" } }));
    expect(infos).toHaveLength(1);
  });

  test("certificates are changed without dropping a connection", async () => {
    const { listeners, port } = await setUp();
    await listeners.apply([planOf({ tls: tlsOf(server) })]);
    const first = await tlsClient(port());
    first.write(connectBytes("dev"));
    await once(first, "data");
    const before = port();
    await listeners.apply([planOf({ tls: tlsOf(renewed) })]);
    expect(port()).toBe(before);
    const second = await tlsClient(port());
    expect(first.getPeerCertificate().subject.CN).toBe("localhost");
    expect(second.getPeerCertificate().subject.CN).toBe("renewed");
    first.write(Buffer.from("c000", "hex"));
    expect(await once(first, "data")).toEqual([Buffer.from("d000", "hex")]);
  });

  describe.each(["mqtt", "websockets"] as const)("clients that are connected (%s)", (protocol) => {
    const plan = (tls: TlsMaterial): ListenerPlan => planOf({ protocol, name: "8883", tls });

    /** A client of MQTT 5 that is let in. */
    async function device5(port: number, clientId: string, options: IClientOptions = {}) {
      const url = protocol === "mqtt" ? `mqtts://127.0.0.1:${port}` : `wss://127.0.0.1:${port}`;
      const { client, wasClosed } = await connectMqtt(url, {
        ca: ca.cert,
        protocolVersion: 5,
        clientId,
        rejectUnauthorized: false,
        ...options,
      });
      let code = 0;
      client.on("disconnect", ({ reasonCode }) => {
        code = reasonCode ?? 0;
      });
      return { client, wasClosed, code: () => code };
    }

    test("and have no certificate, are closed when one becomes required; who has one stays", async () => {
      const { listeners, events, port } = await setUp();
      await listeners.apply([plan(tlsOf(server))]);
      const without = await device5(port(), "without");
      await listeners.apply([plan(tlsOf(server, { requireCertificate: true }))]);
      await vi.waitFor(() => expect(without.wasClosed()).toBe(true));
      expect(without.code()).toBe(0x98);
      expect(events.at(-1)).toMatchObject({
        kind: "disconnected",
        client: { clientId: "without" },
        reason: {
          kind: "cert_missing",
          sentence: "has sent no certificate, and now one is required",
          hint: MISSING,
        },
      });
      const { cert, key } = device;
      const known = await device5(port(), "known", { cert, key });
      await listeners.apply([plan(tlsOf(renewed, { requireCertificate: true }))]);
      await listeners.apply([plan(tlsOf(renewed))]);
      await listeners.apply([plan(tlsOf(renewed, { requireCertificate: true }))]);
      await known.client.publishAsync("t", "x", { qos: 1 });
      expect(known.wasClosed()).toBe(false);
    });

    test("are judged by a new CA: straight, through another, and not at all", async () => {
      const { listeners, events, port } = await setUp();
      const both = { ...tlsOf(server, { requireCertificate: true }), ca: `${ca.cert}\n${otherCa.cert}` };
      await listeners.apply([plan(both)]);
      const own = await device5(port(), "own", { cert: device.cert, key: device.key });
      const { cert, key } = branchDevice;
      const below = await device5(port(), "below", { cert: cert + branch.cert, key });
      const other = await device5(port(), "other", { cert: otherDevice.cert, key: otherDevice.key });
      await listeners.apply([plan({ ...both, ca: ca.cert + branch.cert })]);
      await vi.waitFor(() => expect(other.wasClosed()).toBe(true));
      expect(other.code()).toBe(0x98);
      expect(events.at(-1)).toMatchObject({
        client: { clientId: "other" },
        reason: {
          kind: "cert_rejected",
          sentence: "its certificate has to be checked again: the CA has changed",
          hint: "It comes back by itself if its certificate is signed by the CA in cafile and valid today.",
        },
      });
      for (const { client } of [own, below]) await client.publishAsync("t", "x", { qos: 1 });
      expect([own.wasClosed(), below.wasClosed()]).toEqual([false, false]);
      // Without the one between, the chain is known at a handshake only: it comes back.
      await listeners.apply([plan({ ...both, ca: ca.cert })]);
      await vi.waitFor(() => expect([own.wasClosed(), below.wasClosed()]).toEqual([false, true]));
      await (
        await device5(port(), "below", { cert: cert + branch.cert, key })
      ).client.publishAsync("t", "x", { qos: 1 });
      // An intermediate alone vouches for nobody.
      await listeners.apply([plan({ ...both, ca: branch.cert })]);
      await vi.waitFor(() => expect(own.wasClosed()).toBe(true));
    });
  });

  test("who is in its handshake when certificates become required begins anew", async () => {
    const { listeners, infos, port } = await setUp();
    await listeners.apply([planOf({ tls: tlsOf(server) })]);
    const half = connect({ port: port(), host: "127.0.0.1" });
    half.on("error", () => undefined);
    await once(half, "connect");
    await listeners.apply([planOf({ tls: tlsOf(server, { requireCertificate: true }) })]);
    await new Promise((resolve) => half.resume().once("close", resolve));
    expect(infos).toEqual([]);
  });

  test.each([
    [
      "plain MQTT",
      connectBytes("dev"),
      "plain_on_tls",
      "speaks plain MQTT on port 8883, which takes TLS only",
      "Use 1883, or switch TLS on in the device.",
    ],
    [
      "HTTP",
      Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      "http_on_mqtt",
      "speaks HTTP (a web browser?) on port 8883",
      "That port takes TLS only.",
    ],
  ])("%s on a TLS port is named", async (_name, bytes, kind, sentence, hint) => {
    const { listeners, events, port } = await setUp();
    await listeners.apply([planOf({ name: "8883", tls: tlsOf(server) })]);
    const socket = connect({ port: port(), host: "127.0.0.1" });
    socket.on("error", () => undefined).resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(events).toMatchObject([{ kind: "refused", client: { listener: "8883" }, reason: { kind, sentence, hint } }]);
  });

  test("a device that does not trust our certificate, or knows old TLS only, is named", async () => {
    const { listeners, events, port } = await setUp();
    await listeners.apply([planOf({ name: "8883", tls: tlsOf(server) })]);
    const address = `127.0.0.1:${port()}`;
    const options = ["-connect", address, "-CAfile", stranger.certFile, "-verify_return_error"];
    await once(spawn("openssl", ["s_client", ...options], { stdio: "ignore" }), "exit");
    await tlsClient(port(), { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(events).toMatchObject([
      {
        kind: "refused",
        reason: {
          kind: "cert_rejected",
          sentence: "does not accept this broker's certificate",
          hint: "Give the device the CA that signed certfile, and the host name that is in it.",
        },
      },
      {
        kind: "refused",
        reason: {
          kind: "protocol_refused",
          sentence: "offers no TLS version from 1.2 on",
          hint: "Update the device's firmware.",
        },
      },
    ]);
  });

  test("connections of a closed TLS listener and of a stopped one", async () => {
    const { listeners, broker, port } = await setUp();
    await listeners.apply([planOf({ name: "a", tls: tlsOf(server) }), planOf({ name: "b", tls: tlsOf(server) })]);
    const goes = await tlsClient(port(0));
    goes.write(connectBytes("goes"));
    await once(goes, "data");
    const stays = await tlsClient(port(1));
    stays.write(connectBytes("stays"));
    await once(stays, "data");
    const gone = once(goes.resume(), "close");
    await listeners.apply([planOf({ name: "b", tls: tlsOf(server) })]);
    await gone;
    await vi.waitFor(() => expect(broker.sessions()).toMatchObject([{ clientId: "stays" }]));
    const unused = connect({ port: port(), host: "127.0.0.1" });
    await once(unused, "connect");
    unused.on("error", () => undefined);
    const cut = new Promise((resolve) => unused.once("close", resolve));
    await listeners.stop();
    await cut;
    expect(listeners.addresses()).toEqual([]);
    // Whoever was handed over is left for the broker to say goodbye to.
    stays.write(Buffer.from("c000", "hex"));
    expect(await once(stays, "data")).toEqual([Buffer.from("d000", "hex")]);
  });
});

describe("WebSocket", () => {
  async function open(port: number, path: string, subprotocols: string[]): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocols, { perMessageDeflate: true });
    onTestFinished(() => socket.terminate());
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("open", resolve).once("close", resolve));
    return socket;
  }

  test.each([
    ["/", ["mqtt"], "mqtt"],
    ["/mqtt", ["mqttv3.1"], "mqttv3.1"],
    ["/any/path?x=1", ["chat", "mqttv3.1", "mqtt"], "mqtt"],
    ["/", [], ""],
  ])("path %s, offering %j, gets the subprotocol %j", async (path, offered, chosen) => {
    const { listeners, port } = await setUp();
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = await open(port(), path, offered);
    expect(socket.protocol).toBe(chosen);
    expect(socket.extensions).toBe("");
    socket.send(connectBytes("dev"));
    const [data, isBinary] = await once(socket, "message");
    expect([data, isBinary]).toEqual([CONNACK, true]);
  });

  test("another subprotocol is answered with a line of help", async () => {
    const { listeners, port } = await setUp();
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = connect({ port: port(), host: "127.0.0.1" });
    socket.write(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
    );
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(String(answer)).toMatch(/\r\n\r\nThis port speaks MQTT. Offer the WebSocket subprotocol "mqtt".\n$/);
  });

  test("a browser that opens the port is answered with a line of help", async () => {
    const { listeners, port } = await setUp();
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const [response] = await once(get(`http://127.0.0.1:${port()}/`), "response");
    const [body] = await once(response, "data");
    expect(response.statusCode).toBe(426);
    expect(String(body)).toBe("This port speaks MQTT over WebSocket. Point an MQTT client here.\n");
  });

  test("who is answered with help and does not hang up is cut off", async () => {
    const { listeners, port } = await setUp();
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = connect({ port: port(), host: "127.0.0.1", allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
    await once(socket.resume(), "end");
    // only a connection that is closed over there answers with a reset
    await vi.waitFor(
      () => {
        socket.write("x");
        expect(socket.destroyed).toBe(true);
      },
      { timeout: 10_000, interval: 50 },
    );
  });

  test("a text frame closes the connection with 1003", async () => {
    const { listeners, port, broker } = await setUp();
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = await open(port(), "/", ["mqtt"]);
    socket.send(connectBytes("dev").toString("latin1"));
    const [code] = await once(socket, "close");
    expect(code).toBe(1003);
    expect(broker.sessions()).toEqual([]);
  });

  test("a frame far above the packet limit is not taken in", async () => {
    const { listeners, port } = await setUp(10_000);
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = await open(port(), "/", ["mqtt"]);
    socket.send(Buffer.alloc(100_000));
    const [code] = await once(socket, "close");
    expect(code).toBe(1009);
  });

  test.each([
    ["at once", []],
    ["after a small one", ["10"]],
    ["after a CONNECT that is refused", [encode(connectPacket("refused", 4), 4).toString("hex")]],
  ])("nobody sends a long frame before it is let in: %s", async (_name, first) => {
    const authenticate = ({ clientId }: Credentials) => deny("test", { kind: "wrong_password", sentence: clientId });
    const { listeners, port } = await setUp(16_000_000, authenticate);
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = await open(port(), "/", ["mqtt"]);
    for (const hex of first) socket.send(Buffer.from(hex, "hex"));
    // the other side closes before it has taken all of it
    const failure = await new Promise<unknown>((resolve) => socket.send(Buffer.alloc(15_000_000), resolve));
    expect(failure).toBeInstanceOf(Error);
  });

  test("a client that was let in may", async () => {
    const { listeners, port, infos } = await setUp(16_000_000);
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = await open(port(), "/", ["mqtt"]);
    const answers: string[] = [];
    socket.on("message", (data: Buffer) => answers.push(data.toString("hex")));
    socket.send(connectBytes("dev"));
    await vi.waitFor(() => expect(answers).toEqual(["20020000"]));
    socket.send(encode(publish("t", Buffer.alloc(10_000_000), { qos: 1, messageId: 1 }), 4));
    await vi.waitFor(() => expect(answers).toEqual(["20020000", "40020001"]), 5_000);
    expect(infos).toHaveLength(1);
  });

  test("a client that leaves while its login is checked calls the check off", async () => {
    const signals: AbortSignal[] = [];
    const { listeners, broker, port } = await setUp(2_000_000, (_credentials, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = await open(port(), "/", ["mqtt"]);
    socket.send(connectBytes("dev"));
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    socket.close();
    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
    expect(broker.sessions()).toEqual([]);
  });

  test("packets may be spread over frames, and what one turn brings goes out as one frame", async () => {
    const { listeners, broker, port } = await setUp();
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const socket = await open(port(), "/", ["mqtt"]);
    const packet = connectBytes("dev");
    socket.send(packet.subarray(0, 5));
    socket.send(packet.subarray(5));
    await once(socket, "message");
    socket.send(encode(subscribe(["t"]), 4));
    await once(socket, "message");
    const frames: Buffer[] = [];
    socket.on("message", (data) => {
      if (data instanceof Buffer) frames.push(data);
    });
    for (let n = 0; n < 20; n++) broker.publish({ topic: "t", payload: "0123456789", qos: 0, retain: false });
    await vi.waitFor(() => expect(Buffer.concat(frames)).toHaveLength(20 * 15));
    expect(frames.length).toBeLessThan(4);
  });

  test("a peer that is refused and resets its connection takes nobody along", async () => {
    const { listeners, port } = await setUp();
    await listeners.apply([planOf({ protocol: "websockets" })]);
    const upgrade =
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: foo\r\n\r\n";
    for (let attempt = 0; attempt < 50; attempt++) {
      const socket = connect(port(), "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.write(upgrade);
      await new Promise(setImmediate);
      socket.resetAndDestroy();
    }
    // An unhandled error of the server's socket would fail this run.
    const socket = new WebSocket(`ws://127.0.0.1:${port()}`, "mqtt");
    await once(socket, "open");
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  test.each(["mqtt", "ws"] as const)("mqtt.js of every version talks over %s", async (scheme) => {
    const { listeners, port } = await setUp();
    await listeners.apply([planOf({ protocol: scheme === "ws" ? "websockets" : "mqtt" })]);
    for (const version of [3, 4, 5] as const) {
      const client = await mqtt.connectAsync(`${scheme}://127.0.0.1:${port()}`, {
        protocolVersion: version,
        protocolId: version === 3 ? "MQIsdp" : "MQTT",
        clientId: `client-${version}`,
      });
      onTestFinished(() => void client.end(true));
      await client.subscribeAsync("t/#", { qos: 2 });
      const messages: [string, number][] = [];
      client.on("message", (topic, payload) => messages.push([topic, payload.length]));
      await client.publishAsync("t/1", "x".repeat(300_000), { qos: 2 });
      await vi.waitFor(() => expect(messages).toEqual([["t/1", 300_000]]));
      await client.endAsync();
    }
  });
});

test.each([
  ["mqtt", "mqtt", false],
  ["mqtts", "mqtt", true],
  ["ws", "websockets", false],
  ["wss", "websockets", true],
] as const)("%s connections above the rate wait, and all of them are served", async (scheme, protocol, isTls) => {
  const { listeners, port, events } = await setUp();
  await listeners.apply([planOf({ protocol, tls: isTls ? tlsOf(server) : null, maxConnectRate: 10 })]);
  const startMs = performance.now();
  const names = Array.from({ length: 14 }, (_, index) => `c${index}`);
  const url = `${scheme}://127.0.0.1:${port()}`;
  await Promise.all(names.map((clientId) => connectMqtt(url, { clientId, rejectUnauthorized: false })));
  expect(performance.now() - startMs).toBeGreaterThan(300);
  const connected = events.flatMap((event) => (event.kind === "connected" ? [event.client.clientId] : []));
  expect(connected.toSorted()).toEqual(names.toSorted());
});

test("a listener that is closed lets go of those that wait", async () => {
  const { listeners, port } = await setUp();
  await listeners.apply([planOf({ maxConnectRate: 1 })]);
  const sockets = [1, 2, 3].map(() => connect({ port: port(), host: "127.0.0.1" }));
  for (const socket of sockets) socket.on("error", () => undefined);
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  await listeners.apply([]);
  expect(await Promise.all(closed)).toHaveLength(3);
});

test.each([
  ["mqtt", "mqtt", false],
  ["wss", "websockets", true],
] as const)("who hangs up hard while it waits for its turn does no harm (%s)", async (scheme, protocol, isTls) => {
  const { listeners, port } = await setUp();
  const plan = { protocol, tls: isTls ? tlsOf(server) : null, maxConnectRate: 1 };
  await listeners.apply([planOf(plan)]);
  const { client } = await connectMqtt(`${scheme}://127.0.0.1:${port()}`, { rejectUnauthorized: false });
  // what was answered before is over, and so is what came before it
  const turns = async (): Promise<void> => {
    await client.publishAsync("t", "", { qos: 1 });
    await client.publishAsync("t", "", { qos: 1 });
  };
  const waiting = [1, 2, 3].map(() => connect({ port: port(), host: "127.0.0.1" }));
  await Promise.all(waiting.map((socket) => once(socket, "connect")));
  await turns();
  for (const socket of waiting) socket.resetAndDestroy();
  // An unhandled error of the server's sockets would fail this run.
  await turns();
  await listeners.apply([planOf({ ...plan, maxConnectRate: 1000 })]);
  const next = await connectMqtt(`${scheme}://127.0.0.1:${port()}`, { rejectUnauthorized: false });
  expect([client.connected, next.client.connected]).toEqual([true, true]);
});
