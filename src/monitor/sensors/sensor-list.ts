/** What the sensors are made of, at one moment. Counts are since the start. */
export interface SensorReading {
  readonly atMs: number;
  readonly version: string;
  readonly startedAtMs: number;
  /** Connected now. */
  readonly clients: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Publishes and subscriptions that the rules did not allow. */
  readonly denied: number;
  /** Connections. */
  readonly refused: number;
  readonly dropped: number;
  readonly retained: number;
  readonly memoryBytes: number;
  /** Open ones; null: nobody looks for them, because there is no panel. */
  readonly problems: number | null;
  /** Until the first certificate ends; null: there is none. */
  readonly certificateDays: number | null;
  /** Connections to other brokers, by name. */
  readonly bridges: readonly { readonly name: string; readonly isConnected: boolean }[];
}

/** What is shown beside the counts: how much there was in a minute, and in an hour. */
export interface SensorRates {
  readonly inPerMinute: number;
  readonly outPerMinute: number;
  readonly deniedPerHour: number;
  readonly refusedPerHour: number;
  readonly droppedPerHour: number;
}

/** One sensor: what Home Assistant is told of it, and how its value is found. */
export interface Sensor {
  /** The last level of its topics. */
  readonly key: string;
  readonly name: string;
  /** In Home Assistant's words, beside its name, ids and topics. */
  readonly about: Readonly<Record<string, string | number>>;
  /** null: there is no such sensor. */
  readonly value: (reading: SensorReading, rates: SensorRates) => string | null;
}

const MEASURED = { state_class: "measurement" } as const;
const DIAGNOSTIC = { entity_category: "diagnostic" } as const;

/** Every sensor of the broker itself. */
export const sensors: readonly Sensor[] = [
  {
    key: "clients",
    name: "Connected clients",
    about: { unit_of_measurement: "clients", icon: "mdi:lan-connect", ...MEASURED },
    value: ({ clients }) => String(clients),
  },
  {
    key: "messages_in",
    name: "Messages received",
    about: { unit_of_measurement: "msg/min", icon: "mdi:message-arrow-left", ...MEASURED },
    value: (_reading, { inPerMinute }) => String(inPerMinute),
  },
  {
    key: "messages_out",
    name: "Messages sent",
    about: { unit_of_measurement: "msg/min", icon: "mdi:message-arrow-right", ...MEASURED },
    value: (_reading, { outPerMinute }) => String(outPerMinute),
  },
  {
    key: "retained",
    name: "Retained messages",
    about: { unit_of_measurement: "messages", icon: "mdi:content-save", ...MEASURED },
    value: ({ retained }) => String(retained),
  },
  {
    key: "dropped",
    name: "Dropped messages",
    about: { unit_of_measurement: "msg/h", icon: "mdi:message-off", ...MEASURED },
    value: (_reading, { droppedPerHour }) => String(droppedPerHour),
  },
  {
    key: "denied",
    name: "Denied actions",
    about: { unit_of_measurement: "1/h", icon: "mdi:hand-back-left", ...MEASURED },
    value: (_reading, { deniedPerHour }) => String(deniedPerHour),
  },
  {
    key: "refused",
    name: "Refused connections",
    about: { unit_of_measurement: "1/h", icon: "mdi:account-cancel", ...MEASURED },
    value: (_reading, { refusedPerHour }) => String(refusedPerHour),
  },
  {
    key: "problems",
    name: "Open problems",
    about: { unit_of_measurement: "problems", icon: "mdi:alert-circle", ...MEASURED },
    value: ({ problems }) => (problems === null ? null : String(problems)),
  },
  {
    key: "certificate_days",
    name: "Certificate days left",
    about: { unit_of_measurement: "d", icon: "mdi:certificate", ...MEASURED },
    value: ({ certificateDays }) => (certificateDays === null ? null : String(certificateDays)),
  },
  {
    key: "memory",
    name: "Memory",
    about: { unit_of_measurement: "MB", device_class: "data_size", ...MEASURED, ...DIAGNOSTIC },
    value: ({ memoryBytes }) => String(Math.round(memoryBytes / 1e6)),
  },
  {
    key: "started",
    name: "Started",
    about: { device_class: "timestamp", ...DIAGNOSTIC },
    value: ({ startedAtMs }) => new Date(startedAtMs).toISOString(),
  },
  {
    key: "version",
    name: "Version",
    about: { icon: "mdi:tag", ...DIAGNOSTIC },
    value: ({ version }) => version,
  },
];
