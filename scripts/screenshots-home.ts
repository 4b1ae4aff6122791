import { connect as connectTcp } from "node:net";
import mqtt, { type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";

/** A device as the panel will show it. */
interface Device {
  readonly clientId: string;
  readonly username: string;
  /** The last number of its address. */
  readonly host: number;
  readonly password?: string;
  readonly protocolVersion?: 4 | 5;
  readonly will?: { readonly topic: string; readonly payload: string };
}

/** Where devices connect: a listener that believes the PROXY protocol, so that each has an address of its own. */
type Plug = (device: Device) => Promise<MqttClient>;

/** All devices of the home have this password, but the one that has it wrong. */
export const PASSWORD = "a-password-of-the-example";

const ANNOUNCED = [
  ["sensor", "kitchen_temperature", "Kitchen climate", "Temperature", "zigbee2mqtt/kitchen-climate"],
  ["sensor", "kitchen_humidity", "Kitchen climate", "Humidity", "zigbee2mqtt/kitchen-climate"],
  ["light", "living_room_lamp", "Living room lamp", "Light", "zigbee2mqtt/living-room-lamp"],
  ["binary_sensor", "front_door", "Front door", "Door", "zigbee2mqtt/front-door"],
  ["switch", "coffee_plug", "Coffee machine", "Switch", "zigbee2mqtt/coffee-machine"],
] as const;

/** Devices that were taken away, and left their announcements behind. */
const LEFT = [
  ["old_hallway_sensor", "Old hallway sensor", ["temperature", "humidity", "battery"]],
  ["christmas_lights", "Christmas lights", ["switch", "power"]],
] as const;

export const USERS = [
  "zigbee2mqtt",
  "washing-machine",
  "heat-pump",
  "garden-pump",
  "frigate",
  "doorbell",
  "solar-inverter",
  "rain-gauge",
  "car-charger",
  "tablet",
  "old-gateway",
] as const;

/** The rules of the home, as its owner would write them. */
export const ACL = `# A password for each device, and a place of its own.
pattern readwrite %u/#

user homeassistant
topic readwrite #

user addons
topic readwrite #

user zigbee2mqtt
topic readwrite homeassistant/#

user old-gateway
topic readwrite homeassistant/#

user tablet
topic read #
topic deny alarm/#

user garden-pump
topic read weather/#
`;

/** Plugs devices into the broker behind `port`. */
export function plugInto(port: number): Plug {
  return async ({ clientId, username, host, password = PASSWORD, protocolVersion = 4, will }) => {
    const dial = () => {
      const socket = connectTcp(port, "127.0.0.1");
      socket.write(`PROXY TCP4 192.168.1.${host} 192.168.1.2 50000 1883\r\n`);
      return socket;
    };
    const client = new mqtt.MqttClient(dial, {
      clientId,
      username,
      password,
      protocolVersion,
      reconnectPeriod: 0,
      ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
    });
    onTestFinished(async () => client.endAsync(true));
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
    });
    return client;
  };
}

/** A client, and what it says again and again. */
interface Speaker {
  readonly client: MqttClient;
  readonly say: (beat: number) => Readonly<Record<string, unknown>>;
}

/**
 * Lets the home live until the end of the test: Home Assistant reads everything, devices tell of themselves, and some of them
 * have troubles.
 */
export async function liveIn(plug: Plug, homeAssistant: Pick<Device, "username" | "password">): Promise<void> {
  const core = await plug({ clientId: "home-assistant", host: 5, protocolVersion: 5, ...homeAssistant });
  await core.subscribeAsync(["#"], { qos: 1 });
  await leftBehind(plug);
  const speakers = [await zigbee(plug), ...(await household(plug)), await pump(plug)];
  await charger(plug);
  let beat = 0;
  const speak = (): void => {
    beat += 1;
    for (const { client, say } of speakers) {
      for (const [topic, value] of Object.entries(say(beat)))
        client.publish(topic, textOf(value), { qos: 1, retain: true });
    }
  };
  const timer = setInterval(speak, 1_000);
  onTestFinished(() => clearInterval(timer));
}

async function zigbee(plug: Plug): Promise<Speaker> {
  const client = await plug({
    clientId: "zigbee2mqtt",
    username: "zigbee2mqtt",
    host: 20,
    will: { topic: "zigbee2mqtt/bridge/state", payload: '{"state":"offline"}' },
  });
  await client.subscribeAsync("zigbee2mqtt/+/set");
  await retain(client, "zigbee2mqtt/bridge/state", { state: "online" });
  for (const [kind, id, device, name, topic] of ANNOUNCED) {
    await retain(client, `homeassistant/${kind}/${id}/config`, {
      name,
      unique_id: id,
      state_topic: topic,
      availability_topic: "zigbee2mqtt/bridge/state",
      device: { identifiers: [topic], name: device },
    });
  }
  await retain(client, "zigbee2mqtt/front-door", { contact: true, battery: 64 });
  return {
    client,
    say: (beat) => ({
      "zigbee2mqtt/kitchen-climate": { temperature: wave(beat, 20.4, 0.9), humidity: 48 + (beat % 4), battery: 87 },
      ...(beat % 3 === 0
        ? { "zigbee2mqtt/coffee-machine": { state: "ON", power: wave(beat, 1180, 25), energy: 42.71 } }
        : {}),
      ...(beat % 7 === 0
        ? { "zigbee2mqtt/living-room-lamp": { state: beat % 2 === 0 ? "ON" : "OFF", brightness: 180 } }
        : {}),
    }),
  };
}

async function leftBehind(plug: Plug): Promise<void> {
  const gateway = await plug({ clientId: "old-gateway", username: "old-gateway", host: 19 });
  for (const [id, device, parts] of LEFT) {
    for (const part of parts) {
      await retain(gateway, `homeassistant/sensor/${id}/${part}/config`, {
        name: part,
        unique_id: `${id}_${part}`,
        state_topic: `old-gateway/${id}`,
        device: { identifiers: [id], name: device },
      });
    }
  }
  await gateway.endAsync();
}

async function household(plug: Plug): Promise<readonly Speaker[]> {
  const washer = await plug({ clientId: "washing-machine", username: "washing-machine", host: 31 });
  const heat = await plug({ clientId: "heat-pump", username: "heat-pump", host: 32 });
  await retain(heat, "heat-pump/mode", "heating");
  const solar = await plug({ clientId: "solar-inverter", username: "solar-inverter", host: 33 });
  const frigate = await plug({ clientId: "frigate", username: "frigate", host: 21, protocolVersion: 5 });
  await retain(frigate, "frigate/available", "online");
  const tablet = await plug({ clientId: "kitchen-tablet", username: "tablet", host: 40 });
  await tablet.subscribeAsync(["zigbee2mqtt/+", "heat-pump/#", "solar-inverter/#", "alarm/#"]);
  const bell = await plug({
    clientId: "doorbell",
    username: "doorbell",
    host: 41,
    will: { topic: "doorbell/status", payload: "offline" },
  });
  await retain(bell, "doorbell/status", "online");
  const gauge = await plug({ clientId: "rain-gauge", username: "rain-gauge", host: 42 });
  await retain(gauge, "rain-gauge/rain", { mm: 2.4, battery: 71 });
  await gauge.endAsync();
  const left = (beat: number): number => 34 - Math.floor(beat / 60);
  return [
    {
      client: heat,
      say: (beat) => ({ "heat-pump/flow": wave(beat, 35, 1.2), "heat-pump/return": wave(beat, 30.1, 0.8) }),
    },
    { client: solar, say: (beat) => ({ "solar-inverter/power": Math.round(wave(beat, 3120, 240)) }) },
    {
      client: washer,
      say: (beat) =>
        beat % 10 === 0
          ? { "washing-machine/state": { program: "Cotton 40", phase: "rinse", minutes_left: left(beat) } }
          : {},
    },
    {
      client: frigate,
      say: (beat) => (beat % 15 === 0 ? { "frigate/events": { camera: "driveway", label: "cat", score: 0.83 } } : {}),
    },
  ];
}

/** It publishes where no rule lets it. */
async function pump(plug: Plug): Promise<Speaker> {
  const client = await plug({ clientId: "garden-pump", username: "garden-pump", host: 34 });
  await retain(client, "garden-pump/state", "off");
  return { client, say: (beat) => (beat % 10 === 1 ? { "garden/valve/1": "open" } : {}) };
}

/** It has an old password. */
async function charger(plug: Plug): Promise<void> {
  const device = { clientId: "car-charger", username: "car-charger", host: 35, password: "an-old-password" };
  for (let time = 0; time < 6; time++) await plug(device).catch(() => undefined);
}

async function retain(client: MqttClient, topic: string, value: unknown): Promise<void> {
  await client.publishAsync(topic, textOf(value), { qos: 1, retain: true });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A number that goes up and down, with one digit behind the point. */
function wave(beat: number, middle: number, swing: number): number {
  return Math.round((middle + swing * Math.sin(beat / 12)) * 10) / 10;
}
