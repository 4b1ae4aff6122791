import { isIP } from "node:net";
import { parseArgs } from "node:util";
import type { Ban } from "../settings/ban-file.ts";
import type { Places } from "./moment.ts";

type Command =
  | RunCommand
  | CheckCommand
  | ExplainCommand
  | { readonly verb: "passwd"; readonly username: string | null }
  | TraceCommand
  | { readonly verb: "api-key"; readonly id: string }
  | { readonly verb: "backup"; readonly from: string; readonly to: string }
  | ImportCommand
  | BanCommand
  | { readonly verb: "help" }
  | { readonly verb: "wrong"; readonly what: string };

export interface RunCommand {
  readonly verb: "run";
  /** null: loopback only, anonymous allowed, as mosquitto 2 does. */
  readonly confFile: string | null;
  readonly port: number | null;
  readonly verbose: boolean;
  readonly logFormat: "text" | "json";
}

export interface CheckCommand extends Places {
  readonly verb: "check";
  /** Whether to say of each line of a conf file what becomes of it. */
  readonly listsLines: boolean;
}

export interface ExplainCommand extends Places {
  readonly verb: "explain";
  /** null: anonymous. */
  readonly username: string | null;
  readonly clientId: string;
  /** null: a rule about addresses or listeners does not hold. */
  readonly address: string | null;
  readonly listener: string | null;
  readonly action: "publish" | "subscribe";
  readonly topic: string;
}

export interface ImportCommand {
  readonly verb: "import";
  /** A mosquitto.db, or the address of a running broker: "mqtt://user@host:1883". */
  readonly from: string;
  readonly into: string;
  readonly replaces: boolean;
}

/** Whom a ban is about. */
interface Banned {
  readonly of: Ban["of"];
  readonly value: string;
}

export type BanCommand = Places & { readonly verb: "ban" } & (
    | { readonly action: "list" }
    | (Banned & { readonly action: "remove" })
    /** `duration` as mosquitto writes times: "12h"; null: for ever. */
    | (Banned & { readonly action: "add"; readonly reason: string | null; readonly duration: string | null })
  );

/** What "culex trace" asks a running broker; whether it can be done the broker says. */
export interface TraceCommand {
  readonly verb: "trace";
  readonly places: Places;
  readonly question:
    | { readonly action: "list" }
    | { readonly action: "stop"; readonly by: string; readonly value: string }
    | {
        readonly action: "start";
        readonly by: string;
        readonly value: string;
        readonly file: string;
        readonly minutes?: number;
        readonly megabytes?: number;
        readonly payload?: string;
      };
}

const OPTIONS = {
  config: { type: "string", short: "c" },
  port: { type: "string", short: "p" },
  verbose: { type: "boolean", short: "v" },
  "test-config": { type: "boolean" },
  "log-format": { type: "string" },
  options: { type: "string" },
  share: { type: "string" },
  ssl: { type: "string" },
  data: { type: "string" },
  folder: { type: "string" },
  user: { type: "string" },
  client: { type: "string" },
  ip: { type: "string" },
  listener: { type: "string" },
  publish: { type: "string" },
  subscribe: { type: "string" },
  for: { type: "string" },
  reason: { type: "string" },
  into: { type: "string" },
  replace: { type: "boolean" },
  minutes: { type: "string" },
  megabytes: { type: "string" },
  payload: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** What each command takes; to accept another and ignore it would check or start something else than was asked for. */
const TAKEN: ReadonlyMap<string, readonly string[]> = new Map([
  ["run", ["config", "port", "verbose", "test-config", "log-format"]],
  ["check", ["config", "options", "share", "ssl", "data"]],
  [
    "explain",
    ["config", "options", "folder", "share", "ssl", "data", "user", "client", "ip", "listener", "publish", "subscribe"],
  ],
  ["ban", ["config", "options", "share", "ssl", "data", "user", "client", "ip", "for", "reason"]],
  ["passwd", []],
  ["api-key", []],
  ["trace", ["config", "options", "share", "ssl", "data", "minutes", "megabytes", "payload"]],
  ["backup", []],
  ["import", ["into", "replace"]],
]);

/** How many words may follow a command. */
const POSITIONALS: ReadonlyMap<string, number> = new Map([
  ["ban", 1],
  ["passwd", 1],
  ["api-key", 1],
  ["trace", 3],
  ["backup", 2],
  ["import", 1],
]);

/** Parses the command line, with or without a verb. */
export function parseCommand(args: readonly string[]): Command {
  try {
    return parse(args);
  } catch (error) {
    return { verb: "wrong", what: error instanceof Error ? error.message : String(error) };
  }
}

function parse(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [verb = "run", ...rest] = positionals;
  if (values.help === true) return { verb: "help" };
  const surplus = rest[POSITIONALS.get(verb) ?? 0];
  if (surplus !== undefined) return { verb: "wrong", what: `"${surplus}" was not expected here` };
  const foreign = Object.keys(values).find((name) => TAKEN.get(verb)?.includes(name) === false);
  if (foreign !== undefined) return { verb: "wrong", what: `"${verb}" takes no --${foreign}` };
  if (values.config !== undefined && values.options !== undefined) {
    return { verb: "wrong", what: "--config and --options are two ways to configure, and one run has one of them" };
  }
  if (values.folder !== undefined && (values.config ?? values.options ?? values.share) !== undefined) {
    return { verb: "wrong", what: "--folder takes the place of --config, --options and --share" };
  }
  const folders = {
    share: values.share ?? "/share",
    ssl: values.ssl ?? "/ssl",
    data: values.data ?? "/data",
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  };
  const confFile = values.config ?? null;
  const isInFile = confFile === null && values.folder === undefined;
  const optionsFile = isInFile ? (values.options ?? `${folders.data}/options.json`) : null;
  switch (verb) {
    case "run":
      if (values["test-config"] === true)
        return { verb: "check", confFile, optionsFile: null, listsLines: false, ...folders };
      return {
        verb: "run",
        confFile,
        port: values.port === undefined ? null : portOf(values.port),
        verbose: values.verbose ?? false,
        logFormat: formatOf(values["log-format"] ?? "text"),
      };
    case "check": {
      return { verb: "check", confFile, optionsFile, listsLines: confFile !== null, ...folders };
    }
    case "explain": {
      const { publish, subscribe, user, client, ip, listener } = values;
      const topic = publish ?? subscribe;
      if (topic === undefined || (publish !== undefined && subscribe !== undefined)) {
        return { verb: "wrong", what: '"explain" needs one of --publish topic and --subscribe filter' };
      }
      if (ip !== undefined && isIP(ip) === 0) return { verb: "wrong", what: `"${ip}" is no IP address` };
      return {
        verb: "explain",
        confFile,
        optionsFile,
        ...folders,
        username: user ?? null,
        clientId: client ?? "",
        address: ip ?? null,
        listener: listener ?? null,
        action: publish === undefined ? "subscribe" : "publish",
        topic,
      };
    }
    case "ban":
      return parseBan(rest[0], values, { confFile, optionsFile, ...folders });
    case "passwd":
      return { verb: "passwd", username: rest[0] ?? null };
    case "trace":
      return parseTrace(rest, values, { confFile, optionsFile, ...folders });
    case "api-key": {
      const [id] = rest;
      if (id === undefined) return { verb: "wrong", what: '"api-key" needs an id, the name of the key' };
      return { verb: "api-key", id };
    }
    case "backup": {
      const [from, to] = rest;
      if (from === undefined || to === undefined)
        return { verb: "wrong", what: '"backup" needs two files: <from> <to>' };
      return { verb: "backup", from, to };
    }
    case "import": {
      const [from] = rest;
      if (from === undefined)
        return { verb: "wrong", what: '"import" needs a mosquitto.db or the address of a broker' };
      return {
        verb: "import",
        from,
        into: values.into ?? `${folders.data}/culex.db`,
        replaces: values.replace ?? false,
      };
    }
    case "help":
      return { verb: "help" };
    default:
      return { verb: "wrong", what: `"${verb}" is not a command` };
  }
}

function parseBan(
  action: string | undefined,
  values: Readonly<Partial<Record<"user" | "client" | "ip" | "for" | "reason", string>>>,
  places: Places,
): Command {
  const { user, client, ip, for: duration, reason } = values;
  const named: readonly (readonly [Banned["of"], string | undefined])[] = [
    ["client", client],
    ["user", user],
    ["address", ip],
  ];
  const [banned, second] = named.flatMap(([of, value]) => (value === undefined || value === "" ? [] : [{ of, value }]));
  if (action === "list") {
    const isAlone = banned === undefined && duration === undefined && reason === undefined;
    return isAlone ? { verb: "ban", action, ...places } : { verb: "wrong", what: '"ban list" takes no one to list' };
  }
  if (action !== "add" && action !== "remove")
    return { verb: "wrong", what: '"ban" needs one of add, remove and list' };
  if (banned === undefined || second !== undefined) {
    return { verb: "wrong", what: `"ban ${action}" needs one of --client id, --user name and --ip network` };
  }
  if (action === "add") {
    return { verb: "ban", action, ...banned, reason: reason ?? null, duration: duration ?? null, ...places };
  }
  if (duration !== undefined || reason !== undefined) {
    return { verb: "wrong", what: '"ban remove" takes neither --for nor --reason' };
  }
  return { verb: "ban", action, ...banned, ...places };
}

interface TraceValues {
  readonly minutes?: string | undefined;
  readonly megabytes?: string | undefined;
  readonly payload?: string | undefined;
}

function parseTrace(
  [by, value, file]: readonly string[],
  { minutes, megabytes, payload }: TraceValues,
  places: Places,
): Command {
  if (by === "list" && value === undefined) return { verb: "trace", places, question: { action: "list" } };
  if (by === undefined || value === undefined || file === undefined) {
    return { verb: "wrong", what: '"trace" needs list, or client, user, ip or topic, its name, and a file or off' };
  }
  if (file === "off") return { verb: "trace", places, question: { action: "stop", by, value } };
  const bounds = {
    ...(minutes === undefined ? {} : { minutes: Number(minutes) }),
    ...(megabytes === undefined ? {} : { megabytes: Number(megabytes) }),
    ...(payload === undefined ? {} : { payload }),
  };
  return { verb: "trace", places, question: { action: "start", by, value, file, ...bounds } };
}

function portOf(text: string): number {
  const port = Number(text);
  if (text === "" || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`port "${text}" is not a number from 0 to 65535`);
  }
  return port;
}

function formatOf(text: string): "text" | "json" {
  if (text !== "text" && text !== "json") throw new Error(`log format "${text}" is neither text nor json`);
  return text;
}
