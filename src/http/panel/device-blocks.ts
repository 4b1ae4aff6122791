import type { DeviceCredential, DeviceTopic, DeviceType } from "../../core/api/access.ts";

/** What a device is given. */
export interface DeviceLogin extends Pick<DeviceCredential, "username" | "password" | "host" | "port"> {
  readonly isTls: boolean;
}

/** The address with the login in it: "mqtt://plug:secret@192.0.2.4:1883". */
export function deviceUri({ username, password, host, port, isTls }: DeviceLogin): string {
  const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return `${isTls ? "mqtts" : "mqtt"}://${login}@${bracketed(host)}:${port}`;
}

/** What is pasted into a device of that type. */
export function deviceBlock(type: DeviceType, login: DeviceLogin): string {
  const { username, password, host, port, isTls } = login;
  switch (type) {
    case "tasmota":
      return `Backlog MqttHost ${host}; MqttPort ${port}; MqttUser ${username}; MqttPassword ${password}; Topic ${username}`;
    case "shelly":
      return `Mqtt.SetConfig ${JSON.stringify({
        config: {
          enable: true,
          server: `${bracketed(host)}:${port}`,
          user: username,
          pass: password,
          topic_prefix: username,
        },
      })}`;
    case "esphome":
      return yaml({ broker: host, port, username, password });
    case "zigbee2mqtt":
      return yaml({
        server: `${isTls ? "mqtts" : "mqtt"}://${bracketed(host)}:${port}`,
        user: username,
        password,
        version: 5,
      });
    case "frigate":
      return yaml({ host, port, user: username, password });
    case "other":
      return `host: ${host}\nport: ${port}\nuser: ${username}\npassword: ${password}`;
  }
}

/** The topics that a device of that type needs. */
export function deviceTopics(type: DeviceType, username: string): readonly DeviceTopic[] {
  const all = (access: DeviceTopic["access"], ...filters: readonly string[]): readonly DeviceTopic[] =>
    filters.map((filter) => ({ access, filter }));
  switch (type) {
    case "tasmota":
      return [
        ...all("write", `stat/${username}/#`, `tele/${username}/#`, "tasmota/discovery/#"),
        ...all("read", `cmnd/${username}/#`, "cmnd/tasmotas/#"),
      ];
    case "shelly":
      return [...all("readwrite", `${username}/#`, `shellies/${username}/#`), ...all("read", "shellies/command")];
    case "esphome":
      return [...all("readwrite", `${username}/#`), ...all("write", "homeassistant/#", "esphome/#")];
    case "zigbee2mqtt":
      return all("readwrite", "zigbee2mqtt/#", "homeassistant/#");
    case "frigate":
      return [...all("readwrite", "frigate/#"), ...all("write", "homeassistant/#")];
    case "other":
      return all("readwrite", `${username}/#`);
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Texts in quotes, which YAML reads as JSON does: a password may look like a number. */
function yaml(fields: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return ["mqtt:", ...lines].join("\n");
}
