import type { SensorReading } from "../../../src/monitor/sensors/sensor-list.ts";

/** A broker of which nothing is to be told, but what is given. */
export function reading(told: Partial<SensorReading> = {}): SensorReading {
  return {
    atMs: 0,
    version: "1.2.3",
    startedAtMs: 0,
    clients: 0,
    messagesIn: 0,
    messagesOut: 0,
    denied: 0,
    refused: 0,
    dropped: 0,
    retained: 0,
    memoryBytes: 0,
    problems: null,
    certificateDays: null,
    bridges: [],
    ...told,
  };
}
