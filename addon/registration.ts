import { hostname as containerName } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { BackendError } from "../src/core/errors.ts";
import type { Logger } from "../src/core/logger.ts";
import type { MqttEndpoint, Supervisor } from "./supervisor.ts";
import type { SystemUserName, SystemUserPasswords } from "./system-users.ts";

/** Keeps this broker known as Home Assistant's MQTT service while it runs. */
export interface Registration {
  /** Call once the listener accepts: Home Assistant connects as soon as it hears of us. A second call does nothing. */
  start(): void;
  /** Withdraws the service if it is ours; resolves within `delays.stopMs`, with no timer left. */
  stop(): Promise<void>;
}

export interface RegistrationDelays {
  /** First pause after the Supervisor did not answer; it doubles up to `maxRetryMs`. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Between two looks at who holds the service. */
  readonly lookMs: number;
  /** What stopping may take at most. */
  readonly stopMs: number;
}

const DELAYS: RegistrationDelays = { retryMs: 1000, maxRetryMs: 60_000, lookMs: 300_000, stopMs: 3000 };

/** Makes the part that announces the broker to Home Assistant and its apps. */
export function createRegistration(deps: {
  readonly supervisor: Supervisor;
  readonly users: SystemUserPasswords;
  /** The plain MQTT port inside the container; TLS cannot be told to Home Assistant. */
  readonly port: number;
  readonly log: Logger;
  readonly delays?: Partial<RegistrationDelays>;
}): Registration {
  const { supervisor, users, port, log } = deps;
  const delays = { ...DELAYS, ...deps.delays };
  const stopping = new AbortController();
  /** Ends calls under way; only when stopping takes too long, for a POST cut off half-way may still be carried out. */
  const calls = new AbortController();
  let running: Promise<void> | null = null;
  let ownSlug: string | null = null;
  let isAnnounced = false;
  let isProvided = false;
  let warnedOf: string | null = null;
  let isFailing = false;

  const endpoint = (host: string, username: SystemUserName): MqttEndpoint => {
    return { host, port, ssl: false, protocol: "3.1.1", username, password: users[username].password };
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other is the point
      failures = (await attempt()) ? 0 : failures + 1;
      const pauseMs = failures === 0 ? delays.lookMs : retryPause(failures);
      // only an abort rejects it, and that ends the loop
      // oxlint-disable-next-line no-await-in-loop
      await wait(pauseMs, null, { signal: stopping.signal }).catch(() => {});
    }
  };

  /** Between half and all of a doubling pause, so that apps started together do not ask together. */
  const retryPause = (failures: number): number => {
    return Math.min(delays.maxRetryMs, delays.retryMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  };

  const attempt = async (): Promise<boolean> => {
    try {
      await look();
      isFailing = false;
      return true;
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      if (!isFailing && !stopping.signal.aborted) logFailure(error);
      isFailing = true;
      return false;
    }
  };

  const look = async (): Promise<void> => {
    const { slug, hostname } = await supervisor.ownInfo(calls.signal);
    ownSlug = slug;
    const held = await supervisor.mqttService(calls.signal);
    if (held !== null && held.holder !== slug) return yieldTo(held.holder);
    warnedOf = null;
    if (held === null) isProvided = false;
    // both are our name for other containers; the Supervisor's cannot be changed by accident
    const host = hostname ?? containerName();
    // one may fail for a reason of its own, and the other is still worth having
    const results = await Promise.allSettled([announce(host), provide(host, held !== null)]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  };

  /** Two brokers that take the service from each other would send Home Assistant's apps back and forth. */
  const yieldTo = (holder: string): void => {
    isProvided = false;
    if (warnedOf !== holder) log.warn({ holder }, heldLine(holder));
    warnedOf = holder;
  };

  const announce = async (host: string): Promise<void> => {
    if (isAnnounced) return;
    await supervisor.announce("mqtt", endpoint(host, "homeassistant"), calls.signal);
    isAnnounced = true;
    log.notice({ host, port }, `Announced to Home Assistant's MQTT integration as ${host}:${port}.`);
  };

  const provide = async (host: string, isHeld: boolean): Promise<void> => {
    if (isProvided) return;
    // what an earlier run left behind would be refused as already provided
    if (isHeld) await supervisor.withdrawMqtt(calls.signal);
    if (stopping.signal.aborted) return;
    await supervisor.provideMqtt(endpoint(host, "addons"), calls.signal);
    isProvided = true;
    log.notice({ host, port }, "Registered with Home Assistant as the MQTT service.");
  };

  const logFailure = (error: BackendError): void => {
    // a registration outlives the Supervisor's restarts, so a look that fails then costs nothing
    if (isAnnounced && isProvided)
      log.debug({ err: error.message }, `Cannot look at the MQTT service: ${error.message}.`);
    else log.warn({ err: error.message }, failureLine(error));
  };

  const withdraw = async (): Promise<void> => {
    if (ownSlug === null) return;
    try {
      const held = await supervisor.mqttService(calls.signal);
      if (held?.holder !== ownSlug) return;
      await supervisor.withdrawMqtt(calls.signal);
      log.notice({}, "Withdrew the MQTT service from Home Assistant.");
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      log.warn({ err: error.message }, leftBehindLine(error));
    }
  };

  const stop = async (): Promise<void> => {
    stopping.abort();
    const limit = setTimeout(() => calls.abort(), delays.stopMs);
    try {
      await running;
      await withdraw();
    } finally {
      clearTimeout(limit);
    }
  };

  let stopped: Promise<void> | null = null;
  return {
    start() {
      if (!stopping.signal.aborted) running ??= run();
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function heldLine(holder: string): string {
  return (
    `The app ${holder} is registered as Home Assistant's MQTT service. ` +
    "Devices can connect here, but other apps will still use that one until it is stopped."
  );
}

function failureLine(error: BackendError): string {
  return (
    `The Supervisor did not take the registration as Home Assistant's MQTT service (${error.message}). ` +
    "Devices can connect, but Home Assistant and its apps do not learn of this broker yet. " +
    "It is tried again until it works; if this stays, restart the Supervisor."
  );
}

function leftBehindLine(error: BackendError): string {
  return (
    `The MQTT service could not be withdrawn from Home Assistant (${error.message}). ` +
    "Apps still find this broker as the MQTT service. Starting or removing it puts that right."
  );
}
