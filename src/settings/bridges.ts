import { hostname } from "node:os";
import { placeOf } from "../core/problem.ts";
import { topicFault } from "../core/topic.ts";
import type { Problem } from "../core/types.ts";
import type { BridgeDraft, Draft } from "./directives/draft.ts";
import type { BridgeSettings, BridgeTlsSettings } from "./types.ts";

/** Turns the bridges of a draft into settings; one that must not be started is reported and left out. */
export function finishBridges({ bridges, listeners }: Pick<Draft, "bridges" | "listeners">): {
  readonly bridges: readonly BridgeSettings[];
  readonly problems: readonly Problem[];
} {
  const finished: BridgeSettings[] = [];
  const problems: Problem[] = [];
  const ownPorts = new Set(listeners.map(({ port }) => port));
  for (const draft of bridges) {
    if (draft.isShut) continue;
    const settings = settingsOf(draft);
    const fault = faultOf(draft) ?? circleOf(draft, ownPorts) ?? collisionOf(settings, finished);
    if (fault === null) {
      finished.push(settings);
      if (settings.tls?.isInsecure === true) problems.push(insecure(settings));
    } else {
      const what = `${placeOf(draft.origin)}: the bridge "${draft.name}" ${fault.what}.`;
      const now = "This connection is not made.";
      problems.push({ severity: "error", what, now, fix: fault.fix, where: draft.origin });
    }
  }
  return { bridges: finished, problems };
}

function settingsOf(draft: BridgeDraft): BridgeSettings {
  const { isNotifying, isNotifyingLocalOnly, isShut: _, ...rest } = draft;
  // host name first: so it is in mosquitto, whatever its manual says
  const remoteClientId = draft.remoteClientId ?? `${hostname()}.${draft.name}`;
  return {
    ...rest,
    remoteClientId,
    localClientId: draft.localClientId ?? `local.${remoteClientId}`,
    localCleanSession: draft.localCleanSession ?? draft.cleanSession,
    notifications: !isNotifying ? "off" : isNotifyingLocalOnly ? "local" : "both",
    notificationTopic: draft.notificationTopic ?? `$SYS/broker/connection/${remoteClientId}/state`,
    tls: asksForTls(draft.tls) ? draft.tls : null,
  };
}

interface BridgeFault {
  /** Goes on after 'the bridge "cabin" '. */
  readonly what: string;
  readonly fix: string;
}

function faultOf({ addresses, topics, tls, notificationTopic }: BridgeDraft): BridgeFault | null {
  if (addresses.length === 0) return { what: "has no address", fix: "Add address <host>:<port> below it." };
  if (topics.length === 0) return { what: "has no topics", fix: "Add topic <filter> in, out or both below it." };
  const topicWrong = notificationTopic === null ? null : topicFault(notificationTopic);
  if (topicWrong !== null) {
    return { what: `has a notification_topic that is no topic: ${topicWrong}`, fix: "Write a topic name." };
  }
  if ((tls.certfile === null) !== (tls.keyfile === null)) {
    return { what: "has half a client certificate", fix: "Write both bridge_certfile and bridge_keyfile, or none." };
  }
  // in plain text it would show its password to the network
  if (!asksForTls(tls) && (tls.certfile !== null || tls.isInsecure || tls.alpn !== null)) {
    const fix = "Add bridge_cafile <file>, or bridge_tls_use_os_certs true.";
    return { what: "asks for TLS, and no line says which certificates are trusted", fix };
  }
  return null;
}

/** A bridge to its own broker would send each message to itself, for ever. */
function circleOf({ addresses }: BridgeDraft, ownPorts: ReadonlySet<number | null>): BridgeFault | null {
  const own = addresses.find(({ host, port }) => isLoopback(host) && ownPorts.has(port));
  if (own === undefined) return null;
  const fix = "Write the address of another broker.";
  return { what: `leads back to this broker (${own.host}:${own.port})`, fix };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

function asksForTls({ cafile, capath, usesSystemCas }: BridgeTlsSettings): boolean {
  return cafile !== null || capath !== null || usesSystemCas;
}

function collisionOf({ localClientId }: BridgeSettings, others: readonly BridgeSettings[]): BridgeFault | null {
  const other = others.find((bridge) => bridge.localClientId === localClientId);
  if (other === undefined) return null;
  const what = `has the local client id "${localClientId}", as the bridge "${other.name}" has`;
  return { what, fix: "Give each a local_clientid or remote_clientid of its own." };
}

function insecure({ name, origin }: BridgeSettings): Problem {
  return {
    severity: "warning",
    what: `${placeOf(origin)}: the bridge "${name}" has bridge_insecure true.`,
    now: "It takes any broker for the right one whose certificate is signed by a trusted authority.",
    fix: "Use a certificate with the host name of the broker, and remove the line.",
    where: origin,
  };
}
