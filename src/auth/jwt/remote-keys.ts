import { BackendError, messageOf } from "../../core/errors.ts";
import { sendRequest } from "../../core/http-request.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { type TlsSettings, tlsOptions } from "../tls.ts";
import { parseKeySet } from "./key-set.ts";
import type { TokenKey } from "./signature.ts";

interface RemoteKeysDeps {
  readonly endpoint: string;
  readonly tls?: TlsSettings;
  /** After this long the set is fetched again, while the old one still serves. */
  readonly refreshMs: number;
  readonly now: () => number;
  /** Told once when fetching begins to fail while an old set still serves. */
  readonly warn: (message: string) => void;
}

/** The keys of a signer, fetched over HTTP, kept and renewed. */
export interface RemoteKeys {
  /**
   * The keys that may have signed a token. Answers at once when one of that name is known.
   * @throws BackendError when the set could not be fetched and no known key has that name.
   */
  find(keyId: string | null, signal: AbortSignal): readonly TokenKey[] | Promise<readonly TokenKey[]>;
  close(): void;
}

/** A name that is not in the set may be that of a new key; junk must not make us ask more often than this. */
const MIN_INTERVAL_MS = 10_000;

/** After a failure, so that a server that is back is found soon. */
const RETRY_MS = 1000;

/** A set that could not be renewed for longer than this is not believed any more: a key may have been withdrawn. */
const MAX_AGE_MS = 24 * 60 * 60_000;

const FETCH_TIMEOUT_MS = 4000;
const MAX_BYTES = 256 * 1024;

/** Makes the keys of one endpoint; nothing is fetched before the first token. */
export function createRemoteKeys({ endpoint, tls, refreshMs, now, warn }: RemoteKeysDeps): RemoteKeys {
  const fetchText = fetcherOf(endpoint, tls);
  const closing = new AbortController();
  let keys: readonly TokenKey[] = [];
  let fetchedAtMs = -Infinity;
  let triedAtMs = -Infinity;
  let failure: unknown = null;
  let fetching: Promise<void> | null = null;

  const isOlderThan = (ms: number): boolean => {
    const age = now() - fetchedAtMs;
    // a clock that was set back must not lengthen a life
    return age < 0 || age >= ms;
  };
  const wasTriedNow = (): boolean => {
    const age = now() - triedAtMs;
    return age >= 0 && age < (failure === null ? MIN_INTERVAL_MS : RETRY_MS);
  };

  const fetchOnce = async (): Promise<void> => {
    triedAtMs = now();
    try {
      const text = await fetchText(AbortSignal.any([closing.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]));
      keys = parseKeySet(text);
      fetchedAtMs = now();
      failure = null;
    } catch (error) {
      if (failure === null && keys.length > 0 && !closing.signal.aborted) {
        warn(`The keys at ${endpoint} could not be renewed (${messageOf(error)}). The known keys stay in use for now.`);
      }
      failure = error;
    } finally {
      fetching = null;
    }
  };
  /** One question at a time, whoever waits for it. */
  const renew = (): Promise<void> => (fetching ??= fetchOnce());

  const known = (keyId: string | null): readonly TokenKey[] =>
    // a key without a name may have signed a token that names one
    keyId === null ? keys : keys.filter(({ id }) => id === null || id === keyId);

  const ask = async (keyId: string | null, signal: AbortSignal): Promise<readonly TokenKey[]> => {
    if (fetching !== null || !wasTriedNow()) await untilAborted(renew(), signal);
    const found = isOlderThan(MAX_AGE_MS) ? [] : known(keyId);
    if (found.length === 0 && failure !== null) {
      throw new BackendError(`the key set could not be fetched: ${messageOf(failure)}`, { cause: failure });
    }
    return found;
  };

  return {
    find(keyId, signal) {
      if (isOlderThan(MAX_AGE_MS)) return ask(keyId, signal);
      if (isOlderThan(refreshMs) && !wasTriedNow()) void renew();
      const found = known(keyId);
      return found.length > 0 ? found : ask(keyId, signal);
    },
    close: () => closing.abort(),
  };
}

/** Fetches a small text. A redirect is a failure like any other: it could lead to somebody else's keys. */
function fetcherOf(url: string, tls?: TlsSettings): (signal: AbortSignal) => Promise<string> {
  const { Agent } = process.getBuiltinModule("node:https");
  const agent = url.startsWith("https:") ? { agent: new Agent(tlsOptions(tls)) } : {};
  return async (signal) => {
    const headers = { Accept: "application/json" };
    const request = { method: "GET", url, headers, body: null, maxReplyBytes: MAX_BYTES, signal, ...agent };
    const { status, text } = await sendRequest(request);
    if (status !== 200) throw new Error(`HTTP status ${status}`);
    return text;
  };
}
