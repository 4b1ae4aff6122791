import { expect, test } from "vitest";
import { composeSettings } from "../../src/settings/settings.ts";
import { addOn, composeAddOn, composeStandAlone } from "./compose.ts";

const whole = "allow_anonymous true\nlistener 1885\n";
const USUAL = { name: "Culex", prefix: "homeassistant", intervalS: 60, devices: [] };

test("Home Assistant is told nothing unless the option or a line says so", () => {
  expect(composeAddOn().settings.sensors).toBeNull();
  expect(composeAddOn({}, { sensors: { active: true } }).settings.sensors).toMatchObject(USUAL);
  expect(composeStandAlone(whole).settings.sensors).toBeNull();
  expect(composeStandAlone(`${whole}sensors true\n`).settings.sensors).toEqual(USUAL);
});

test("lines have the last word, and devices of both count", () => {
  const lines =
    "sensors_interval 10\nsensors_name My cabin\nsensors_prefix house/ha\nsensors_device a plug\nsensors_device b\n";
  const options = { sensors: { active: true, interval: 30, name: "House", devices: ["b", "", "c"] } };
  const { settings, problems } = composeAddOn({ "a.conf": lines }, { ...options, customize: { active: true } });
  expect(problems).toEqual([]);
  expect(settings.sensors).toEqual({
    name: "My cabin",
    prefix: "house/ha",
    intervalS: 10,
    devices: ["b", "c", "a plug"],
  });
  expect(composeAddOn({ "a.conf": "sensors false\n" }, options).settings.sensors).toBeNull();
});

test.each([
  [
    { active: "yes" },
    'sensors.active: "yes" is neither true nor false. What Home Assistant was told stays as it is. Write true or false, without quotes.',
  ],
  [
    "on",
    'sensors: "on" is not what it can be. What Home Assistant was told stays as it is. Write active (true or false) below it.',
  ],
])("%j switches nothing on or off", (sensors, problem) => {
  const { settings, problems } = composeAddOn({}, { sensors });
  expect(settings.sensors).toBe("unread");
  expect(problems).toEqual([problem]);
});

test("options that cannot be read switch nothing on or off", () => {
  const { settings } = composeSettings({ environment: addOn, options: null, conf: [] });
  expect(settings.sensors).toBe("unread");
});

test.each([
  [
    { interval: 5 },
    "sensors.interval: 5 is not a whole number from 10 to 3600. The default is used. Write a number of seconds, without quotes.",
  ],
  [{ name: " " }, 'sensors.name: " " is no name. The default is used. Write a name of at most 60 characters.'],
  [
    { prefix: "home/#" },
    'sensors.prefix: "home/#" is not where Home Assistant looks for devices. The default is used. Write the discovery prefix of Home Assistant\'s MQTT integration, mostly "homeassistant".',
  ],
  [
    { devices: "plug" },
    'sensors.devices: "plug" is not a list of names. The default is used. Write the client ids or user names as a list, or [] for none.',
  ],
  [
    { devises: [] },
    '"sensors.devises" is not an option of this broker. It is ignored. Did you mean "sensors.devices"?',
  ],
])("%j counts as if it was not there", (wrong, problem) => {
  const { settings, problems } = composeAddOn({}, { sensors: { active: true, ...wrong } });
  expect(settings.sensors).toEqual(USUAL);
  expect(problems).toEqual([problem]);
});

test.each([
  [
    "sensors_prefix a b",
    'mosquitto.conf line 4: "sensors_prefix a b": "a" is not where Home Assistant looks for devices. The line is ignored; the other 3 lines are used. Write the discovery prefix of Home Assistant\'s MQTT integration, mostly "homeassistant".',
  ],
  [
    "sensors_interval 1",
    'mosquitto.conf line 4: "sensors_interval 1": "1" is too low. The line is ignored; the other 3 lines are used. Write a whole number from 10 to 3600.',
  ],
  [
    "sensors_device",
    'mosquitto.conf line 4: "sensors_device" has no value. The line is ignored; the other 3 lines are used. Write a client id or a user name behind it.',
  ],
])("%j is told and left out", (line, problem) => {
  const { settings, problems } = composeStandAlone(`${whole}sensors true\n${line}\n`);
  expect(settings.sensors).toEqual(USUAL);
  expect(problems).toEqual([problem]);
});
