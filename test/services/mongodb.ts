import { createServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { BSON } from "mongodb";
import { isRawObject, type RawObject } from "../../src/core/raw-object.ts";
import type { Pair } from "../helpers/certificates.ts";
import { createSasl } from "./mongodb-sasl.ts";

/** Documents by collection. */
type Collections = Readonly<Record<string, readonly RawObject[]>>;

interface MongoOptions {
  /** A login that is asked for before anything is told. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly tls?: Pair;
  /** Takes upper and lower case for the same, as the collation of a collection may. */
  readonly isLoose?: boolean;
  /** As which member of a replica set it speaks. */
  readonly member?: { readonly set: string; readonly ports: readonly number[]; readonly isPrimary: boolean };
}

interface MongoServer {
  readonly port: number;
  /** The filters that were asked for. */
  readonly filters: readonly RawObject[];
  /** Connections on which something was found, those that are gone not among them. */
  connections(): number;
  /** Leaves it running and silent, and lets it go on. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
}

/** Message types: request and answer of today, and those of a driver's first question. */
const OP_MSG = 2013;
const OP_QUERY = 2004;
const OP_REPLY = 1;

/**
 * Starts a small MongoDB on `port` of 127.0.0.1: Debian has none that could be installed. It speaks as much of the wire
 * protocol as the driver needs to log in and to find documents.
 */
export async function startMongodb(port: number, data: Collections, options: MongoOptions = {}): Promise<MongoServer> {
  const sockets = new Map<Socket, { hasFound: boolean }>();
  const filters: RawObject[] = [];
  let gate = Promise.resolve();
  let open = (): void => {};

  const serve = (socket: Socket): void => {
    const state = { hasFound: false };
    sockets.set(socket, state);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    const sasl = options.login === undefined ? null : createSasl(options.login);
    const answer = async (command: RawObject): Promise<RawObject> => {
      const [name = ""] = Object.keys(command);
      if (/^(?:hello|ismaster)$/i.test(name))
        return { ...HELLO, ...(sasl && { saslSupportedMechs: ["SCRAM-SHA-256"] }), ...memberOf(port, options) };
      if (name === "saslStart" || name === "saslContinue") {
        return sasl === null ? failed(59, "no such command") : sasl.answer(command);
      }
      if (name === "endSessions" || name === "ping") return { ok: 1 };
      if (name !== "find") return failed(59, `no such command: '${name}'`);
      if (sasl !== null && !sasl.isDone()) return failed(13, "command find requires authentication");
      const { find, filter, limit, $db } = command;
      if (!isRawObject(filter)) return failed(14, "no filter");
      if ($db !== "mqtt") return found(find, $db, []);
      filters.push(filter);
      state.hasFound = true;
      const documents = (data[String(find)] ?? []).filter((document) =>
        fits(document, filter, options.isLoose ?? false),
      );
      return found(find, $db, documents.slice(0, Number(limit)));
    };
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
        const message = rest.subarray(0, rest.readInt32LE(0));
        rest = rest.subarray(message.length);
        const { command, reply } = readMessage(message);
        void gate.then(() => answer(command)).then((document) => socket.write(reply(document)));
      }
    });
  };

  const server = options.tls
    ? createTlsServer({ cert: options.tls.cert, key: options.tls.key }, serve)
    : createServer(serve);
  // whoever talks plain text, or does not trust us
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return {
    port,
    filters,
    connections: () => [...sockets.values()].filter(({ hasFound }) => hasFound).length,
    pause() {
      ({ promise: gate, resolve: open } = Promise.withResolvers<void>());
    },
    resume: () => open(),
    kill: () => closed(server, sockets.keys()),
  };
}

const HELLO = {
  helloOk: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
};

/** What a member of a replica set says of itself and of the others. */
function memberOf(port: number, { member }: MongoOptions): RawObject {
  if (member === undefined) return {};
  const { set, ports, isPrimary } = member;
  const [me, ...hosts] = [port, ...ports].map((at) => `127.0.0.1:${at}`);
  return { setName: set, setVersion: 1, me, hosts, isWritablePrimary: isPrimary, secondary: !isPrimary };
}

/** The command in a message, and the message that answers it. */
function readMessage(message: Buffer): { command: RawObject; reply: (document: RawObject) => Buffer } {
  const kind = message.readInt32LE(12);
  // OP_QUERY: flags, the name of a collection and its end, two numbers; OP_MSG: flags, the kind of the section
  const start = kind === OP_QUERY ? message.indexOf(0, 20) + 9 : 21;
  const command: unknown = BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)), {
    promoteBuffers: true,
  });
  if (!isRawObject(command) || (kind !== OP_QUERY && kind !== OP_MSG)) throw new Error(`a message of the kind ${kind}`);
  const reply = (document: RawObject): Buffer => {
    const answer = Buffer.concat([Buffer.alloc(kind === OP_QUERY ? 36 : 21), BSON.serialize(document)]);
    answer.writeInt32LE(answer.length, 0);
    answer.writeInt32LE(message.readInt32LE(4), 8);
    answer.writeInt32LE(kind === OP_QUERY ? OP_REPLY : OP_MSG, 12);
    // the number of documents
    if (kind === OP_QUERY) answer.writeInt32LE(1, 32);
    return answer;
  };
  return { command, reply };
}

/** What a filter of equalities, $in, $and and $or means; a list fits when one of its items does. */
function fits(document: RawObject, filter: RawObject, isLoose: boolean): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if ((key === "$or" || key === "$and") && Array.isArray(wanted)) {
      const each = wanted.map((branch) => isRawObject(branch) && fits(document, branch, isLoose));
      return key === "$or" ? each.includes(true) : !each.includes(false);
    }
    const value = key.split(".").reduce<unknown>((at, step) => (isRawObject(at) ? at[step] : undefined), document);
    const operands = isRawObject(wanted) ? [wanted["$in"] ?? wanted["$eq"]].flat() : [wanted];
    const same = (a: unknown, b: unknown): boolean =>
      isLoose && typeof a === "string" && typeof b === "string" ? a.toLowerCase() === b.toLowerCase() : a === b;
    return [value].flat().some((item) => operands.some((operand) => same(item, operand)));
  });
}

function found(collection: unknown, database: unknown, documents: readonly RawObject[]): RawObject {
  return { cursor: { firstBatch: documents, id: 0n, ns: `${String(database)}.${String(collection)}` }, ok: 1 };
}

function failed(code: number, errmsg: string): RawObject {
  return { ok: 0, code, errmsg };
}

async function closed(server: NetServer, sockets: Iterable<Socket>): Promise<void> {
  const end = new Promise<void>((resolve) => void server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await end;
}
