import type { Overview } from "../../core/api/system.ts";

type Step = Overview["checklist"][number]["step"];

const en = {
  title: "Overview",
  good: (devices: number, count: string) =>
    devices === 1 ? "All good: 1 device connected." : `All good: ${count} devices connected.`,
  needsYou: (things: number, count: string) => (things === 1 ? "1 thing needs you." : `${count} things need you.`),
  show: "Show",
  showAbout: (subject: string) => `Show ${subject}`,
  allProblems: "All problems",
  ha: "Home Assistant",
  haConnected: "Home Assistant is connected.",
  haMissing: "Home Assistant is not connected. Set up the MQTT integration, or look at the problems.",
  haNone: "This broker runs outside Home Assistant.",
  haFacts: { since: "Since", user: "User", protocol: "Protocol", perMin: "Messages per minute" },
  openIntegration: "Open the MQTT integration",
  devices: "Devices",
  allDevices: "All devices",
  messages: "Messages",
  messagesIn: "In per minute",
  messagesOut: "Out per minute",
  messagesSummary: (incoming: string, outgoing: string) =>
    `Messages of the last hour. In the last minute ${incoming} came in and ${outgoing} went out.`,
  talkers: "Who sends most",
  perMinute: (count: string) => `${count} per minute`,
  retained: "Retained messages",
  retainedFacts: { count: "Messages", bytes: "Size" },
  cleanUp: (count: string) => `Clean-up: ${count} probably unused`,
  bridges: "Bridges",
  bridgeStates: { connected: "connected", connecting: "connecting", waiting: "waiting", stopped: "stopped" },
  certificates: "Certificates",
  daysLeft: (days: number, count: string) => {
    if (days < 0) return "expired";
    return days === 1 ? "1 day left" : `${count} days left`;
  },
  broker: "Broker",
  brokerFacts: { version: "Version", started: "Started", memory: "Memory", writes: "Writes to disk per hour" },
  checklist: "First steps",
  steps: {
    ha: "Home Assistant is connected",
    device: "The first device is connected",
    acl: "Rules say who may do what (optional)",
    backup: "Backups of Home Assistant include Culex",
  } satisfies Record<Step, string>,
  done: "done",
  open: "open",
};

const de: typeof en = {
  title: "Übersicht",
  good: (devices, count) =>
    devices === 1 ? "Alles in Ordnung: 1 Gerät verbunden." : `Alles in Ordnung: ${count} Geräte verbunden.`,
  needsYou: (things, count) => (things === 1 ? "1 Sache braucht dich." : `${count} Sachen brauchen dich.`),
  show: "Zeigen",
  showAbout: (subject) => `Zeigen: ${subject}`,
  allProblems: "Alle Probleme",
  ha: "Home Assistant",
  haConnected: "Home Assistant ist verbunden.",
  haMissing: "Home Assistant ist nicht verbunden. Richte die MQTT-Integration ein oder sieh bei den Problemen nach.",
  haNone: "Dieser Broker läuft außerhalb von Home Assistant.",
  haFacts: { since: "Seit", user: "Benutzer", protocol: "Protokoll", perMin: "Nachrichten pro Minute" },
  openIntegration: "MQTT-Integration öffnen",
  devices: "Geräte",
  allDevices: "Alle Geräte",
  messages: "Nachrichten",
  messagesIn: "Herein pro Minute",
  messagesOut: "Hinaus pro Minute",
  messagesSummary: (incoming, outgoing) =>
    `Nachrichten der letzten Stunde. In der letzten Minute kamen ${incoming} herein und gingen ${outgoing} hinaus.`,
  talkers: "Wer am meisten sendet",
  perMinute: (count) => `${count} pro Minute`,
  retained: "Aufbewahrte Nachrichten",
  retainedFacts: { count: "Nachrichten", bytes: "Größe" },
  cleanUp: (count) => `Aufräumen: ${count} wohl unbenutzt`,
  bridges: "Brücken",
  bridgeStates: { connected: "verbunden", connecting: "verbindet", waiting: "wartet", stopped: "angehalten" },
  certificates: "Zertifikate",
  daysLeft: (days, count) => {
    if (days < 0) return "abgelaufen";
    return days === 1 ? "noch 1 Tag" : `noch ${count} Tage`;
  },
  broker: "Broker",
  brokerFacts: { version: "Version", started: "Gestartet", memory: "Speicher", writes: "Schreibvorgänge pro Stunde" },
  checklist: "Erste Schritte",
  steps: {
    ha: "Home Assistant ist verbunden",
    device: "Das erste Gerät ist verbunden",
    acl: "Regeln sagen, wer was darf (freiwillig)",
    backup: "Sicherungen von Home Assistant enthalten Culex",
  },
  done: "erledigt",
  open: "offen",
};

/** Texts of the page Overview. */
export const overview = { en, de };
