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
  const client = mqtt.connect(url, { reconnectPeriod: 0, connectTimeout: 10_000, ...options });
  const messages: string[] = [];
  let closed = false;
  // From the first moment: what waited for the client may come in one piece with its CONNACK.
  client.on("message", (topic, payload) => messages.push(`${topic} ${payload.toString()}`));
  client.on("close", () => {
    closed = true;
  });
  const { promise: connected, resolve, reject } = Promise.withResolvers<unknown>();
  client.once("connect", resolve);
  client.on("error", reject);
  client.once("close", () => reject(new Error("the connection was closed before its CONNACK")));
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  await connected;
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
