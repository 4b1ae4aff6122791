import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { expect, onTestFinished, vi } from "vitest";

export interface TestClient {
  readonly client: MqttClient;
  /** "topic payload" of every message received. */
  readonly messages: string[];
  /** Whether the connection was lost after it was up. */
  readonly wasClosed: () => boolean;
  received(expected: readonly string[]): Promise<void>;
}

/** Connects mqtt.js once, without reconnecting, and collects what it receives. */
export async function connect(url: string, options: IClientOptions = {}): Promise<TestClient> {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, connectTimeout: 10_000, ...options });
  const messages: string[] = [];
  let closed = false;
  client.on("message", (topic, payload) => messages.push(`${topic} ${payload.toString()}`));
  client.on("close", () => {
    closed = true;
  });
  client.on("error", () => undefined);
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  return {
    client,
    messages,
    wasClosed: () => closed,
    received: (expected) => vi.waitFor(() => expect(messages).toEqual(expected), { timeout: 10_000, interval: 20 }),
  };
}

/** Tries to connect and gives the CONNACK code that refused it; 0 when it was let in. */
export async function refusal(url: string, options: IClientOptions = {}): Promise<number> {
  try {
    await connect(url, options);
    return 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "number") return error.code;
    throw error;
  }
}
