import type { Client, Entry } from "ldapts";
import { BackendError, codeOf, messageOf } from "../../core/errors.ts";
import { createSlots } from "../../core/slots.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { tlsOptions, type TlsSettings } from "../tls.ts";

/** How a directory is reached. */
export interface DirectorySettings {
  /** "ldap://host:389" or "ldaps://host:636". */
  readonly url: string;
  /** Whether a plain connection turns to TLS before anything is said on it. Missing: false. */
  readonly starttls?: boolean;
  readonly tls?: TlsSettings;
  /** Connections at one time. Missing: 4. */
  readonly pool?: number;
}

export interface Search {
  readonly base: string;
  readonly scope: "base" | "one" | "sub";
  readonly filter: string;
  readonly attributes: readonly string[];
}

/** An entry that was found. */
export interface Found {
  readonly dn: string;
  /** The values of an attribute, whatever the case of its name; none when it has none that may be read. */
  valuesOf(attribute: string): readonly string[];
}

/** One connection, for one login. Everything throws BackendError when the directory does not answer as it should. */
export interface Directory {
  bind(dn: string, password: string): Promise<"bound" | "refused">;
  /** At most two: more than one is as bad as many. */
  search(search: Search): Promise<readonly Found[]>;
}

export interface Directories {
  /** Connects for one piece of work, and hangs up after it. */
  use<T>(work: (directory: Directory) => Promise<T>, signal: AbortSignal): Promise<T>;
}

const CONNECT_MS = 3000;
const ANSWER_MS = 5000;
const MAX_WAITING = 1000;

/** Result codes (RFC 4511, appendix A). */
const NO_SUCH_OBJECT = 32;
const INVALID_CREDENTIALS = 49;

/**
 * Prepares connections to a directory. Each login has its own: the driver connects anew by itself when a connection was
 * lost, and would then go on without the bind, or without TLS, that came before.
 * @throws Error when the url cannot be used.
 */
export function createDirectories(settings: DirectorySettings): Directories {
  const { url } = settings;
  if (!/^ldaps?:\/\/[^/?#@\s]+\/?$/i.test(url) || URL.parse(url) === null) {
    throw new Error("url is not ldap://host:port or ldaps://host:port");
  }
  const isSecure = /^ldaps:/i.test(url);
  const starttls = settings.starttls ?? false;
  if (isSecure && starttls) throw new Error("starttls is for ldap:// only; an ldaps:// connection begins with TLS");
  const tls = tlsOptions(settings.tls ?? {});
  const host = (URL.parse(url)?.hostname ?? "").replace(/^\[|\]$/g, "");
  const slots = createSlots(settings.pool ?? 4, MAX_WAITING, `${url}: too many logins are waiting`);

  const connect = async (): Promise<Client> => {
    const { Client } = await import("ldapts");
    const base = { url, timeout: ANSWER_MS, connectTimeout: CONNECT_MS };
    return new Client(isSecure ? { ...base, tlsOptions: tls } : base);
  };

  const directoryOn = (client: Client): Directory => {
    let isFirst = true;
    const ask = async <T>(question: () => Promise<T>): Promise<T> => {
      if (isFirst && starttls) await client.startTLS({ ...tls, host });
      else if (!isFirst && !client.isConnected) throw new BackendError("the connection was lost");
      isFirst = false;
      return question();
    };
    return {
      async bind(dn, password) {
        try {
          await ask(() => client.bind(dn, password));
          return "bound";
        } catch (error) {
          if (resultOf(error) === INVALID_CREDENTIALS) return "refused";
          throw unavailable(url, error);
        }
      },
      async search({ base, scope, filter, attributes }) {
        const options = { scope, filter, attributes: [...attributes], sizeLimit: 2 };
        try {
          const { searchEntries } = await ask(() => client.search(base, options));
          return searchEntries.map(found);
        } catch (error) {
          if (resultOf(error) === NO_SUCH_OBJECT) return [];
          throw unavailable(url, error);
        }
      },
    };
  };

  return {
    use: (work, signal) =>
      slots.run(async () => {
        const client = await connect();
        try {
          return await untilAborted(work(directoryOn(client)), signal);
        } catch (error) {
          throw unavailable(url, error);
        } finally {
          // nobody waits for the farewell: a directory that hangs does not answer this either
          client.unbind().catch(() => {});
        }
      }, signal),
  };
}

function found(entry: Entry): Found {
  const values = new Map(
    Object.entries(entry).map(([name, value]) => [name.toLowerCase(), [value].flat().map(String)] as const),
  );
  return { dn: entry.dn, valuesOf: (attribute) => values.get(attribute.toLowerCase()) ?? [] };
}

function resultOf(error: unknown): number | null {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : null;
}

function unavailable(url: string, error: unknown): BackendError {
  if (error instanceof BackendError && error.message.startsWith(url)) return error;
  const code = resultOf(error);
  const why =
    codeOf(error) === "ECONNREFUSED"
      ? "connection refused; the directory does not run, or listens on another address or port"
      : code === null
        ? messageOf(error)
        : `it answered with the code ${code} (${error instanceof Error ? error.name : ""})`;
  return new BackendError(`${url}: ${why}`, { cause: error });
}
