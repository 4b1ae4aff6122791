import { placeOf } from "../core/problem.ts";
import type { Origin, Problem } from "../core/types.ts";
import { listed } from "../core/words.ts";
import { listenerName, newListener, type Draft, type ListenerDraft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import { resolvePath, shownFolder } from "./paths.ts";
import { proxyFault, proxyOf, vouchesForCertificates, type ProxyFault } from "./listener-proxy.ts";
import type { Environment, FileReference, ListenerSettings, ListenerTerms, TlsSettings } from "./types.ts";

/** The add-on's own listeners, before conf files have their say. */
export function ownListeners(environment: Environment, options: Options | null): readonly ListenerDraft[] {
  const { ports, host, folders } = environment;
  const origin: Origin = { file: options?.file ?? "options.json" };
  const fileOf = (shown: string | undefined): FileReference | null => {
    if (shown === undefined || shown === "") return null;
    const path = resolvePath(shown, folders, folders.ssl);
    return { path, shown, folder: shownFolder(path, folders), origin };
  };
  const plain = { host, requireCertificate: false, origin };
  const tls = {
    ...plain,
    certfile: fileOf(options?.certfile),
    keyfile: fileOf(options?.keyfile),
    cafile: fileOf(options?.cafile),
    requireCertificate: options?.requireCertificate ?? false,
  };
  return [
    own("1883", ports.mqtt, { ...plain, isDefault: true }),
    own("1884", ports.ws, { ...plain, protocol: "websockets" }),
    own("8883", ports.mqtts, tls),
    own("8884", ports.wss, { ...tls, protocol: "websockets" }),
  ];

  function own(name: string, port: number | null, details: Partial<ListenerDraft>): ListenerDraft {
    return { ...newListener(0, host, origin), builtIn: { name, isTls: "certfile" in details }, ...details, port };
  }
}

/** What mosquitto opens when nothing names a listener: loopback only. */
export function localListeners(port: number | null, origin: Origin): readonly ListenerDraft[] {
  return ["127.0.0.1", "::1"].map((host) => newListener(port ?? 1883, host, origin));
}

/** Turns the listeners of a draft into settings; one that must not be opened is reported and left out. */
export function finishListeners({ listeners, clientIds }: Pick<Draft, "listeners" | "clientIds">): {
  readonly listeners: readonly ListenerSettings[];
  readonly problems: Problem[];
} {
  const wanted = listeners.filter(({ isShut, port }) => !isShut && port !== null);
  const finished = wanted.map((listener, index) => {
    const fault = collisionOf(listener, wanted.slice(0, index)) ?? proxyFault(listener) ?? faultOfTls(listener);
    return { listener, fault, settings: fault === null ? settingsOf(listener, clientIds) : null };
  });
  const open = finished.flatMap(({ settings }) => (settings === null ? [] : [settings]));
  const plain = open.filter(({ tls }) => tls === null).map(({ name }) => name);
  return { listeners: open, problems: [...ownPortsProblem(finished, plain), ...finished.flatMap(problemOf)] };
}

interface Finished {
  readonly listener: ListenerDraft;
  readonly fault: ListenerFault | null;
  /** null without a fault: the add-on's TLS ports without a certificate, which is no fault. */
  readonly settings: ListenerSettings | null;
}

type ListenerFault = "no pair" | "no cafile" | ProxyFault | { readonly takenBy: Origin };

function collisionOf(listener: ListenerDraft, earlier: readonly ListenerDraft[]): ListenerFault | null {
  const { port, host } = listener;
  const other = earlier.find((other) => {
    return other.port === port && port !== 0 && (host === null || other.host === null || other.host === host);
  });
  return other === undefined ? null : { takenBy: other.origin };
}

/** Anything about TLS without all that it needs keeps a listener shut: it must never speak in plain instead. */
function faultOfTls(listener: ListenerDraft): ListenerFault | null {
  const { builtIn, certfile, keyfile, cafile, capath } = listener;
  const hasCa = cafile !== null || capath !== null;
  const requireCertificate = requiresCertificate(listener);
  const hasPair = certfile !== null && keyfile !== null;
  if (hasPair) return requireCertificate && !hasCa ? "no cafile" : null;
  if (builtIn?.isTls === true) return isNamedInConf(listener) ? "no pair" : null;
  const mustJudge = requireCertificate && !vouchesForCertificates(listener);
  return certfile !== null || keyfile !== null || hasCa || mustJudge ? "no pair" : null;
}

function settingsOf(listener: ListenerDraft, clientIds: Draft["clientIds"]): ListenerSettings | null {
  const { protocol, port, maxConnections, limits, origin } = listener;
  const tls = tlsOf(listener);
  if (port === null || (listener.builtIn?.isTls === true && tls === null)) return null;
  return {
    name: listenerName(listener),
    protocol,
    host: hostOf(listener),
    port,
    tls,
    proxy: proxyOf(listener, tls === null && requiresCertificate(listener)),
    terms: termsOf(listener, clientIds),
    maxConnections,
    limits,
    origin,
  };
}

function hostOf({ host, socketDomain }: ListenerDraft): string {
  return host ?? (socketDomain === "ipv4" ? "0.0.0.0" : "::");
}

function termsOf({ terms, socketDomain }: ListenerDraft, clientIds: Draft["clientIds"]): ListenerTerms {
  const { versions, usernameAsClientId, origins, mountPoint, idPrefix, allowsNoClientId } = terms;
  return {
    versions,
    allowsNoClientId: allowsNoClientId ?? clientIds.allowsNoClientId,
    idPrefix: idPrefix ?? clientIds.idPrefix,
    requiredIdPrefix: clientIds.requiredIdPrefix,
    usernameAsClientId,
    origins,
    mountPoint,
    isIpv6Only: socketDomain === "ipv6",
  };
}

function tlsOf(listener: ListenerDraft): TlsSettings | null {
  const { certfile, keyfile, cafile, capath, crlfile, minVersion, ciphers, ciphersuites } = listener;
  if (certfile === null || keyfile === null) return null;
  const requireCertificate = requiresCertificate(listener);
  return { certfile, keyfile, cafile, capath, requireCertificate, crlfile, minVersion, ciphers, ciphersuites };
}

/** A certificate that is not asked for names nobody. */
function requiresCertificate({ requireCertificate, access }: ListenerDraft): boolean {
  return requireCertificate || access.certificateName !== null;
}

/** The add-on's own TLS ports share their options, so they share a problem. */
function ownPortsProblem(finished: readonly Finished[], plain: readonly string[]): readonly Problem[] {
  const closed = finished.filter(({ listener, fault }) => fault === "no cafile" && listener.builtIn !== null);
  const origin = closed[0]?.listener.origin;
  if (origin === undefined) return [];
  return [
    {
      severity: "error",
      what: "require_certificate is on but no cafile is set, so no device certificate can be checked.",
      now: `${closedPorts(closed.map(({ listener }) => listenerName(listener)))}${workingPorts(plain)}.`,
      fix: "Set cafile to the CA that signed your device certificates.",
      where: origin,
    },
  ];
}

function closedPorts(names: readonly string[]): string {
  const list = listed(names, "and");
  return names.length === 1 ? `Port ${list} stays closed` : `Ports ${list} stay closed`;
}

function workingPorts(names: readonly string[]): string {
  return names.length === 0 ? "" : `; ${listed(names, "and")} ${names.length === 1 ? "works" : "work"}`;
}

function problemOf({ listener, fault, settings }: Finished): readonly Problem[] {
  const { origin, builtIn } = listener;
  const name = listenerName(listener);
  const say = (severity: Problem["severity"], what: string, now: string, fix: string): readonly Problem[] => [
    { severity, what: `${placeOf(origin)}: ${what}`, now, fix, where: origin },
  ];
  if (fault === null) {
    if (settings?.port !== 8883 || settings.tls !== null) return [];
    const now = "It is opened and speaks plain MQTT, on the port where devices expect TLS.";
    return say("warning", "listener 8883 has no certificate.", now, "Add certfile and keyfile, or use another port.");
  }
  if (fault === "no cafile") {
    const what = `listener ${name} requires device certificates but has no cafile to check them with.`;
    const fix = "Add cafile with the CA that signed your device certificates.";
    return builtIn === null ? say("error", what, "It stays closed.", fix) : [];
  }
  if (fault === "no pair") {
    const what = `listener ${name} has no certificate, which takes both certfile and keyfile.`;
    const fix = `Add the missing ones below the listener${builtIn === null ? "" : ", or set them in the options"}.`;
    return say("error", what, "It stays closed.", fix);
  }
  if ("what" in fault) return say("error", `listener ${name} ${fault.what}`, "It stays closed.", fault.fix);
  const what = `listener ${name} is opened by ${placeOf(fault.takenBy)} already.`;
  return say("error", what, "This second one is left out.", "Give it another port, or put its lines below the first.");
}

/** Whether a `listener` line stands for one of the add-on's own: options have no line numbers. */
function isNamedInConf({ origin }: ListenerDraft): boolean {
  return origin.line !== undefined;
}
